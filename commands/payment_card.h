// Card payments: what the issuer approved, its capture, its reversal. P2 is kept here.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& payment_card_aggregate();

}  // namespace till
