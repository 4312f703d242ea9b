// Finished sales. Stream: sale/<sale_id>. The till makes the identity: sale id, terminal and terminal sequence.
#pragma once

#include <vector>

#include "commands/receipt.h"
#include "commands/rules.h"

namespace till {

const Aggregate& sale_aggregate();

// For needs(): all that decide_sale() looks at.
void need_sale(const schema::RingUpSale& command, std::vector<EntityRef>& out);

// What the receipt of the sale says beside its goods.
ReceiptHead head_of(const schema::RingUpSale& command);

// The one place where a sale is decided: of a till, of a ticket that is completed, of an exchange, which alone takes
// goods in payment.
Decision decide_sale(const schema::RingUpSale& command, const Deciding& deciding, bool exchange = false);

// The sale that a state holds, for the length of one decision.
const schema::SaleCompleted& sale_of(const schema::SaleState& state, const Deciding& deciding);

}  // namespace till
