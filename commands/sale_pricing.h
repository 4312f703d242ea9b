// The money of a sale: every amount of the event, from the command and the catalogue, checked against each other.
// The invariants I1 to I4, I9 and I10 of tests/invariants_test.cpp are kept here.
#pragma once

#include <span>

#include "commands/rules.h"

namespace till {

// Fills currency, lines, taxes, charges, tenders, change and sums of `sale`, or refuses the command. `products` holds
// one article per line, none null; `cash_rounding` is the store's, in minor units. A refused sale is half filled and
// worth nothing.
Refusal price_sale(const schema::RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
                   std::uint32_t cash_rounding, schema::SaleCompleted& sale);

}  // namespace till
