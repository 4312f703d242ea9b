// Refunds of payments, one at a time, and refunds without a payment. P3 to P5 are kept here and in payment.h.
#pragma once

#include <string>

#include "commands/rules.h"

namespace till {

const Aggregate& payment_refund_aggregate();

// How the refund under way ends, whoever tells it. `payment` has a pending one.
void complete_refund(const schema::PaymentState& payment, const Deciding& deciding, Acceptance& accepted);
void fail_refund(const schema::PaymentState& payment, const std::string& decline_code, const Deciding& deciding,
                 Acceptance& accepted);

}  // namespace till
