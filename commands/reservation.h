// Goods kept for somebody until a moment: made once, ended exactly once. Stream: reservation/<reservation_id>; each
// line moves its stock item in the same transaction.
#pragma once

#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

inline constexpr int kReservationLinesMost = 100;

const Aggregate& reservation_aggregate();

// For needs().
void need_reservation(std::string_view reservation_id, std::vector<EntityRef>& out);

// Ends the reservation for a sale of its store: what was kept is free for the sale, which takes the goods itself. All
// at `pointer`: RESERVATION_NOT_FOUND (also one of another store), RESERVATION_ALREADY_ENDED, RESERVATION_EXPIRED.
// `deciding` sees what the decision has decided so far.
Refusal hand_over_reservation(const Deciding& deciding, std::string_view reservation_id,
                              const schema::SaleCompleted& sale, std::string_view pointer, Acceptance& accepted);

}  // namespace till
