// Whether a gift card may be used: blocked and unblocked, and deactivated for good.
#pragma once

#include <string>

#include "commands/rules.h"

namespace till {

const Aggregate& gift_card_status_aggregate();

// Puts a deactivated card back, so that the reversal of a sale can give it its money; nothing to do otherwise.
void reactivate_gift_card(const Deciding& deciding, const std::string& gift_card_id, Acceptance& accepted);

}  // namespace till
