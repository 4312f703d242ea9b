// JetStream's answer to a published message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace till {

struct PublishAck {
  bool valid = false;          // the text was an answer
  std::uint64_t sequence = 0;  // 0 on an error
  std::string error;           // the server's description; empty where the message is in the stream
};

// Reads {"stream":..,"seq":..} or {"error":{..,"description":..},..}; members not known are skipped.
PublishAck parse_publish_ack(std::string_view json);

}  // namespace till
