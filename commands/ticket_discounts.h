// Discounts and coupons of a ticket. The third file of the ticket.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& ticket_discounts_aggregate();

}  // namespace till
