// Voids: a completed sale reversed as a whole while its terminal's business day lasts. Stream: sale/<sale_id>.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& sale_void_aggregate();

}  // namespace till
