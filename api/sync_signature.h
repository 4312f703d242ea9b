// T2: a terminal that has a key signs what it uploads of the time that it was away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/queries.h"

namespace till {

// Version 0 and no bytes where the terminal has none.
struct TerminalKey {
  std::uint32_t version = 0;
  std::string public_key;  // Ed25519
};

// As the read cache knows it, so that a key which was changed this moment may be missed: the rules hold the version
// against that of the books. Errors as of Queries::entity().
Result<TerminalKey> terminal_key(Queries& queries, std::string_view tenant, std::string_view terminal_id);

// Whether `signature` is that of the hash's 32 bytes by the key; both in lower-case hexadecimal.
bool is_signed_by(const TerminalKey& key, std::string_view hash, std::string_view signature);

}  // namespace till
