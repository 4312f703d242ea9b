// One contract, every log.
#include <catch2/catch.hpp>

#include "engine/control_record.h"
#include "engine/memory_log.h"
#include "engine/rocks_log.h"
#include "engine/transaction.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

ChainedRecord next_record(const LogPoint& head, const std::string& tenant) {
  TransactionBuilder builder;
  schema::Record& record = builder.record();
  record.set_version(kRecordVersion);
  record.set_log_id(std::string(as_bytes(head.log_id)));
  record.set_epoch(head.epoch.value());
  record.set_position(head.position.next().value());
  record.set_tenant(tenant);
  ChainedRecord chained;
  chained.stored.position = head.position.next();
  chained.point = builder.finish(head.hash, chained.stored.bytes)->point();
  return chained;
}

void append(Log& log, int count) {
  std::vector<StoredRecord> group;
  LogPoint head = log.head();
  for (int i = 0; i < count; ++i) {
    ChainedRecord record = next_record(head, "t" + std::to_string(i % 3));
    head = record.point;
    group.push_back(std::move(record.stored));
  }
  REQUIRE(log.append(group, head).ok());
}

std::unique_ptr<Log> open(const std::string& directory) {
  OpenReport report;
  RocksLogOptions options;
  options.directory = directory;
  Result<std::unique_ptr<Log>> log = open_rocks_log(options, report);
  INFO((log.ok() ? "" : log.error().message));
  REQUIRE(log.ok());
  return std::move(*log);
}

std::unique_ptr<Log> new_rocks_log(const std::string& directory) {
  RocksLogOptions options;
  options.directory = directory;
  REQUIRE(create_rocks_log(options).ok());
  return open(directory);
}

void check_contract(Log& log) {
  SECTION("a new log holds its creation and nothing else") {
    CHECK(log.head().position == Position(1));
    CHECK(log.epoch() == Epoch(1));
  }
  SECTION("what was appended is read back, dense, ascending and chained") {
    append(log, 5);
    append(log, 70);
    CHECK(log.head().position == Position(76));
    LogPoint at;
    at.log_id = log.id();
    at.hash = genesis_chain(log.id());
    const auto cursor = log.cursor(Position(1));
    while (cursor->next()) {
      const Result<LogPoint> checked = check_record(cursor->bytes(), at, nullptr);
      REQUIRE(checked.ok());
      at = checked.value();
    }
    CHECK(cursor->status().ok());
    CHECK(at == log.head());
  }
  SECTION("a cursor sees nothing beyond the head at its making") {
    append(log, 1);
    const auto cursor = log.cursor(Position(2));
    append(log, 1);
    CHECK(cursor->next());
    CHECK_FALSE(cursor->next());
  }
  SECTION("reading beyond the head is not found") {
    CHECK(log.read(Position(2)).error().kind == ErrorKind::kNotFound);
  }
}

TEST_CASE("log contract: memory") {
  MemoryLog log(LogId{1, 2, 3});
  check_contract(log);
}

TEST_CASE("log contract: RocksDB") {
  const TemporaryDirectory directory;
  const auto log = new_rocks_log(directory.path());
  check_contract(*log);
}

TEST_CASE("a log goes on after it was closed, and is made only once") {
  const TemporaryDirectory directory;
  LogPoint head;
  {
    const auto log = new_rocks_log(directory.path());
    append(*log, 200);
    head = log->head();
  }
  const auto log = open(directory.path());
  CHECK(log->head() == head);
  append(*log, 1);
  RocksLogOptions options;
  options.directory = directory.path();
  CHECK(create_rocks_log(options).error().kind == ErrorKind::kInvalid);
}

TEST_CASE("an empty directory is not a log") {
  const TemporaryDirectory directory;
  OpenReport report;
  RocksLogOptions options;
  options.directory = directory.path();
  CHECK(open_rocks_log(options, report).error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace till
