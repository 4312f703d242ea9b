// A customer's house account: what is bought on account and paid later, up to a limit. The functions serve any
// transaction; a decision sees the books as they were before it, so one transaction calls at most one of them for each
// customer, with the sum.
#pragma once

#include "commands/balance.h"
#include "commands/rules.h"

namespace till {

const Aggregate& house_account_aggregate();

// For needs(): the customer and the account.
void need_account(std::string_view customer_id, std::vector<EntityRef>& out);

// Each adds its event to `accepted` and tells what is owed after it, or refuses: CUSTOMER_NOT_FOUND, ACCOUNT_NOT_FOUND,
// AMOUNT_INVALID, CURRENCY_UNKNOWN, CURRENCY_MISMATCH, and CREDIT_LIMIT or SETTLEMENT_EXCEEDS_BALANCE. A sale that is
// reversed settles what it charged.
Refusal charge_account(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                       std::int64_t& balance_after);
Refusal settle_account(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                       std::int64_t& balance_after);

// What the customer owes; 0 without an account.
std::int64_t account_balance(BooksReader& books, std::string_view customer_id);

// Books away all that the customer owes, where it is given up.
void forfeit_account(const Deciding& deciding, std::string_view customer_id, Acceptance& accepted);

}  // namespace till
