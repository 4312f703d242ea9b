// The end of a customer's personal data, and its handing out: the fifth file of the customer. The rules say that a
// customer is erased; projections/person_eraser destroys the key once that is durable.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& customer_erase_aggregate();

}  // namespace till
