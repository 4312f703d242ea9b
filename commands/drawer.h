// Cash that moves without a sale: paid in and out, lent by the safe, picked up into it, taken to the bank; and the
// drawer opened for nothing. Streams: shift/<shift_id>, safe/<store_id>.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& drawer_aggregate();

// Moves `amount` into the store's safe, or out of it where negative; the safe counts in one currency. What a safe held
// before the first movement is not known here, so a loan may take its balance below zero.
Refusal move_safe(const Deciding& deciding, std::string_view store_id, std::string_view shift_id,
                  std::string_view movement_id, std::int64_t amount, std::string_view currency, Acceptance& accepted);

}  // namespace till
