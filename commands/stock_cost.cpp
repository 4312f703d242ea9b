#include "commands/stock_cost.h"

#include <algorithm>

#include "commands/money.h"
#include "commands/stock.h"

namespace till {
namespace {

constexpr std::int64_t kUnitE5 = 100'000;
// Beyond all that goods are worth, so that sums fit: a value stops there.
constexpr Wide kValueMostE9 = Wide{kCostMostE4} * kUnitE5;

Wide bounded_value(Wide value_e9) {
  return std::clamp(value_e9, -kValueMostE9, kValueMostE9);
}

Wide value_at(std::int64_t quantity_e5, std::int64_t unit_cost_e4) {
  return bounded_value(Wide{quantity_e5} * unit_cost_e4);
}

// value x part / whole, 0 <= part <= whole; its products stay within Wide.
Wide share_of(Wide value_e9, std::int64_t part_e5, std::int64_t whole_e5) {
  return value_e9 / whole_e5 * part_e5 + divide_half_away(value_e9 % whole_e5 * part_e5, whole_e5);
}

std::int64_t rounded_value(Wide value_e9) {
  return static_cast<std::int64_t>(value_e9 / kUnitE5);
}

std::int32_t rest_of_value(Wide value_e9) {
  return static_cast<std::int32_t>(value_e9 % kUnitE5);
}

void write_cost(const ItemCost& cost, schema::StockState::Cost& state) {
  state.set_average_e4(cost.average_e4);
  state.set_value_e4(rounded_value(cost.value_e9));
  state.set_value_rest_e5(rest_of_value(cost.value_e9));
  state.set_currency(cost.currency);
}

// At the cost that the event names, or at the average.
template <class Fact>
void fold_coming(schema::StockState& state, const Fact& fact) {
  if (!fact.has_unit_cost_e4()) return fold_at_average(state, fact.on_hand_after_e5());
  ItemCost cost = cost_of(state);
  move_at_cost(cost, state.on_hand_e5(), fact.on_hand_after_e5(), fact.unit_cost_e4(), fact.currency());
  write_cost(cost, *state.mutable_cost());
}

}  // namespace

ItemCost cost_of(const schema::StockState& item) {
  if (!item.has_cost()) return {};
  const auto& cost = item.cost();
  return {true, cost.average_e4(), Wide{cost.value_e4()} * kUnitE5 + cost.value_rest_e5(), cost.currency()};
}

void fill_value(const ItemCost& before, const ItemCost& after, schema::StockValue& value) {
  value.set_change_e4(rounded_value(after.value_e9) - rounded_value(before.value_e9));
  value.set_after_e4(rounded_value(after.value_e9));
  value.set_after_rest_e5(rest_of_value(after.value_e9));
  value.set_currency(after.currency);
}

Wide value_e9_of(const schema::StockValue& value) {
  return Wide{value.after_e4()} * kUnitE5 + value.after_rest_e5();
}

std::int64_t average_e4_of(Wide value_e9, std::int64_t on_hand_e5) {
  const Wide sign = on_hand_e5 < 0 ? -1 : 1;
  const Wide average = divide_half_away(sign * value_e9, sign * on_hand_e5);
  return static_cast<std::int64_t>(std::clamp<Wide>(average, 0, kPriceMostE4));
}

void take_value(const schema::StockValue& value, ItemCost& cost) {
  cost.value_e9 = value_e9_of(value);
}

void move_at_average(ItemCost& cost, std::int64_t before_e5, std::int64_t after_e5) {
  if (!cost.known || after_e5 == before_e5) return;
  if (before_e5 <= 0 || after_e5 <= 0) {
    cost.value_e9 = value_at(after_e5, cost.average_e4);
  } else if (after_e5 < before_e5) {
    // A share of the value: what is left keeps the rest, so that nothing is lost in rounding.
    cost.value_e9 -= share_of(cost.value_e9, before_e5 - after_e5, before_e5);
  } else {
    cost.value_e9 = bounded_value(cost.value_e9 + value_at(after_e5 - before_e5, cost.average_e4));
  }
}

void move_at_cost(ItemCost& cost, std::int64_t before_e5, std::int64_t after_e5, std::int64_t unit_cost_e4,
                  std::string_view currency) {
  if (cost.known && cost.currency != currency) return move_at_average(cost, before_e5, after_e5);
  if (!cost.known || before_e5 <= 0) {
    cost = {true, unit_cost_e4, value_at(after_e5, unit_cost_e4), std::string(currency)};
    return;
  }
  cost.value_e9 = bounded_value(cost.value_e9 + value_at(after_e5 - before_e5, unit_cost_e4));
  cost.average_e4 = average_e4_of(cost.value_e9, after_e5);
}

void fold_at_average(schema::StockState& state, std::int64_t after_e5) {
  if (!state.has_cost()) return;
  ItemCost cost = cost_of(state);
  move_at_average(cost, state.on_hand_e5(), after_e5);
  write_cost(cost, *state.mutable_cost());
}

void fold_received(schema::StockState& state, const schema::StockReceived& fact) {
  fold_coming(state, fact);
}

void fold_moved(schema::StockState& state, const schema::StockMoved& fact) {
  fold_coming(state, fact);
}

void take_average_costs(const Deciding& deciding, schema::SaleCompleted& sale) {
  Wide sum = 0;
  bool changed = false;
  for (auto& line : *sale.mutable_lines()) {
    const schema::StockState& item = stock_item(deciding.books, stock_id(sale.store_id(), line.sku()));
    if (item.has_cost() && item.cost().currency() == sale.currency()) {
      const Wide cogs = line_cost_e4(line.quantity_e5(), item.cost().average_e4());
      if (sum + cogs <= kCostMostE4) {
        line.set_cogs_e4(static_cast<std::int64_t>(cogs));
        changed = true;
      }
    }
    sum += line.cogs_e4();
  }
  if (changed) sale.set_cogs_e4(static_cast<std::int64_t>(std::min<Wide>(sum, kCostMostE4)));
}

}  // namespace till
