#include "projections/read_ahead.h"

#include <catch2/catch.hpp>

#include "tests/fake_feed.h"

namespace till {
namespace {

void append(FakeFeed& feed, int count) {
  for (int i = 0; i < count; ++i) feed.append("t", [](TransactionBuilder&) {});
}

TEST_CASE("reading ahead gives what the feed gives, from wherever it is asked") {
  FakeFeed feed(LogId{3});
  append(feed, 10);
  ReadAhead ahead(feed, 4, 1u << 20);
  std::vector<TransactionPtr> batch;
  const auto read = [&](std::uint64_t after) {
    REQUIRE(ahead.read(Position(after), batch).ok());
    std::vector<std::uint64_t> positions;
    for (const TransactionPtr& transaction : batch) positions.push_back(transaction->position().value());
    return positions;
  };
  using Positions = std::vector<std::uint64_t>;
  CHECK(read(0) == Positions{1, 2, 3, 4});
  CHECK(read(4) == Positions{5, 6, 7, 8});
  CHECK(read(2) == Positions{3, 4, 5, 6});  // not where the last one ended
  CHECK(read(6) == Positions{7, 8, 9, 10});
  CHECK(read(10).empty());
  append(feed, 2);
  CHECK(read(10) == Positions{11, 12});
  CHECK(read(12).empty());
}

TEST_CASE("a feed that was away while reading ahead is asked again") {
  FakeFeed feed(LogId{3});
  append(feed, 8);
  ReadAhead ahead(feed, 4, 1u << 20);
  std::vector<TransactionPtr> batch;
  REQUIRE(ahead.read(Position(0), batch).ok());
  feed.set_unavailable(true);
  // Either it was read in time, or the answer says that the feed is away.
  if (!ahead.read(Position(4), batch).ok()) CHECK(batch.empty());
  CHECK_FALSE(ahead.read(Position(8), batch).ok());
  feed.set_unavailable(false);
  REQUIRE(ahead.read(Position(4), batch).ok());
  CHECK(batch.size() == 4);
}

}  // namespace
}  // namespace till
