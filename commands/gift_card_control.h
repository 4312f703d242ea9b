// What a shop does to a gift card's balance beside selling and taking it: adjust, transfer, clear, expire.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& gift_card_control_aggregate();

}  // namespace till
