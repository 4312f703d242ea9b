// What stock is worth, in any history: section 7.2 of the domain catalogue.
#include <algorithm>
#include <map>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"
#include "commands/stock.h"
#include "commands/stock_cost.h"
#include "tests/random_stock.h"

namespace till::testing {
namespace {

using schema::Command;
using schema::Event;

constexpr std::int64_t kCheapestE4 = 5'000;
constexpr std::int64_t kDearestE4 = 20'000;

Command costed_receipt(int step) {
  Command command;
  auto& receipt = *command.mutable_receive_stock();
  receipt.set_receipt_id(step_id(step));
  receipt.set_store_id(kStores[*rc::gen::inRange<std::size_t>(0, kStores.size())]);
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    auto& line = *receipt.add_lines();
    line.set_sku(kArticles[*rc::gen::inRange<std::size_t>(0, kArticles.size())]);
    line.set_quantity_e5(*rc::gen::inRange<std::int64_t>(1, 1'000'000));
    line.mutable_unit_cost()->set_amount_e4(*rc::gen::inRange<std::int64_t>(kCheapestE4, kDearestE4 + 1));
    line.mutable_unit_cost()->set_currency("EUR");
  }
  return command;
}

// The sums of what the events say, against what the items know.
class Ledger {
 public:
  void add(const Event& event) {
    const auto* member = Event::descriptor()->FindFieldByNumber(event.event_case());
    const auto& body = event.GetReflection()->GetMessage(event, member);
    const auto* field = body.GetDescriptor()->FindFieldByName("value");
    if (field == nullptr || field->message_type() != schema::StockValue::descriptor()) return;
    if (!body.GetReflection()->HasField(body, field)) return;
    const auto& value = static_cast<const schema::StockValue&>(body.GetReflection()->GetMessage(body, field));
    const auto text = [&](const char* name) {
      return body.GetReflection()->GetString(body, body.GetDescriptor()->FindFieldByName(name));
    };
    std::int64_t& sum = sums_[stock_id(text("store_id"), text("sku"))];
    sum += value.change_e4();
    ++roundings_;
    RC_ASSERT(sum == value.after_e4());
    RC_ASSERT(value.currency() == "EUR");
  }

  void check(MemoryTill& till) const {
    for (const auto& [id, sum] : sums_) {
      const schema::StockState& item = stock_item(till.books(), id);
      RC_ASSERT(item.cost().value_e4() == sum);
      RC_ASSERT(item.cost().average_e4() >= kCheapestE4 - roundings_);
      RC_ASSERT(item.cost().average_e4() <= kDearestE4 + roundings_);
      if (item.on_hand_e5() == 0) RC_ASSERT(sum == 0);
      // Each event rounds once, each time to less than one unit, and the average once more.
      const Wide at_least = line_cost_e4(item.on_hand_e5(), kCheapestE4) - roundings_;
      const Wide at_most = line_cost_e4(item.on_hand_e5(), kDearestE4) + roundings_;
      RC_ASSERT(sum >= at_least && sum <= at_most);
    }
  }

 private:
  std::map<std::string, std::int64_t> sums_;
  int roundings_ = 1;
};

}  // namespace

TEST_CASE("the value of an item is what came in less what went out (section 7.2)", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_stores(till);
    Ledger ledger;
    std::array<std::uint64_t, 2> sequence{};
    const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 200));
    for (int i = 0; i < steps; ++i) {
      till.set_now(till.now() + kStepUs);
      const bool receipt = *rc::gen::inRange(0, 4) == 0;
      const Command command = receipt ? costed_receipt(i) : random_stock_command(i, till.now(), sequence);
      const auto sent = till.send(command);
      if (!std::holds_alternative<Acceptance>(sent.decision)) continue;
      if (command.has_ring_up_sale()) ++sequence[command.ring_up_sale().store_id() == kStores[0] ? 0 : 1];
      for (const Event& event : sent.events) ledger.add(event);
      ledger.check(till);
    }
  }));
}

TEST_CASE("goods that leave take their share of the value, the last ones all of it", "[commands][invariants]") {
  ItemCost cost;
  move_at_cost(cost, 0, 300'000, 3'333, "EUR");
  CHECK(cost.known);
  CHECK(cost.value_e9 == Wide{999'900'000});
  move_at_cost(cost, 300'000, 400'000, 10'000, "EUR");
  CHECK(cost.value_e9 == Wide{1'999'900'000});
  CHECK(cost.average_e4 == 5'000);  // 4999.75
  move_at_average(cost, 400'000, 300'000);
  CHECK(cost.value_e9 == Wide{1'499'925'000});
  move_at_average(cost, 300'000, 7);
  CHECK(cost.value_e9 == Wide{34'998});  // 34998.25
  CHECK(cost.average_e4 == 5'000);
  move_at_average(cost, 7, 0);
  CHECK(cost.value_e9 == 0);
  move_at_average(cost, 0, -200'000);
  CHECK(cost.value_e9 == Wide{-1'000'000'000});
  move_at_cost(cost, -200'000, 100'000, 7'000, "EUR");
  CHECK(cost.value_e9 == Wide{700'000'000});
  CHECK(cost.average_e4 == 7'000);
}

TEST_CASE("a value stops where nothing is worth more", "[commands][invariants]") {
  constexpr Wide kMostE9 = Wide{kCostMostE4} * 100'000;
  ItemCost cost;
  move_at_cost(cost, 0, kOnHandMostE5, kPriceMostE4, "EUR");
  CHECK(cost.value_e9 == kMostE9);
  move_at_cost(cost, kOnHandMostE5 - 1, kOnHandMostE5, kPriceMostE4, "EUR");
  CHECK(cost.value_e9 == kMostE9);
  move_at_average(cost, kOnHandMostE5, 1);
  CHECK(cost.value_e9 >= 0);
  move_at_average(cost, 1, -kOnHandMostE5);
  CHECK(cost.value_e9 >= -kMostE9);
}

}  // namespace till::testing
