// Tells whether two requests ask for the same: a keyed hash over the command as its client sent it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <google/protobuf/message.h>

#include "engine/vocabulary.h"
#include "schemas/commands.pb.h"

namespace till {

// The command as its client would have sent it: the member of the oneof.
const google::protobuf::Message& command_body(const schema::Command& command);

using MasterSecret = std::array<std::uint8_t, 32>;

// Immutable; thread safe. The hash is keyed since it covers personal fields in plain text and is stored in the log.
class Fingerprinter {
 public:
  using TenantKey = std::array<std::uint8_t, 32>;

  // `secret` is the server's, kept outside the log for ever: with another one a replay counts as another request.
  explicit Fingerprinter(const MasterSecret& secret);

  TenantKey key_for(std::string_view tenant) const;

  // Over a version byte, the command's name and the deterministic serialization of `command`, one command message (not
  // the oneof around it) whose internal fields are still empty and whose personal fields are in plain text.
  static Fingerprint of(const TenantKey& key, const google::protobuf::Message& command);

 private:
  MasterSecret secret_;
};

}  // namespace till
