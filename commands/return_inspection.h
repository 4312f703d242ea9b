// What somebody finds who looks at returned goods in quarantine. Streams: return/<return_id>, and the item's.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& return_inspection_aggregate();

}  // namespace till
