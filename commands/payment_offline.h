// Card payments taken while the processor could not be reached. The shop bears the risk of their decline, within the
// limits of its store's policy.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& payment_offline_aggregate();

}  // namespace till
