// Goods for goods: a return and a sale in one transaction, on one receipt with one terminal sequence. The returned
// goods pay for the new ones first, by a tender of type EXCHANGE; what is left over is refunded.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& exchange_aggregate();

}  // namespace till
