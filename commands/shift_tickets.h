// What a shift knows of its tickets. Which are open, so that it does not end before they are suspended, completed or
// cancelled: a ticket knows its shift, a shift its tickets by this list alone. And what tickets left that ended without
// a sale: while a ticket is open its commands touch no totals, its voided lines are counted when it is completed, with
// its sale, or cancelled. Stream: that of shift.h.
#pragma once

#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

// That a shift names; the others are counted.
inline constexpr int kShiftTicketsMost = 64;

const Aggregate& shift_tickets_aggregate();

// One event that puts an open sale on the list of its shift, or takes it off; nothing where the sale has no shift.
void open_in_shift(const std::string& shift_id, const std::string& sale_id, const Deciding& deciding,
                   Acceptance& accepted);
void leave_shift(const std::string& shift_id, const std::string& sale_id, const Deciding& deciding,
                 Acceptance& accepted);

// Adds the cancelled `ticket` to the totals of the shift that it is in; nothing where it is in none. A shift that is
// over takes it as well, after its Z number beside the totals: nobody is kept from cancelling.
void cancel_on_shift(const Deciding& deciding, const schema::TicketState& ticket, std::string_view session_id,
                     Acceptance& accepted);

// OPEN_SALES at /shift_id, naming the first of them.
Refusal check_no_tickets(const schema::ShiftState& shift);

}  // namespace till
