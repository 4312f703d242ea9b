// Store credit of a customer: issued, spent, expired. One currency, fixed by the first issue. What is issued may
// expire, each amount at its own moment (store_credit_lots.h): it is booked away by the next movement after that, or by
// a timer, and is the shop's. What a void or a return gives back never does. The functions serve any transaction; a
// decision sees the books as they were before it, so one transaction calls at most one of them for each customer, with
// the sum.
#pragma once

#include "commands/balance.h"
#include "commands/rules.h"

namespace till {

const Aggregate& store_credit_aggregate();

// For needs(): the customer and the credit.
void need_store_credit(std::string_view customer_id, std::vector<EntityRef>& out);

// Each adds its event to `accepted`, after that of what is over, and tells the balance after it, or refuses:
// CUSTOMER_NOT_FOUND, AMOUNT_INVALID, CURRENCY_UNKNOWN, CURRENCY_MISMATCH, and BALANCE_LIMIT or INSUFFICIENT_CREDIT.
Refusal issue_store_credit(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                           std::int64_t& balance_after);
Refusal spend_store_credit(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                           std::int64_t& balance_after);

// Books away all that the customer has, where it is given up.
void forfeit_store_credit(const Deciding& deciding, std::string_view customer_id, Acceptance& accepted);

}  // namespace till
