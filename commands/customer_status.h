// What may be done with a customer: blocked or not, consents, legal holds. The third file of the customer.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& customer_status_aggregate();

}  // namespace till
