// Customers. Stream: customer/<customer_id>. Personal fields arrive sealed; nothing here reads them.
#pragma once

#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& customer_aggregate();

// For needs().
void need_customer(std::string_view customer_id, std::vector<EntityRef>& out);

const schema::CustomerState* find_customer(const Deciding& deciding, std::string_view customer_id);

// CUSTOMER_NOT_FOUND where `customer` is null, CUSTOMER_ERASED where it was erased, both at `pointer`.
Refusal check_customer(const schema::CustomerState* customer, std::string_view customer_id,
                       std::string_view pointer = "/customer_id");

// The same of the customer of that id, at /customer_id.
Refusal check_customer(const Deciding& deciding, std::string_view customer_id);

// The customer whom a sale or a payment from an account names: also CUSTOMER_BLOCKED, where the one that it was merged
// into is blocked too. One merged into another may go on buying under the old id.
Refusal check_buyer(const Deciding& deciding, std::string_view customer_id);

// The customer's group, of one merged into another that of the other; empty where there is none. It lives as long as
// the books.
std::string_view customer_group(const Deciding& deciding, std::string_view customer_id);

// CUSTOMER_MERGED where `customer` is merged into another.
Refusal check_not_merged(const schema::CustomerState& customer);

// Every event of a customer's stream counts: its version is that of the stream.
inline void count_change(schema::CustomerState& state) {
  state.set_version(state.version() + 1);
}

// The answer with the customer's id and the version that the command leads to.
schema::Answer& set_customer_answer(Acceptance& acceptance, const Deciding& deciding,
                                    const schema::CustomerState& before);

}  // namespace till
