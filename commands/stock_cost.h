// What stock is worth: the moving average cost of each item, and the value of what is on hand. Both are folded from the
// item's own events, and frozen into them for views: the sum of all changes is the value (section 7.2 of the domain
// catalogue). Values are exact to 1e-9 of the major unit, which is what a quantity times a cost is; a share of a value
// and an average are rounded half away from zero.
//
// Goods leave, and come back from a customer or a count, at the average. A receipt whose cost is known in the item's
// currency moves the average, and so do goods of another store, or back from the way to it, which bring the average
// that they left with. Where nothing was on hand, or nothing had a cost, the item is valued anew at the cost of what
// comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/money.h"
#include "commands/rules.h"

namespace till {

// An item's cost while a decision or a fold moves it.
struct ItemCost {
  bool known = false;
  std::int64_t average_e4 = 0;
  Wide value_e9 = 0;
  std::string currency;
};

ItemCost cost_of(const schema::StockState& item);

// As an event tells it.
Wide value_e9_of(const schema::StockValue& value);
// Of a piece, 0 to kPriceMostE4. Something is on hand, or less than nothing.
std::int64_t average_e4_of(Wide value_e9, std::int64_t on_hand_e5);

// The level goes from `before_e5` to `after_e5` at the average cost.
void move_at_average(ItemCost& cost, std::int64_t before_e5, std::int64_t after_e5);
// Goods of a known cost raise the level. Another currency than the item's moves them at the average.
void move_at_cost(ItemCost& cost, std::int64_t before_e5, std::int64_t after_e5, std::int64_t unit_cost_e4,
                  std::string_view currency);

// What the change from `before` to `after` is to an event; nothing is written where the cost is not known.
void fill_value(const ItemCost& before, const ItemCost& after, schema::StockValue& value);
template <class Fact>
void write_value(const ItemCost& before, const ItemCost& after, Fact& fact) {
  if (after.known) fill_value(before, after, *fact.mutable_value());
}

// For a decision that moves an item several times: goes on from an event that it has made.
void take_value(const schema::StockValue& value, ItemCost& cost);

// For decide: an event that takes the item's level to `after_e5` at the average cost.
template <class Fact>
void write_value_at_average(const schema::StockState& item, std::int64_t after_e5, Fact& fact) {
  if (!item.has_cost()) return;
  const ItemCost before = cost_of(item);
  ItemCost after = before;
  move_at_average(after, item.on_hand_e5(), after_e5);
  write_value(before, after, fact);
}

// For decide: an event whose goods raise the item's level at a cost of their own.
template <class Fact>
void write_value_at_cost(const schema::StockState& item, Fact& fact) {
  const ItemCost before = cost_of(item);
  ItemCost after = before;
  move_at_cost(after, item.on_hand_e5(), fact.on_hand_after_e5(), fact.unit_cost_e4(), fact.currency());
  write_value(before, after, fact);
}

// For evolve, before the level changes.
void fold_at_average(schema::StockState& state, std::int64_t after_e5);
void fold_received(schema::StockState& state, const schema::StockReceived& fact);
void fold_moved(schema::StockState& state, const schema::StockMoved& fact);

// Puts the average cost of what is sold into the lines of a sale and its sum, where it is known in the sale's currency;
// the other lines keep what the catalogue says. A cost beyond kCostMostE4 is not taken.
void take_average_costs(const Deciding& deciding, schema::SaleCompleted& sale);

}  // namespace till
