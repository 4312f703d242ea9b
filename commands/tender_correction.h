// A sale that was paid with something else than was rung up, put right while its shift is open. The third file of the
// sale.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& tender_correction_aggregate();

// The sale with its tenders as they were corrected, for what takes it back.
schema::SaleCompleted with_corrections(const schema::SaleState& state, const schema::SaleCompleted& sale);

}  // namespace till
