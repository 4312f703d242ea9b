// Shifts of a terminal's drawer: opened with a float, ended, counted, closed with a Z number. Streams:
// shift/<shift_id>, drawer/<terminal_id> (what goes on from shift to shift). Movements of cash stand in drawer.h, sales
// in shift_sales.h. The numbers D1 to D6 of the domain catalogue are kept here.
#pragma once

#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& shift_aggregate();

// Bound of a shift's sums, in minor units; with it a terminal's grand total stays within int64.
inline constexpr std::int64_t kShiftAmountMost = 1'000'000'000'000'000'000;
// A terminal whose grand total has come so far opens no further shift; a shift adds at most kShiftAmountMost.
inline constexpr std::int64_t kGrandTotalMost = 8'000'000'000'000'000'000;

// For needs().
void need_shift(std::string_view shift_id, std::vector<EntityRef>& out);

// TERMINAL_NOT_PERMITTED where the key of the command is bound to another terminal than the shift's.
Refusal check_bound(const Deciding& deciding, const schema::ShiftState& shift);

// The shift where it is open, into `shift`: SHIFT_NOT_FOUND, TERMINAL_NOT_PERMITTED, SHIFT_CLOSED or SHIFT_NOT_OPEN
// otherwise, at /shift_id.
Refusal find_open_shift(const Deciding& deciding, std::string_view shift_id, const schema::ShiftState*& shift);

}  // namespace till
