// What the log does about damage: a torn last group is cut and kept, everything else is refused by name.
#include <catch2/catch.hpp>

#include <fstream>
#include <vector>

#include "engine/control_record.h"
#include "engine/durable_file.h"
#include "engine/rocks_log.h"
#include "engine/transaction.h"
#include "engine/watermark.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

namespace fs = std::filesystem;

RocksLogOptions options_of(const std::string& directory) {
  RocksLogOptions options;
  options.directory = directory;
  return options;
}

// Appends `groups` groups of one record with `bytes` of padding, noting the head after each.
std::vector<LogPoint> grow(Log& log, int groups, std::size_t bytes) {
  std::vector<LogPoint> heads;
  for (int i = 0; i < groups; ++i) {
    TransactionBuilder builder;
    schema::Record& record = builder.record();
    record.set_version(kRecordVersion);
    record.set_log_id(std::string(as_bytes(log.id())));
    record.set_epoch(1);
    record.set_position(log.head().position.next().value());
    record.set_tenant("t");
    record.set_answer(std::string(bytes, static_cast<char>('a' + i % 26)));
    StoredRecord stored;
    stored.position = log.head().position.next();
    const LogPoint head = builder.finish(log.head().hash, stored.bytes)->point();
    REQUIRE(log.append(std::span(&stored, 1), head).ok());
    heads.push_back(head);
  }
  return heads;
}

// A log as a power cut leaves it: files as they are while it is open, watermark at `watermark`.
void copy_open_log(const std::string& from, const std::string& to, const LogPoint& watermark) {
  fs::copy(from, to, fs::copy_options::recursive);
  REQUIRE(write_watermark(to + "/watermark", watermark).ok());
}

std::string newest_wal(const std::string& directory) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(directory + "/db")) {
    if (entry.path().extension() == ".log" && entry.path().string() > newest) newest = entry.path().string();
  }
  return newest;
}

void flip(const std::string& file, std::uintmax_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 0x40));
}

Status read_to_end(const Log& log) {
  const auto cursor = log.cursor(Position(1));
  while (cursor->next()) {
  }
  return cursor->status();
}

struct Grown {
  TemporaryDirectory home;
  std::vector<LogPoint> heads;
  std::string copy;
  // The WAL's length without the preallocated zeros behind the last record.
  std::uintmax_t wal_bytes = 0;
};

void grow_and_copy(Grown& grown, int groups, std::size_t bytes, std::size_t watermark_at) {
  const std::string original = grown.home.path() + "/original";
  REQUIRE(create_rocks_log(options_of(original)).ok());
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(original), report);
  REQUIRE(log.ok());
  grown.heads = grow(**log, groups, bytes);
  grown.copy = grown.home.path() + "/copy";
  copy_open_log(original, grown.copy, grown.heads[watermark_at]);
  grown.wal_bytes = fs::file_size(newest_wal(grown.copy));
}

TEST_CASE("a torn last group above the watermark is cut, kept and reported") {
  Grown grown;
  const std::size_t bytes = GENERATE(std::size_t{200}, std::size_t{70'000});
  grow_and_copy(grown, 10, bytes, 8);
  const std::string wal = newest_wal(grown.copy);
  SECTION("bytes missing at the end") {
    fs::resize_file(wal, grown.wal_bytes - 50);
  }
  SECTION("a byte in the middle of the last group") {
    flip(wal, grown.wal_bytes - bytes / 2);
  }
  SECTION("the last page reads as zeros") {
    fs::resize_file(wal, grown.wal_bytes - 100);
    fs::resize_file(wal, grown.wal_bytes);
  }
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  INFO((log.ok() ? "" : log.error().message));
  REQUIRE(log.ok());
  CHECK((*log)->head() == grown.heads[8]);
  REQUIRE(report.tail_cut);
  CHECK(fs::exists(report.cut_file));
}

// Of a WAL of 10 records of the same length.
std::uintmax_t last_record(const Grown& grown) {
  return grown.wal_bytes - grown.wal_bytes / 10;
}

TEST_CASE("a damaged last group that somebody was told of is refused, and not a byte is touched") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 9);
  const std::string wal = newest_wal(grown.copy);
  const std::uintmax_t damaged = last_record(grown) + GENERATE(4u, 5u, 6u, 100u);
  flip(wal, damaged);
  const std::string before = read_file(wal, 1u << 26).value();
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().kind == ErrorKind::kHistoryMismatch);
  CHECK(log.error().message.find("up to 11") != std::string::npos);
  CHECK_FALSE(report.tail_cut);
  REQUIRE(newest_wal(grown.copy) == wal);
  CHECK(read_file(wal, 1u << 26).value() == before);
  // So the byte can still be put right.
  flip(wal, damaged);
  log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE(log.ok());
  CHECK((*log)->head() == grown.heads[9]);
}

