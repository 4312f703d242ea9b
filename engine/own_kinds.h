// Kinds of the entities that the engine keeps for itself among those of the domain.
#pragma once

#include "engine/vocabulary.h"
#include "schemas/state.pb.h"

namespace till {

// The register: one entity for each idempotency key that was accepted.
inline constexpr EntityKind kCommandKey{schema::COMMAND_KEY};
// Sequence and hash of a tenant's last record; the id is empty.
inline constexpr EntityKind kTenantChain{schema::TENANT_CHAIN};
// The same of a terminal's last record.
inline constexpr EntityKind kTerminalChain{schema::TERMINAL_CHAIN};

}  // namespace till
