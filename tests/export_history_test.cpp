// The analytics export where the log is not the one that it was.
#include <fstream>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "tests/export_fixture.h"

namespace till::export_test {
namespace {

constexpr unsigned kSeed = 11;

}  // namespace

TEST_CASE("export: rows of events that the log has lost to a repair are taken back", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  std::map<std::string, std::map<std::string, std::string>> warehouse;
  for (const std::string& file : named_files(world.folder())) warehouse[file] = rows_of(world.folder(), {file});

  // The same log up to 60, then another epoch.
  ExportLog repaired(kSeed);
  repaired.add(60);
  repaired.feed().open_epoch(Epoch(2));
  repaired.add(20);
  const auto view = world.view_of(repaired.feed(), world.disk);
  const Result<LogPoint> at = view->checkpoint();
  REQUIRE(at.ok());
  CHECK(at->position <= Position(60));
  CHECK(at->position > Position(40));
  export_some(*view, repaired.feed());
  require_exported(world, repaired.feed());

  // Whoever had loaded all deletes the rows of the files named as void, and loads what he does not have.
  std::ifstream voided(world.folder() + "/void.ndjson");
  std::size_t deleted = 0;
  for (std::string line; std::getline(voided, line);) {
    const auto node = JsonNode::parse(line);
    REQUIRE(node.ok());
    for (const JsonNode& file : (*node)["files"].items()) deleted += warehouse.erase(std::string(file["file"].text()));
  }
  CHECK(deleted > 0);
  for (const std::string& file : named_files(world.folder())) {
    warehouse.try_emplace(file, rows_of(world.folder(), {file}));
  }
  std::map<std::string, std::string> rows;
  for (const auto& [file, loaded] : warehouse) {
    for (const auto& row : loaded) REQUIRE(rows.insert(row).second);
  }
  CHECK(rows == expected_rows(repaired.feed(), repaired.head()));
}

TEST_CASE("export: an older copy of the log is refused, and another log has a folder of its own", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  const auto before = files_below(world.folder());

  ExportLog older(kSeed);
  older.add(60);
  const Result<LogPoint> refused = world.view_of(older.feed(), world.disk)->checkpoint();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kHistoryMismatch);
  CHECK(files_below(world.folder()) == before);

  ExportLog other(kSeed, 10);
  other.add(30);
  const auto view = world.view_of(other.feed(), world.disk);
  export_some(*view, other.feed());
  CHECK(files_below(world.folder()) == before);
  const std::string folder = world.directory.path() + "/" + to_hex(as_bytes(other.feed().durable().log_id));
  CHECK(rows_of(folder, named_files(folder)) == expected_rows(other.feed(), other.head()));
}

TEST_CASE("export: a repair that is taken back on a disk that dies is taken back in the end", "[export]") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  ExportLog repaired(kSeed);
  repaired.add(30);
  repaired.feed().open_epoch(Epoch(2));
  repaired.add(5);

  // Lets a number of removals through.
  struct StubbornDisk final : ExportDisk {
    Status remove(const std::string& path) override {
      if (left == 0) return Error{ErrorKind::kUnavailable, "not now"};
      --left;
      return ExportDisk::remove(path);
    }
    unsigned left = 0;
  };
  StubbornDisk disk;
  Status done = Error{ErrorKind::kUnavailable, "not begun"};
  for (unsigned tries = 0; !done.ok(); ++tries) {
    disk.left = static_cast<unsigned>(random() % (10 + tries));
    done = export_all(*world.view_of(repaired.feed(), disk), repaired.feed(), random, 10);
    REQUIRE(tries < 1000);
  }
  require_exported(world, repaired.feed());
}

}  // namespace till::export_test
