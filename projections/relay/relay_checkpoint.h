// How far the stream was known to reach, kept beside the log: needed only where the stream has lost all its messages to
// age or a purge and so cannot say itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/result.h"
#include "projections/relay/message_id.h"

namespace till {

struct RelayCheckpoint {
  EventPlace event;                    // it and all before it are in the stream,
  std::uint64_t sequence = 0;          // at this sequence or below
  std::int64_t stream_created_ns = 0;  // tells a stream from a later one of the same name
};

// Replaces `<directory>/relay.checkpoint` atomically.
Status save_checkpoint(const std::string& directory, const RelayCheckpoint& checkpoint);

// Nothing where there is none or where it is damaged: the stream then is the only witness.
std::optional<RelayCheckpoint> load_checkpoint(const std::string& directory);

}  // namespace till