TEST_CASE("whatever is dropped of a last group is kept in a file and reported") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 8);
  const std::string wal = newest_wal(grown.copy);
  SECTION("a damaged length") {
    flip(wal, last_record(grown) + GENERATE(4u, 5u));
  }
  SECTION("bytes missing at the end") {
    fs::resize_file(wal, grown.wal_bytes - 50);
  }
  SECTION("nothing but zeros") {
    fs::resize_file(wal, last_record(grown));
    fs::resize_file(wal, grown.wal_bytes);
  }
  const std::string before = read_file(wal, 1u << 26).value();
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE(log.ok());
  CHECK((*log)->head() == grown.heads[8]);
  REQUIRE(report.tail_cut);
  CHECK(read_file(report.cut_file).value() == before.substr(last_record(grown)));
}

TEST_CASE("zeros in the middle of the write-ahead log are damage, however far below the watermark") {
  Grown grown;
  grow_and_copy(grown, 300, 200, 299);
  const std::string wal = newest_wal(grown.copy);
  std::string bytes = read_file(wal, 1u << 26).value();
  // Its first records have the same length, which the header of the first one tells.
  const std::size_t record = 10 * (7 + static_cast<std::uint8_t>(bytes[4]) + 256 * static_cast<std::uint8_t>(bytes[5]));
  REQUIRE(bytes.size() > record + 4096);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(record), 4096, '\0');
  REQUIRE(replace_file(wal, bytes).ok());
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().kind == ErrorKind::kCorrupt);
  CHECK(log.error().message.find(wal + " is damaged at byte " + std::to_string(record)) != std::string::npos);
  CHECK(read_file(wal, 1u << 26).value() == bytes);
}

TEST_CASE("a flipped byte in a table is found by whoever reads it, with the table's name") {
  Grown grown;
  grow_and_copy(grown, 10, 5000, 9);
  OpenReport report;
  REQUIRE(open_rocks_log(options_of(grown.copy), report).ok());  // makes a table of the write-ahead log
  std::string table;
  for (const auto& entry : fs::directory_iterator(grown.copy + "/db")) {
    if (entry.path().extension() == ".sst" && entry.path().string() > table) table = entry.path().string();
  }
  REQUIRE_FALSE(table.empty());
  flip(table, 100);  // in its first block of records
  const Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  const Error error = log.ok() ? read_to_end(**log).error() : log.error();
  CHECK(error.kind == ErrorKind::kCorrupt);
  CHECK(error.message.find(fs::path(table).filename().string()) != std::string::npos);
}

TEST_CASE("a log that ends below its watermark is refused with both positions") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 9);
  fs::resize_file(newest_wal(grown.copy), grown.wal_bytes - 50);
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().kind == ErrorKind::kHistoryMismatch);
  CHECK(log.error().message.find("position 10 ") != std::string::npos);
  CHECK(log.error().message.find("up to 11") != std::string::npos);
}

