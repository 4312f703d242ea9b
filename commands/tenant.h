// A tenant and its API keys. Streams: tenant/<tenant>, api_key/<key_id>. Keys are known by their hash only.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& tenant_aggregate();

// TENANT_SUSPENDED, or TENANT_DELETED where it was deleted. For every command but the operator's: one look at
// an entity that is always in memory, since every command looks at it. Reads go on.
Refusal check_not_suspended(const DecideContext& context, BooksReader& books);

}  // namespace till
