// A server secret in a file of its own: random, made once, readable by its owner only. Not derivable from the log, so
// it is part of a backup.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till {

using Secret = std::array<std::uint8_t, 32>;

// What opening a file does that is not there: a new one is right beside an empty log only. Beside an older log it would
// make sealed data and answers given before unreadable without a word.
enum class IfMissing : std::uint8_t { kMake, kRefuse };

// kNotFound: `path` is not there, and has to come from a backup.
Error missing(const std::string& path);

// Reads the secret at `path`, or makes one: durable under its name, mode 0600, before this returns. kNotFound where it
// is missing and not to be made, kCorrupt where the file has another size, kInvalid where group or others may read it.
// One process at a time (see DirectoryLock).
Result<Secret> open_secret(const std::string& path, IfMissing if_missing);

}  // namespace till
