// The dashboards kept in memory: bounded, whatever is asked for.
#include "projections/read_cache/board_cache.h"

#include <catch2/catch.hpp>

namespace till::read_cache {
namespace {

LogPoint at(std::uint64_t position) {
  LogPoint point;
  point.position = Position(position);
  return point;
}

Board board_of(const std::string& sku) {
  schema::SaleCompleted sale;
  sale.set_currency("USD");
  sale.add_lines()->set_sku(sku);
  Board board;
  board.add_sale(sale, 1);
  return board;  // a total, an hour, a product
}

void load(BoardCache& cache, const std::string& key, Board board) {
  const std::uint64_t ticket = cache.begin_load(key);
  REQUIRE(ticket != 0);
  cache.finish_load(key, ticket, std::move(board), at(1));
}

}  // namespace

TEST_CASE("board cache: a dashboard without sales is not kept", "[read_cache]") {
  BoardCache cache(100);
  for (int round = 0; round < 2; ++round) {  // the second one would get no ticket if a slot had stayed
    load(cache, "nothing", {});
    CHECK_FALSE(cache.find("nothing", "s1", 20260102).has_value());
  }
  // Sales that come in during the load make it one with sales.
  const std::uint64_t ticket = cache.begin_load("something");
  ChangeSet::Boards changes;
  changes["something"] = board_of("tea");
  cache.apply(changes, at(2));
  cache.finish_load("something", ticket, Board(), at(1));
  CHECK(cache.find("something", "s1", 20260102)->dashboard->sales() == 1);
}

TEST_CASE("board cache: many small dashboards are bounded too, the one used last stays", "[read_cache]") {
  BoardCache cache(100);
  for (int i = 0; i < 1000; ++i) load(cache, std::to_string(i), board_of("tea"));
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += cache.find(std::to_string(i), "s1", 20260102).has_value() ? 1 : 0;
  CHECK(kept > 5);
  CHECK(kept < 20);
  CHECK(cache.find("999", "s1", 20260102).has_value());
}

}  // namespace till::read_cache
