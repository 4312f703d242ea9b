// Finished sales. Stream: sale/<sale_id>. The till makes the identity: sale id, terminal and terminal sequence.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& sale_aggregate();

}  // namespace till
