// Stock items, deliveries and corrections. Streams: stock/<store>/<sku>, receipt/<receipt_id>,
// adjustment/<adjustment_id>. Sales and voids move stock through the functions below; what other documents do to an
// item is in stock_move.h.
//
// on hand = available + reserved + quarantine. Goods in transit between two stores are on hand at neither.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"
#include "commands/scratch.h"

namespace till {

const Aggregate& stock_aggregate();

// Id of the stock item of an article in a store.
std::string stock_id(std::string_view store_id, std::string_view sku);

// The item; an empty one where it never moved. Lives as long as the decision.
const schema::StockState& stock_item(BooksReader& books, const std::string& stock_id);

// Of what is on hand, what is kept back from sale.
inline std::int64_t held_e5(const schema::StockState& item) {
  return item.reserved_e5() + item.quarantine_e5();
}

// What may be sold.
inline std::int64_t available_e5(const schema::StockState& item) {
  return item.on_hand_e5() - held_e5(item);
}

// V1: an item's own rule, else that of its store.
inline schema::StorePolicy::Stock stock_rule(schema::StorePolicy::Stock of_store, const schema::StockState& item) {
  const schema::StorePolicy::Stock own = item.setting().stock();
  return own == schema::StorePolicy::STOCK_UNSPECIFIED ? of_store : own;
}

// Adds `delta_e5` to `on_hand_e5`; false, and nothing added, where the result would leave kOnHandMostE5.
bool move_stock(std::int64_t& on_hand_e5, std::int64_t delta_e5);

// The refusal of a movement that move_stock() would not make.
Rejection reject_stock_bounds(std::string pointer);

// For evolve: the level that an event leaves. An item that is in no count and has no setting pays one look for them.
void watch_level(schema::StockState& state, std::int64_t on_hand_after_e5, const schema::Record& record);
inline void set_on_hand(schema::StockState& state, std::int64_t on_hand_after_e5, const schema::Record& record) {
  if (state.has_count() || state.has_setting()) watch_level(state, on_hand_after_e5, record);
  state.set_on_hand_e5(on_hand_after_e5);
}

// Calls visit(index of the article's first line, sku, sum of its quantities) -> Refusal for each article of a document,
// in the order of first lines, until one is refused. The sums fit, since a document's quantities were checked.
template <class Lines, class Visit>
Refusal for_each_article(const Lines& lines, const Visit& visit) {
  const auto count = static_cast<std::size_t>(lines.size());
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  Scratch<std::int64_t> quantities(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = lines[static_cast<int>(i)].sku();
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) quantities[first[i]] += lines[static_cast<int>(i)].quantity_e5();
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i] != i) continue;
    if (Refusal refusal = visit(i, lines[static_cast<int>(i)].sku(), quantities[i])) return refusal;
  }
  return std::nullopt;
}

}  // namespace till
