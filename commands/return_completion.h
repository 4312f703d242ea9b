// The second half of a return: the refund, the goods on the shelf, the points and the drawer, in one transaction.
#pragma once

#include "commands/receipt.h"
#include "commands/refund.h"
#include "commands/rules.h"

namespace till {

const Aggregate& return_completion_aggregate();

// How a started return is completed. What it refers to outlives it.
struct ReturnCompletion {
  ReceiptHead head;
  const Refunds& refunds;
  const schema::Money& expected_total;
  const schema::Money& cash_rounding;
  std::string_view total_pointer = "/expected_total";
  std::int64_t exchanged = 0;           // what the goods pay of the sale on the same receipt
  std::string_view exchange_sale_id{};  // of that sale
};

// Adds the events that complete `started`, the first of which is return_completed, and tells its receipt. P4
// PERMISSION_DENIED; TOTAL_MISMATCH, the refusals of refund.h, of the shift and of UNLINKED_LIMIT. Offline the cash is
// out: P4 is noted unless an account is paid, UNLINKED_LIMIT always.
Refusal complete_return(const Deciding& deciding, const schema::ReturnState& started, const schema::StoreState& store,
                        const BusinessTime& time, const ReturnCompletion& completion, Acceptance& accepted);

}  // namespace till
