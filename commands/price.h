// Price lists. Stream: price/<price list>/<sku>. A price holds in a window of time, from a quantity on; time itself
// brings it into force.
#pragma once

#include "commands/rules.h"

namespace till {

// Windows of one product in one list. Past ones make room for new ones.
inline constexpr int kPriceWindowsMost = 64;

const Aggregate& price_aggregate();

// "<price list>/<sku>".
std::string price_entity_id(std::string_view price_list, std::string_view sku);

// The price in force at a moment: of those whose min_quantity is reached, the one with the largest. Null where none is.
const schema::PriceState::Window* price_at(const schema::PriceState& state, Micros at, std::int64_t quantity_e5);

}  // namespace till
