// What tills did while they were away: one entry after the other of the terminal's chain, each with one command. Facts
// are taken, since the goods are gone; what an online command would have been refused for becomes a consequence that
// somebody is told of. What makes no sense goes into quarantine, and holds up nothing after it. Goods that came back
// are facts as well: what the source sale had no more to give is paid for beside its ledger (sale_return.h, R1).
// Streams: offline_chain/<terminal>, offline_entry/<terminal>/<sequence>/<hash>; their states stand in
// offline_quarantine.h.
//
// The hashes themselves are checked above the rules: here they are names that must follow one another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& offline_aggregate();

// prev_hash of a terminal's first entry.
inline constexpr std::string_view kNoOfflineHash = "0000000000000000000000000000000000000000000000000000000000000000";

// "<terminal>/<sequence>/<hash>".
std::string offline_entry_id(std::string_view terminal_id, std::uint64_t client_seq, std::string_view hash);

}  // namespace till
