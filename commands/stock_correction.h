// Documents that move single items: a level that is set, goods that go into quarantine or out of it, goods that go back
// to the vendor.
#pragma once

#include "commands/rules.h"

namespace till {

inline constexpr int kVendorReturnLinesMost = 400;

const Aggregate& stock_correction_aggregate();

}  // namespace till
