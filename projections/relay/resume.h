// Where publishing goes on: decided from what the stream shows, what the log holds and the saved checkpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/follower.h"
#include "engine/result.h"
#include "projections/relay/message_id.h"
#include "projections/relay/relay_checkpoint.h"

namespace till {

// What a stream shows of its end.
struct StreamTail {
  struct Message {
    std::uint64_t sequence = 0;
    std::string id;  // empty where the message has none
    std::string body;
  };
  std::int64_t created_ns = 0;
  std::uint64_t last_sequence = 0;  // ever given; 0: nothing was ever published
  std::optional<Message> newest;    // of the messages still there
};

// The next event is the one after the first `skip` events of the transactions behind `after`; its message expects
// `last_sequence`.
struct PublishStart {
  Position after;
  std::uint32_t skip = 0;
  std::uint64_t last_sequence = 0;
};

// kHistoryMismatch: the stream holds messages that are not this log's; the sentence names them. Events recorded before
// `now` - `max_age` (0: no bound) are left out where the stream is filled anew.
Result<PublishStart> find_start(Feed& feed, const StreamTail& tail, const std::optional<RelayCheckpoint>& checkpoint,
                                std::chrono::seconds max_age, Micros now);

}  // namespace till
