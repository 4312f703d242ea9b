// What sales do to the shift of their drawer, in the sale's own transaction, so that a close costs the same however
// many sales there were (D6) and none is between two shifts (D5).
#pragma once

#include <cstdint>
#include <string>

#include "commands/rules.h"

namespace till {

const Aggregate& shift_sales_aggregate();

// Adds the event of `sale` to its shift; nothing where it has none. A void takes back what the sale brought. Refused:
// SHIFT_NOT_FOUND (also a shift of another terminal or store), SHIFT_CLOSED, SHIFT_NOT_OPEN, TERMINAL_NOT_PERMITTED,
// CURRENCY_MISMATCH, AMOUNT_INVALID and TAX_ROWS_INVALID (the shift's bounds). Offline a shift that is over takes the
// sale as well, see shift_late.h.
Refusal book_on_shift(const Deciding& deciding, const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind,
                      Acceptance& accepted);

// Whether the shift takes the sale into `totals`: the refusals above that its status does not tell.
Refusal check_booking(const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind,
                      const schema::ShiftState& shift, const schema::ShiftTotals& totals);

// What the sale brings, or what its void takes back, into the empty `fact`.
void write_booking(const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind,
                   const schema::ShiftState& shift, schema::ShiftSaleBooked& fact);

// For evolve: into totals alone, and into the shift whose totals they are.
void add_to_totals(schema::ShiftTotals& totals, const schema::ShiftSaleBooked& fact);
void add_line_voids(schema::ShiftTotals& totals, std::uint32_t count, std::int64_t amount, const std::string& currency);
void fold_booking(schema::ShiftState& state, const schema::ShiftSaleBooked& fact);

// A sum of what was not sold, which refuses nothing: it stays at kShiftAmountMost. `amount` is not negative.
void add_bounded(schema::Money& sum, std::int64_t amount, const std::string& currency);

}  // namespace till
