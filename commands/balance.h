// What the accounts of value share: bounded amounts of one currency, and the business day that a movement counts for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/customer.h"
#include "commands/money.h"
#include "commands/rules.h"

namespace till {

// What one account may hold or owe.
inline constexpr std::int64_t kBalanceMost = kAmountMost;

// A movement on the account of a customer, inside any transaction. The pointer is that of the amount in the command.
struct CustomerMove {
  std::string_view customer_id;
  std::string_view movement_id;
  std::string_view store_id;
  std::string_view sale_id;  // empty: of no sale
  std::string_view reason;
  std::int64_t amount = 0;  // above zero
  std::string_view currency;
  std::string amount_pointer;
  std::int64_t expires_at_us = 0;  // of what is given; 0: never
};

// AMOUNT_INVALID unless 1 to kAmountMost, CURRENCY_UNKNOWN.
Refusal check_amount(std::int64_t amount, std::string_view currency, std::string_view pointer);

// CURRENCY_MISMATCH unless `stated` is the currency of the account.
Refusal check_currency(std::string_view stated, std::string_view of_account, std::string_view pointer);

// VALIDATION_FAILED at /expires_at where it does not lie in the future. 0: never.
Refusal check_expiry(std::int64_t expires_at_us, const Deciding& deciding);

void need_store(std::string_view store_id, std::vector<EntityRef>& out);

// STORE_NOT_FOUND at /store_id, or the store's business day of now in `accepted`.
Refusal take_business_date(const Deciding& deciding, std::string_view store_id, Acceptance& accepted);

}  // namespace till
