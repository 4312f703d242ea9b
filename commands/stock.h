// Stock items, deliveries and corrections. Streams: stock/<store>/<sku>, receipt/<receipt_id>,
// adjustment/<adjustment_id>. Sales and voids move stock through the functions below.
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

// What lies on the shelf, x 1e-5 units; 0 for an item that never moved.
std::int64_t on_hand(BooksReader& books, const std::string& stock_id);

// Adds `delta_e5` to `on_hand_e5`; false, and nothing added, where the result would leave kOnHandMostE5.
bool move_stock(std::int64_t& on_hand_e5, std::int64_t delta_e5);

// The refusal of a movement that move_stock() would not make.
Rejection reject_stock_bounds(std::string pointer);

// The event that a store of ALLOW_WITH_ALERT asks for when an item crossed below zero; `sale_id` may be empty.
void add_negative_alert(Acceptance& acceptance, const Deciding& deciding, std::string id, std::string_view store_id,
                        std::string_view sku, std::string_view sale_id, std::int64_t on_hand_e5);

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
