// Sales that reach a shift after it has ended: rung up while their terminal was away, uploaded later. None is lost
// (D5), and a closed Z keeps its totals: corrections stand beside them, and the drawer's perpetual grand total goes on
// (D4). Streams: those of shift.h.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& shift_late_aggregate();

// Adds `sale`, or its void, to a shift that is not open any more. The refusals of check_booking(), and AMOUNT_INVALID
// or CURRENCY_MISMATCH where the drawer's grand total cannot take it.
Refusal attach_late(const Deciding& deciding, const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind,
                    const schema::ShiftState& shift, Acceptance& accepted);

}  // namespace till
