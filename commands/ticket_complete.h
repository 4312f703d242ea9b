// Completing a ticket. The fifth file of the ticket: it makes the message that a till would have sent of the same sale
// and lets sale.h decide it.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& ticket_complete_aggregate();

}  // namespace till