TEST_CASE("a bad record with good ones after it is damage, not a torn tail") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 0);
  const std::string wal = newest_wal(grown.copy);
  const std::string before = read_file(wal, 1u << 26).value();
  SECTION("payload") {
    flip(wal, grown.wal_bytes / 2);
  }
  // Each record of the file has the same length: 5 records from the end, its header's length bytes.
  SECTION("length") {
    flip(wal, grown.wal_bytes - 5 * (grown.wal_bytes / 10) + 4);
  }
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().kind == ErrorKind::kCorrupt);
  CHECK(fs::file_size(wal) == before.size());
}

TEST_CASE("another history under the watermark's position is refused") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 5);
  LogPoint other = grown.heads[5];
  other.hash[0] ^= 1;
  REQUIRE(write_watermark(grown.copy + "/watermark", other).ok());
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().kind == ErrorKind::kHistoryMismatch);
}

TEST_CASE("accepted loss opens a new epoch, recorded in the log") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 9);
  const Result<AcceptedLoss> accepted = accept_loss(options_of(grown.copy), Position(6), "test");
  REQUIRE(accepted.ok());
  CHECK(accepted->dropped == 5);
  CHECK(fs::exists(accepted->saved_folder + "/db/CURRENT"));
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  INFO((log.ok() ? "" : log.error().message));
  REQUIRE(log.ok());
  CHECK((*log)->head().position == Position(7));
  CHECK((*log)->epoch() == Epoch(2));
}

TEST_CASE("a damaged log is repaired to its last sound record, and what was there is kept") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 0);
  const std::string wal = newest_wal(grown.copy);
  flip(wal, grown.wal_bytes / 2);
  OpenReport report;
  REQUIRE_FALSE(open_rocks_log(options_of(grown.copy), report).ok());
  const Result<AcceptedLoss> beyond = accept_loss(options_of(grown.copy), Position(9), "test");
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().kind == ErrorKind::kInvalid);
  const Result<AcceptedLoss> accepted = accept_loss(options_of(grown.copy), std::nullopt, "test");
  INFO((accepted.ok() ? "" : accepted.error().message));
  REQUIRE(accepted.ok());
  CHECK(accepted->kept >= Position(4));
  CHECK(accepted->kept < Position(8));
  Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
  INFO((log.ok() ? "" : log.error().message));
  REQUIRE(log.ok());
  CHECK((*log)->head() == accepted->head);
  CHECK(fs::exists(grown.copy + "/before-repair-1/CURRENT"));
  CHECK(fs::exists(accepted->saved_folder + "/db/CURRENT"));
}

TEST_CASE("what a newer release wrote is not cut as damage") {
  Grown grown;
  grow_and_copy(grown, 3, 200, 0);
  {
    OpenReport report;
    Result<std::unique_ptr<Log>> log = open_rocks_log(options_of(grown.copy), report);
    REQUIRE(log.ok());
    const LogPoint head = (*log)->head();
    TransactionBuilder builder;
    builder.record().set_version(kRecordVersion + 1);
    builder.record().set_log_id(std::string(as_bytes(head.log_id)));
    builder.record().set_epoch(head.epoch.value());
    builder.record().set_position(head.position.next().value());
    std::vector<StoredRecord> group(1);
    group.front().position = head.position.next();
    const TransactionPtr newer = builder.finish(head.hash, group.front().bytes);
    REQUIRE((*log)->append(group, newer->point()).ok());
  }
  const Result<AcceptedLoss> refused = accept_loss(options_of(grown.copy), std::nullopt, "test");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK_FALSE(fs::exists(grown.copy + "/before-repair-1"));
}

TEST_CASE("an epoch is never opened twice, and time does not go back") {
  Grown grown;
  grow_and_copy(grown, 10, 200, 9);
  const Result<AcceptedLoss> first = accept_loss(options_of(grown.copy), Position(8), "test");
  REQUIRE(first.ok());
  const Result<AcceptedLoss> second = accept_loss(options_of(grown.copy), Position(5), "test");
  REQUIRE(second.ok());
  CHECK(second->head.epoch > first->head.epoch);
}

}  // namespace
}  // namespace till
