// What a sale does to accounts of value, in its own transaction: gift cards that pay or are sold, store credit, house
// accounts, loyalty points that pay or are earned, payments recorded before; and what reversing the sale does to them.
#pragma once

#include "commands/rules.h"

namespace till {

// For needs().
void need_settlement(const schema::RingUpSale& command, std::vector<EntityRef>& out);

// Moves what the tenders of `sale` are taken from, activates or loads the cards that it sells, and lets its customer
// earn points where the tenant has a loyalty program in the sale's currency. Refused as the accounts refuse, at the
// tender or card; CUSTOMER_REQUIRED where a tender is of an account and the sale names no customer.
Refusal settle_sale(const Deciding& deciding, const schema::SaleCompleted& sale, Acceptance& accepted);

// Gives back what settle_sale() took and takes back what it gave.
Refusal unsettle_sale(const Deciding& deciding, const schema::SaleCompleted& sale, Acceptance& accepted);

}  // namespace till
