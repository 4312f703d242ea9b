// Cash for an open sale: counted on its ticket until the sale is completed, when it goes into the drawer. P1 is kept
// here.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& payment_cash_aggregate();

}  // namespace till
