// A reward for points: issued, and then either redeemed or deleted, which gives its points back.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& loyalty_reward_aggregate();

}  // namespace till
