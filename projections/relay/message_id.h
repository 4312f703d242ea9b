// The name of one event in the world, as the stream carries it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/vocabulary.h"

namespace till {

struct EventPlace {
  LogId log_id{};
  Epoch epoch;
  Position position;
  std::uint32_t index = 0;  // in the transaction, from 0
  friend bool operator==(const EventPlace&, const EventPlace&) = default;
};

// "<log id, 32 hex digits>.<epoch>.<position>.<index>": Nats-Msg-Id and ce-id.
std::string message_id(const EventPlace& place);
std::optional<EventPlace> parse_message_id(std::string_view text);

}  // namespace till
