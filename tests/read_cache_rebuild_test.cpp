// Life of the read cache: restart, crash, damage, another history, rebuild, rollback.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "projections/digest_difference.h"
#include "projections/read_cache/counters.h"
#include "projections/read_cache/generation_files.h"
#include "projections/read_cache/keys.h"
#include "projections/read_cache/store.h"
#include "tests/read_cache_fixture.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{20};

struct Fixture {
  TemporaryDirectory temporary;
  FakeFeed feed{LogId{7}};
  Chain chain{feed};
  std::string directory = temporary.path() + "/cache";

  std::unique_ptr<ReadCache> open(const std::string& path, Feed& from) {
    auto opened = ReadCache::open(from, {.directory = path});
    REQUIRE(opened.ok());
    opened.value()->start();
    REQUIRE(opened.value()->wait_for(from.durable().position, kPatience));
    return std::move(opened.value());
  }
  std::unique_ptr<ReadCache> open() { return open(directory, feed); }
  // Rows that a new cache makes of the whole feed.
  Rows fresh_rows() {
    const TemporaryDirectory other;
    return rows_of(*open(other.path(), feed));
  }
};

RebuildRequest request(const std::string& tenant = "") {
  RebuildRequest out;
  out.tenant = tenant;
  return out;
}

// Overwrites rows in the middle of the largest file: opening does not look there.
void damage(const fs::path& directory) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const bool rows = entry.path().extension() == ".sst";
    if (rows && (largest.empty() || entry.file_size() > fs::file_size(largest))) largest = entry.path();
  }
  std::fstream file(largest, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(largest) / 2));
  file << std::string(256, 'x');
}

}  // namespace

TEST_CASE("read cache: a restart goes on from the checkpoint", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  f.chain.sell_many("acme", "B", 50);
  const auto cache = f.open();
  CHECK(cache->info().generation == 1);
  CHECK(rows_of(*cache) == f.fresh_rows());
}

TEST_CASE("read cache: what a killed process left goes on exactly once", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 200);
  const std::string copy = f.temporary.path() + "/copy";
  {
    const auto cache = f.open();
    fs::copy(f.directory, copy, fs::copy_options::recursive);
  }
  f.chain.sell_many("acme", "B", 20);
  const auto cache = f.open(copy, f.feed);
  CHECK(cache->info().generation == 1);
  CHECK(rows_of(*cache) == f.fresh_rows());
}

TEST_CASE("read cache: reads wait until rows reach what was durable at open", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 20);
  auto opened = ReadCache::open(f.feed, {.directory = f.directory});
  REQUIRE(opened.ok());
  const auto answer = opened.value()->sale("acme", "A1");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::kUnavailable);
  CHECK_FALSE(opened.value()->info().status.error.empty());
  opened.value()->start();
  REQUIRE(opened.value()->wait_for(f.feed.durable().position, kPatience));
  CHECK(opened.value()->sale("acme", "A1")->value.has_value());
  CHECK(opened.value()->info().status.error.empty());
}

TEST_CASE("read cache: a checkpoint of another history is not resumed", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  FakeFeed other(LogId{8});
  Chain chain(other);
  chain.sell_many("acme", "Z", 60);
  const auto cache = f.open(f.directory, other);
  CHECK(cache->info().generation == 2);
  CHECK_FALSE(cache->sale("acme", "A1")->value.has_value());
  CHECK(cache->sale("acme", "Z1")->value.has_value());
  CHECK(telling(cache->digest()->digests) == telling(log_digests(other, other.durable().position)));
}

TEST_CASE("read cache: a log that is shorter than the checkpoint has lost history and is refused", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  FakeFeed shorter(LogId{7});
  Chain chain(shorter);
  chain.sell_many("acme", "A", 10);
  const auto refused = ReadCache::open(shorter, {.directory = f.directory});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kHistoryMismatch);
}

TEST_CASE("read cache: a later epoch voids rows, an older copy of the log does not", "[read_cache]") {
  Fixture f;
  f.feed.open_epoch(Epoch(2));
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  FakeFeed older(LogId{7}, Epoch(1));
  Chain older_chain(older);
  older_chain.sell_many("acme", "A", 60);
  const auto refused = ReadCache::open(older, {.directory = f.directory});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kHistoryMismatch);

  FakeFeed later(LogId{7}, Epoch(3));
  Chain later_chain(later);
  later_chain.sell_many("acme", "A", 10);
  const auto cache = f.open(f.directory, later);
  CHECK(cache->info().generation == 2);
  CHECK(first_difference(*cache->digest(), log_digests(later, later.durable().position), "").empty());
}

