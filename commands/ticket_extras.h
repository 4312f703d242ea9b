// What stands on a ticket beside its lines: the customer, charges, the tip, a tax exemption. The fourth file of the
// ticket.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& ticket_extras_aggregate();

}  // namespace till
