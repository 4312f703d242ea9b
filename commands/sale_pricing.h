// The money of a sale: every amount of the event, from the command and the catalogue, checked against each other.
// The invariants I1 to I4, I9 and I10 of tests/invariants_test.cpp are kept here.
#pragma once

#include <span>

#include "commands/money.h"
#include "commands/rules.h"

namespace till {

// Fills currency, lines, taxes, charges, tenders, change, sums and scopes (sale_scopes.h) of `sale`, or refuses the
// command. `products` holds one article per line, none null; `cash_rounding` is the store's, in minor units. A refused
// sale is half filled and worth nothing.
Refusal price_sale(const schema::RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
                   std::uint32_t cash_rounding, schema::SaleCompleted& sale);

// The part of it that is about goods: currency (that of expected_total), lines, taxes and their sums.
Refusal price_goods(const schema::RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
                    schema::SaleCompleted& sale);

// CASH_ROUNDING_INVALID where `rounding` is not what brings `due`, which is left to pay in cash, to a multiple of
// `step` minor units. Nothing is rounded where the last tender is not cash, or where the store has no step above 1.
Refusal check_cash_rounding(std::int64_t rounding, Wide due, bool last_is_cash, std::uint32_t step);

}  // namespace till