TEST_CASE("read cache: a rebuild gives the same bytes while sales go on", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 6000);
  f.chain.sell_many("other", "A", 300);
  const auto cache = f.open();
  const Rows before = rows_of(*cache);
  CHECK(before == f.fresh_rows());
  std::thread seller([&] { f.chain.sell_many("acme", "B", 300); });
  std::vector<Progress> progress;
  RebuildRequest watched = request();
  watched.on_progress = [&](Progress p) { progress.push_back(p); };
  const Status rebuilt = cache->rebuild(watched);
  seller.join();
  if (!rebuilt.ok()) FAIL(rebuilt.error().message);
  REQUIRE(cache->wait_for(f.feed.durable().position, kPatience));
  CHECK(cache->info().generation == 2);
  CHECK(progress.size() >= 2);
  CHECK(rows_of(*cache) == f.fresh_rows());
  CHECK(telling(cache->digest()->digests) == telling(log_digests(f.feed, f.feed.durable().position)));
}

TEST_CASE("read cache: rollback catches the former generation up, and back again", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 100);
  auto cache = f.open();
  CHECK(cache->rollback().error().kind == ErrorKind::kNotFound);
  REQUIRE(cache->rebuild(request()).ok());
  f.chain.sell_many("acme", "B", 100);
  REQUIRE(cache->rollback().ok());
  REQUIRE(cache->wait_for(f.feed.durable().position, kPatience));
  CHECK(cache->info().generation == 1);
  CHECK(rows_of(*cache) == f.fresh_rows());
  REQUIRE(cache->rollback().ok());
  CHECK(cache->info().generation == 2);
  REQUIRE(cache->rebuild(request()).ok());
  CHECK(cache->info().generation == 3);
  CHECK_FALSE(fs::exists(f.directory + "/g1"));
  cache.reset();
  cache = f.open();
  CHECK(cache->info().generation == 3);
  CHECK(fs::exists(f.directory + "/g2"));
}

TEST_CASE("read cache: a rollback tells its progress and can be cancelled", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 100);
  const auto cache = f.open();
  REQUIRE(cache->rebuild(request()).ok());
  f.chain.sell_many("acme", "B", 100);
  std::atomic<bool> cancelled{false};
  std::uint64_t told = 0;
  RebuildRequest watched;
  watched.cancelled = &cancelled;
  watched.on_progress = [&](Progress progress) {
    told = progress.total;
    cancelled = true;
  };
  CHECK(cache->rollback(watched).error().kind == ErrorKind::kCancelled);
  CHECK(told == f.feed.durable().position.value());
  CHECK(cache->info().generation == 2);
  CHECK(cache->rollback().ok());
}

TEST_CASE("read cache: a switch is never behind what readers saw, not for a moment", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 3000);
  const auto cache = f.open();
  std::atomic<bool> done{false};
  std::atomic<int> behind{0};
  std::thread watcher([&] {
    Position last;
    while (!done) {
      const Position now = cache->info().status.at.position;
      if (now < last) ++behind;
      last = now;
    }
  });
  std::thread seller([&] { f.chain.sell_many("acme", "B", 1500); });
  for (int i = 0; i < 3; ++i) CHECK(cache->rebuild(request()).ok());
  seller.join();
  const Status back = cache->rollback();
  INFO((back.ok() ? "" : back.error().message));
  CHECK(back.ok());
  done = true;
  watcher.join();
  CHECK(behind == 0);
  REQUIRE(cache->wait_for(f.feed.durable().position, kPatience));
  CHECK(rows_of(*cache) == f.fresh_rows());
}

TEST_CASE("read cache: one tenant is rebuilt in place", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 300);
  f.chain.sell_many("acme-2", "A", 300);
  const auto cache = f.open();
  const Rows before = rows_of(*cache);
  REQUIRE(cache->dashboard("acme", "", 20260102).ok());  // in memory from here on
  REQUIRE(cache->rebuild(request("acme")).ok());
  CHECK(cache->info().generation == 1);
  CHECK(rows_of(*cache) == before);
  f.chain.sell_many("acme", "B", 50);
  REQUIRE(cache->wait_for(f.feed.durable().position, kPatience));
  CHECK(rows_of(*cache) == f.fresh_rows());
  CHECK_FALSE(fs::exists(f.directory + "/shadow"));
}

