// A tenant and its API keys. Streams: tenant/<tenant>, api_key/<key_id>. Keys are known by their hash only.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& tenant_aggregate();

}  // namespace till
