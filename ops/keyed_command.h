// A command with the key that makes it happen once, and its form as a line of `till apply`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/commands.pb.h"

namespace till {

struct KeyedCommand {
  std::string idempotency_key;
  schema::Command command;
};

using CommandSink = std::function<void(const KeyedCommand&)>;

// The message inside, for instance RingUpSale. The command must be set.
const google::protobuf::Message& body_of(const schema::Command& command);

// Appends {"idempotency_key":…,"command":…,"body":…} without a line end.
void append_batch_item(const KeyedCommand& keyed, std::string& out);

}  // namespace till
