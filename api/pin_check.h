// PINs that a command gives, checked before the command is sequenced: the rules learn only whether it was right, and
// against which PIN.
#pragma once

#include <string_view>

#include "api/pin_hash.h"
#include "api/queries.h"
#include "engine/result.h"
#include "schemas/commands.pb.h"

namespace till {

// Fills `pin_check` of a command that carries a PIN; nothing to do for others. The employee is looked up in the read
// cache; a PIN that was changed since is noticed when the command is decided. Some 50 ms: on a worker. kUnavailable
// where the read cache does not answer.
Status check_pin(const PinHasher& hasher, Queries& queries, std::string_view tenant, schema::Command& command);

}  // namespace till
