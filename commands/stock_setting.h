// What is set for one item: its own rule for stock below zero (V1: per tenant, store and SKU), its reorder point. Both
// lie on the item's own stream.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& stock_setting_aggregate();

}  // namespace till
