// What sales do to the shift of their drawer, in the sale's own transaction, so that a close costs the same however
// many sales there were (D6) and none is between two shifts (D5).
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& shift_sales_aggregate();

// Adds the event of `sale` to its shift; nothing where it has none. A void takes back what the sale brought. Refused:
// SHIFT_NOT_FOUND (also a shift of another terminal or store), SHIFT_CLOSED, SHIFT_NOT_OPEN, TERMINAL_NOT_PERMITTED,
// CURRENCY_MISMATCH, AMOUNT_INVALID and TAX_ROWS_INVALID (the shift's bounds).
Refusal book_on_shift(const Deciding& deciding, const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind,
                      Acceptance& accepted);

}  // namespace till
