// A server secret in a file of its own: random, made once, readable by its owner only. Not derivable from the log, so
// it is part of a backup.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till {

using Secret = std::array<std::uint8_t, 32>;

// Reads the secret at `path`, or makes one: durable under its name, mode 0600, before this returns. kCorrupt where the
// file has another size, kInvalid where group or others may read it. One process at a time (see DirectoryLock).
Result<Secret> load_or_create_secret(const std::string& path);

}  // namespace till
