// FoodMart's year as commands: counts and money exact, the same lines each time.
#include <catch2/catch.hpp>

#include <filesystem>
#include <iostream>
#include <set>

#include "ops/foodmart_converter.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

std::string foodmart_directory() {
  return std::string(TILL_SOURCE_DIR) + "/../shared/data/foodmart";
}

bool foodmart_present() {
  if (std::filesystem::exists(foodmart_directory())) return true;
  std::cout << "skipped: data not found at " << foodmart_directory() << "\n";
  return false;
}

TEST_CASE("foodmart: counts and sums of the year, by store too", "[ops][foodmart]") {
  if (!foodmart_present()) return;
  auto data = read_foodmart(foodmart_directory());
  REQUIRE(data.ok());
  std::map<std::string, std::int64_t> by_store;
  std::map<std::string, std::uint64_t> sequences;
  std::map<std::string, std::int32_t> last_day;
  std::set<std::string> keys, sold, days;
  std::int64_t units_e5 = 0;
  std::uint64_t not_in_order = 0, unbalanced = 0;
  const auto counts = convert_foodmart(*data, [&](const KeyedCommand& keyed) {
    keys.insert(keyed.idempotency_key);
    if (!keyed.command.has_ring_up_sale()) return;
    const auto& sale = keyed.command.ring_up_sale();
    by_store[sale.store_id()] += sale.expected_total().amount();
    if (sale.terminal_seq() != ++sequences[sale.terminal_id()]) ++not_in_order;
    const auto day = date_of(sale.occurred_at_us());
    if (day < std::exchange(last_day[sale.terminal_id()], day)) ++not_in_order;
    days.insert(std::to_string(day));
    std::int64_t paid = -sale.change().amount();
    for (const auto& tender : sale.tenders()) paid += tender.amount().amount();
    if (paid != sale.expected_total().amount()) ++unbalanced;
    for (const auto& line : sale.lines()) {
      sold.insert(line.sku());
      units_e5 += line.quantity_e5();
    }
  });
  REQUIRE(counts.ok());
  CHECK(counts.value().sales == 20'530);
  CHECK(counts.value().lines == 86'837);
  CHECK(counts.value().amount == 56'523'813);
  CHECK(units_e5 == 266'773LL * 100'000);
  CHECK(by_store.size() == 13);
  CHECK(by_store["foodmart-13"] == 8'721'828);
  CHECK(by_store["foodmart-14"] == 444'118);
  CHECK(sold.size() == 1559);
  CHECK(days.size() == 323);
  CHECK(keys.size() == counts.value().commands);
  CHECK(not_in_order == 0);
  CHECK(unbalanced == 0);
}

TEST_CASE("foodmart: a second conversion gives the same lines", "[ops][foodmart]") {
  if (!foodmart_present()) return;
  auto data = read_foodmart(foodmart_directory());
  REQUIRE(data.ok());
  const auto hash_of = [&data] {
    std::size_t hash = 0;
    std::string line;
    const auto counts = convert_foodmart(*data, [&](const KeyedCommand& keyed) {
      line.clear();
      append_batch_item(keyed, line);
      hash = hash * 31 + std::hash<std::string>()(line);
    });
    REQUIRE(counts.ok());
    return hash;
  };
  CHECK(hash_of() == hash_of());
}

TEST_CASE("foodmart: a folder without the files says which one is missing", "[ops][foodmart]") {
  const auto data = read_foodmart("/nonexistent");
  REQUIRE_FALSE(data.ok());
  CHECK(data.error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace till
