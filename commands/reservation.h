// Goods kept for somebody until a moment: made once, ended exactly once. Stream: reservation/<reservation_id>; each
// line moves its stock item in the same transaction.
#pragma once

#include "commands/rules.h"

namespace till {

inline constexpr int kReservationLinesMost = 100;

const Aggregate& reservation_aggregate();

}  // namespace till
