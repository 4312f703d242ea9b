// The catalogue: one stream per article, product/<sku>. Sales freeze what they used of it.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& product_aggregate();

// Checks a price or cost on its own: a known currency and a valid amount. `pointer` names the field.
Refusal read_price(const schema::UnitPrice& price, std::string_view pointer, std::int64_t& price_e4);

// Checks an amount on its own: a known currency, above zero, bounded.
Refusal check_amount(const schema::Money& amount, std::string_view pointer);

}  // namespace till
