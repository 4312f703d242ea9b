// Refunds of payments, one at a time, and refunds without a payment. P3 to P5 are kept here and in payment.h.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& payment_refund_aggregate();

}  // namespace till
