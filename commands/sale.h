// Finished sales. Stream: sale/<sale_id>. The till makes the identity: sale id, terminal and terminal sequence.
#pragma once

#include <cstdint>
#include <vector>

#include "commands/receipt.h"
#include "commands/rules.h"

namespace till {

const Aggregate& sale_aggregate();

// For needs(): all that decide_sale() looks at.
void need_sale(const schema::RingUpSale& command, std::vector<EntityRef>& out);

// What the receipt of the sale says beside its goods.
ReceiptHead head_of(const schema::RingUpSale& command);

// Only an exchange takes goods in payment. The lines of a ticket are at prices that were checked when they were made,
// and where something was paid on it before, its coupons are promised.
enum class SaleOrigin : std::uint8_t { kTill, kTicket, kPaidTicket, kExchange };

// The one place where a sale is decided.
Decision decide_sale(const schema::RingUpSale& command, const Deciding& deciding, SaleOrigin origin);

// For training: what the till's sale would come to, into the empty `sale`. Products, prices and money are checked as
// decide_sale() checks them, and nothing is booked.
Refusal price_as_sale(const schema::RingUpSale& command, const schema::StoreState& store, const Deciding& deciding,
                      schema::SaleCompleted& sale);

// The sale that a state holds, for the length of one decision.
const schema::SaleCompleted& sale_of(const schema::SaleState& state, const Deciding& deciding);

}  // namespace till
