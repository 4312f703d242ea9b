// Finished sales. Stream: sale/<sale_id>. The till makes the identity: sale id, terminal and terminal sequence.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& sale_aggregate();

// The sale that a state holds, for the length of one decision.
const schema::SaleCompleted& sale_of(const schema::SaleState& state, const Deciding& deciding);

}  // namespace till
