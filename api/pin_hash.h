// PINs of employees on their way into the log: as argon2id, and only of a keyed hash, since a PIN alone is guessed
// within minutes by whoever holds its hash. Secret fields of commands end here.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "api/fingerprint.h"
#include "engine/result.h"

namespace till {

// Immutable; thread safe. Each call takes some 50 ms and 64 MiB, so it belongs on a worker.
class PinHasher {
 public:
  // `secret` is the server's: with another one no PIN is right any more.
  explicit PinHasher(const MasterSecret& secret);

  // In argon2's own text form, another one each time. kUnavailable where there is not enough memory.
  Result<std::string> hash(std::string_view tenant, std::string_view employee_id, std::string_view pin) const;
  // In constant time.
  bool matches(std::string_view tenant, std::string_view employee_id, std::string_view pin,
               const std::string& hash) const;

 private:
  std::string keyed(std::string_view tenant, std::string_view employee_id, std::string_view pin) const;

  MasterSecret secret_;
};

// Whether any field of the command's message is secret. Looks only at the descriptor, quick.
bool has_secret_fields(const google::protobuf::Descriptor& command);

// Clears the secret fields of `command` (one command message); where it has a field `pin_hash`, that is set first to
// the hash of its `pin`, which belongs to its `employee_id`. Errors as of PinHasher::hash().
Status use_up_secret_fields(const PinHasher& hasher, std::string_view tenant, google::protobuf::Message& command);

}  // namespace till