TEST_CASE("read cache: a tenant too large for one step is refused", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 100);
  auto opened = ReadCache::open(f.feed, {.directory = f.directory, .tenant_replace_bytes_most = 1000});
  REQUIRE(opened.ok());
  opened.value()->start();
  REQUIRE(opened.value()->wait_for(f.feed.durable().position, kPatience));
  const Status refused = opened.value()->rebuild(request("acme"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(rows_of(*opened.value()) == f.fresh_rows());
}

TEST_CASE("read cache: dashboards that lie about the sales are found", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  const bool of_tenant = GENERATE(false, true);
  {
    std::string key;
    read_cache::append_board_key(key, "acme", of_tenant ? "" : "s1", 20260102);
    read_cache::CounterMap lie;
    lie["z"].amount = 1;
    std::string row;
    read_cache::append_row(row, lie);
    auto store = read_cache::open_store(f.directory + "/g1", read_cache::Purpose::kServe, {});
    REQUIRE(store.ok());
    REQUIRE((*store)->Merge({}, key + "USD", row).ok());
  }
  const auto cache = f.open();
  const std::string found = first_difference(*cache->digest(), log_digests(f.feed, f.feed.durable().position), "");
  CAPTURE(found);
  CHECK(found.find(of_tenant ? "tenant dashboards net" : "store dashboards net") != std::string::npos);
  REQUIRE(cache->rebuild(request()).ok());
  CHECK(first_difference(*cache->digest(), log_digests(f.feed, f.feed.durable().position), "").empty());
  CHECK(cache->rollback().error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("read cache: a cancelled rebuild leaves nothing, a crashed one is cleared at open", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 100);
  auto cache = f.open();
  const std::atomic<bool> cancelled{true};
  RebuildRequest stopped = request();
  stopped.cancelled = &cancelled;
  const Status status = cache->rebuild(stopped);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == ErrorKind::kCancelled);
  CHECK_FALSE(fs::exists(f.directory + "/g2"));
  CHECK(cache->info().generation == 1);
  cache.reset();
  fs::create_directories(f.directory + "/g9/rest");
  fs::create_directories(f.directory + "/shadow");
  cache = f.open();
  CHECK_FALSE(fs::exists(f.directory + "/g9"));
  CHECK_FALSE(fs::exists(f.directory + "/shadow"));
}

TEST_CASE("read cache: damaged rows are noticed and built anew from the log", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 6000);
  auto cache = f.open();
  REQUIRE(cache->rebuild(request()).ok());  // beyond what is near the end of the log, into files
  cache.reset();
  damage(f.directory + "/g2");
  auto opened = ReadCache::open(f.feed, {.directory = f.directory});
  REQUIRE(opened.ok());
  cache = std::move(opened.value());
  REQUIRE(cache->info().generation == 2);
  cache->start();
  bool noticed = false;
  for (int i = 0; i < 6000 && !noticed; ++i) {
    const auto answer = cache->sale("acme", "A" + std::to_string(i));
    noticed = !answer.ok();
    if (noticed) CHECK(answer.error().kind == ErrorKind::kUnavailable);
  }
  CHECK(noticed);
  for (int i = 0; i < 1000 && cache->info().generation == 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(cache->info().generation == 3);
  REQUIRE(cache->wait_for(f.feed.durable().position, kPatience));
  CHECK(rows_of(*cache) == f.fresh_rows());
}

TEST_CASE("read cache: an unreadable pointer file or manifest begins anew", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  SECTION("pointer") {
    std::ofstream(f.directory + "/CURRENT") << "nonsense";
  }
  SECTION("manifest") {
    std::ofstream(f.directory + "/g1/CURRENT") << "nonsense";
  }
  const auto cache = f.open();
  CHECK(rows_of(*cache) == f.fresh_rows());
}

TEST_CASE("read cache: a generation that cannot be opened is given up for a new one", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 50);
  f.open().reset();
  // A file that is a folder fails with an error of input and output, also for root.
  fs::remove(f.directory + "/g1/CURRENT");
  fs::create_directory(f.directory + "/g1/CURRENT");
  SECTION("the folder is usable") {
    const auto cache = f.open();
    CHECK(cache->info().generation == 2);
    CHECK_FALSE(fs::exists(f.directory + "/g1"));
    CHECK(rows_of(*cache) == f.fresh_rows());
  }
  SECTION("a new one cannot be named") {
    fs::create_directory(f.directory + "/CURRENT.new");
    const auto refused = ReadCache::open(f.feed, {.directory = f.directory});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find(f.directory) != std::string::npos);
  }
}

TEST_CASE("read cache: an event that cannot be applied stops the view and says where", "[read_cache]") {
  Fixture f;
  f.chain.sell_many("acme", "A", 5);
  const Position last = f.feed.durable().position;
  f.feed.append("acme", [](TransactionBuilder& builder) {
    builder.record().set_tenant_seq(100);
    FakeFeed::add_event(builder, 19, "odd", 1, schema::Event());
  });
  auto opened = ReadCache::open(f.feed, {.directory = f.directory});
  REQUIRE(opened.ok());
  opened.value()->start();
  CHECK_FALSE(opened.value()->wait_for(last.next(), std::chrono::milliseconds(500)));
  const ViewInfo info = opened.value()->info();
  CHECK(info.status.state == FollowerState::kStopped);
  CHECK(info.status.error.find("position " + std::to_string(last.next().value())) != std::string::npos);
}

}  // namespace till
