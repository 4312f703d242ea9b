// Goods that come back without their receipt. Stream: return/<return_id>, as every return.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& unlinked_return_aggregate();

}  // namespace till
