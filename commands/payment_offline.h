// Card payments taken while the processor could not be reached. The shop bears the risk of their decline, within the
// limits of its store's policy.
#pragma once

#include <string>

#include "commands/rules.h"

namespace till {

const Aggregate& payment_offline_aggregate();

// What becomes of a stored payment, whoever tells it: it is captured under `reference`.
void settle_offline(const schema::PaymentState& payment, const std::string& reference, const Deciding& deciding,
                    Acceptance& accepted);

// Or it was declined. The sale stays completed; what was not paid for it is a loss of its own. An open ticket counts on
// it no more.
void decline_offline(const schema::PaymentState& payment, const std::string& decline_code, const Deciding& deciding,
                     Acceptance& accepted);

}  // namespace till
