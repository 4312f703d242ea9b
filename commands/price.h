// Price lists. Stream: price/<price list>/<sku>. A price holds in a window of time, from a quantity on; time itself
// brings it into force. Beside it, the floor under every price at which a product is sold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

// Windows of one product in one list. Past ones make room for new ones.
inline constexpr int kPriceWindowsMost = 64;

const Aggregate& price_aggregate();

// "<price list>/<sku>".
std::string price_entity_id(std::string_view price_list, std::string_view sku);

// The price in force at a moment: of those whose min_quantity is reached, the one with the largest. Null where none is.
const schema::PriceState::Window* price_at(const schema::PriceState& state, Micros at, std::int64_t quantity_e5);

// The lowest price of a product in a currency, x 1e-4; 0 where it has none.
std::int64_t lowest_price_e4(const schema::ProductUpserted& product, std::string_view currency);

// PRICE_BELOW_FLOOR at `pointer` where a product would be sold for less than its lowest price, whoever sells it and
// whatever list has the price. Offline a note.
Refusal check_floor(const Deciding& deciding, std::string_view sku, std::int64_t price_e4, std::int64_t floor_e4,
                    std::string_view pointer);

}  // namespace till
