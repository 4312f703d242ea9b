// The analytics export on a disk that dies, and in a process that is killed: each event is there once, whatever was cut
// off.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/export_fixture.h"

namespace till::export_test {
namespace {

namespace fs = std::filesystem;

// Dies at a step drawn before: that step is done, not done, or done in part. Nothing works after it.
class DyingDisk final : public ExportDisk {
 public:
  DyingDisk(std::mt19937& random, unsigned steps) : random_(random), left_(steps) {}
  bool dead() const { return dead_; }

  Status make_folder(const std::string& path) override {
    return step([&] { return ExportDisk::make_folder(path); }, [] {});
  }
  Status replace(const std::string& path, std::string_view content) override {
    return step([&] { return ExportDisk::replace(path, content); },
                [&] { put(path + ".new", content, std::ios::trunc); });
  }
  Status move(const std::string& from, const std::string& to) override {
    return step([&] { return ExportDisk::move(from, to); }, [] {});
  }
  Status append(const std::string& path, std::string_view content) override {
    return step([&] { return ExportDisk::append(path, content); }, [&] { put(path, content, std::ios::app); });
  }
  Status cut(const std::string& path, std::uint64_t bytes) override {
    return step([&] { return ExportDisk::cut(path, bytes); }, [] {});
  }
  Status remove(const std::string& path) override {
    return step([&] { return ExportDisk::remove(path); }, [] {});
  }

 private:
  template <class Whole, class Part>
  Status step(const Whole& whole, const Part& part) {
    const Error died{ErrorKind::kUnavailable, "the disk is dead"};
    if (dead_) return died;
    if (left_-- > 0) return whole();
    dead_ = true;
    switch (random_() % 3) {
      case 0:
        break;
      case 1:
        part();
        break;
      default:
        REQUIRE(whole().ok());
        break;
    }
    return died;
  }

  void put(const std::string& path, std::string_view content, std::ios::openmode mode) {
    std::ofstream file(path, std::ios::binary | mode);
    file.write(content.data(), static_cast<std::streamsize>(random_() % content.size()));
  }

  std::mt19937& random_;
  unsigned left_;
  bool dead_ = false;
};

// Every step fails once in a while, done or not.
class MoodyDisk final : public ExportDisk {
 public:
  explicit MoodyDisk(std::mt19937& from) : random_(from) {}
  Status replace(const std::string& path, std::string_view content) override {
    return moody([&] { return ExportDisk::replace(path, content); });
  }
  Status move(const std::string& from, const std::string& to) override {
    return moody([&] { return ExportDisk::move(from, to); });
  }
  Status append(const std::string& path, std::string_view content) override {
    return moody([&] { return ExportDisk::append(path, content); });
  }
  Status remove(const std::string& path) override {
    return moody([&] { return ExportDisk::remove(path); });
  }

 private:
  template <class Act>
  Status moody(const Act& act) {
    const Error trouble{ErrorKind::kUnavailable, "not now"};
    const auto mood = random_() % 64;
    if (mood == 0) return trouble;
    const Status done = act();
    return mood == 1 ? Status(trouble) : done;
  }
  std::mt19937& random_;
};

// A loader that takes each file once, by its name, whenever it looks.
class Warehouse {
 public:
  void load(const fs::path& folder) {
    std::set<std::string> news;
    for (const std::string& file : files_below(folder)) {
      if (loaded_.insert(file).second) news.insert(file);
    }
    for (auto& [id, row] : rows_of(folder, news)) {
      INFO(id);
      REQUIRE(rows_.try_emplace(id, row).second);
    }
  }
  const std::map<std::string, std::string>& rows() const { return rows_; }

 private:
  std::set<std::string> loaded_;
  std::map<std::string, std::string> rows_;
};

// What holds at any moment: the manifest's files are there and hold the log up to where its last line ends.
void require_manifest_true(const fs::path& folder, FakeFeed& feed) {
  const std::vector<JsonNode> lines = manifest_lines(folder);
  const std::int64_t end = lines.empty() ? 0 : lines.back()["batch_to"].integer();
  REQUIRE(rows_of(folder, named_files(folder)) == expected_rows(feed, Position(static_cast<std::uint64_t>(end))));
}

}  // namespace

TEST_CASE("export: on a disk that dies again and again each event is exported once", "[export]") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 12; ++round) {
    ExportWorld world(static_cast<unsigned>(random()));
    world.log.add(60);
    Warehouse warehouse;
    for (unsigned lives = 0;; ++lives) {
      // Later lives are longer, so that it comes to an end.
      DyingDisk disk(random, static_cast<unsigned>(random() % (20 + 2 * lives)));
      const Status done = export_all(*world.view_of(world.log.feed(), disk), world.log.feed(), random, 12);
      REQUIRE(done.ok() != disk.dead());
      require_manifest_true(world.folder(), world.log.feed());
      rows_of(world.folder(), files_below(world.folder()));
      if (lives % 2 == 0 || done.ok()) warehouse.load(world.folder());
      if (done.ok()) break;
    }
    const auto expected = expected_rows(world.log.feed(), world.log.head());
    REQUIRE(warehouse.rows() == expected);
    REQUIRE(rows_of(world.folder(), files_below(world.folder())) == expected);
    REQUIRE(files_below(world.folder()) == named_files(world.folder()));
  }
}

TEST_CASE("export: a view that goes on after an error of the disk loses and repeats nothing", "[export]") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ExportWorld world(static_cast<unsigned>(random()));
  world.log.add(200);
  MoodyDisk disk(random);
  const auto view = world.view_of(world.log.feed(), disk);
  Status done;
  int tries = 0;
  do {
    done = export_all(*view, world.log.feed(), random, 20);
    require_manifest_true(world.folder(), world.log.feed());
  } while (!done.ok() && ++tries < 10'000);
  REQUIRE(done.ok());
  CHECK(rows_of(world.folder(), files_below(world.folder())) == expected_rows(world.log.feed(), world.log.head()));
}

TEST_CASE("export: a process that is killed leaves each event there once", "[export]") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr int kLivesMost = 60;
  constexpr unsigned kLifeMostUs = 20'000;
  ExportWorld world(static_cast<unsigned>(random()));
  world.log.add(400);
  Warehouse warehouse;
  for (int life = 0; life <= kLivesMost; ++life) {
    const auto child_seed = static_cast<unsigned>(random());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::mt19937 own(child_seed);
      ::_exit(export_all(*world.view(), world.log.feed(), own, 8).ok() ? 0 : 1);
    }
    // The last one may live until it is through.
    if (life < kLivesMost) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % kLifeMostUs));
      ::kill(child, SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    require_manifest_true(world.folder(), world.log.feed());
    warehouse.load(world.folder());
    if (WIFEXITED(status)) {
      REQUIRE(WEXITSTATUS(status) == 0);
      break;
    }
  }
  const auto expected = expected_rows(world.log.feed(), world.log.head());
  CHECK(rows_of(world.folder(), named_files(world.folder())) == expected);
  CHECK(files_below(world.folder()) == named_files(world.folder()));
  CHECK(warehouse.rows() == expected);
}

}  // namespace till::export_test
