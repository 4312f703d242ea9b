// Articles made of others: what one piece takes (stream: kit/<sku>), and the making and taking apart in a store, which
// moves the kit's item and those of its components in one transaction.
#pragma once

#include "commands/rules.h"

namespace till {

inline constexpr int kKitComponentsMost = 50;

const Aggregate& kit_aggregate();

}  // namespace till
