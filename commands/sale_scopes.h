// What a till tells of a sale's ticket beside its lines: what its discounts were given for, and which lines were taken
// off again. No amount of the sale depends on it; the reports of its shift show it.
#pragma once

#include <cstdint>

#include "commands/rules.h"

namespace till {

// Lines that may be told to have been taken off one ticket.
inline constexpr std::uint32_t kLineVoidsMost = 10'000;

// Into a sale whose currency and discount stand. CURRENCY_MISMATCH and AMOUNT_INVALID at the amounts,
// DISCOUNT_EXCEEDS_TOTAL where the parts are more than the discount, VALIDATION_FAILED where lines without a count are
// worth something, or there are too many.
Refusal take_scopes(const schema::RingUpSale& command, schema::SaleCompleted& sale);

}  // namespace till
