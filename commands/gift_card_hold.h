// A part of a gift card's balance set aside for a payment that is under way. What is held cannot be spent twice (G1).
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& gift_card_hold_aggregate();

}  // namespace till
