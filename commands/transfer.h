// Goods on their way from one store to another. Stream: transfer/<transfer_id>. A draft does nothing; shipped goods
// have left the source and are on hand nowhere until they are received, damaged or back.
//
// V5: shipped = received + damaged + cancelled + pending, for each line, always.
// V6: on hand of both stores and pending together change by damaged goods only.
//
// Goods travel with what they cost the source on average when they left: at that cost they arrive, come back, or are
// shrinkage where they were damaged. Goods whose cost the source did not know move at the average of where they arrive.
#pragma once

#include "commands/rules.h"

namespace till {

// A receipt takes at most two events a line.
inline constexpr int kTransferLinesMost = 400;

const Aggregate& transfer_aggregate();

}  // namespace till
