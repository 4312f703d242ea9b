// What is known of offline entries, and what becomes of those in quarantine. The states of offline.h.
#pragma once

#include <cstddef>

#include "commands/rules.h"

namespace till {

const Aggregate& offline_quarantine_aggregate();

// Open entries that a terminal's chain lists; earlier ones are found by sequence and hash alone.
inline constexpr int kQuarantinedListedMost = 50;

// Bytes of a payload that is kept with its entry, whose door is 64 KiB.
inline constexpr std::size_t kOfflinePayloadKeptMost = 48 * 1024;

}  // namespace till
