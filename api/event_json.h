// An event as those outside see it: JSON in the form of the API, by the names of schemas/events.proto.
#pragma once

#include <cstdint>
#include <string>

#include <google/protobuf/message.h>

namespace till {

// Appends the member of a whole till.schema.Event that its type says, as one object without a line break. What is bytes
// has no form and is left out: sealed personal data, hashes of secrets, fingerprints. Thread safe.
void append_event_json(const google::protobuf::Message& event, std::uint32_t type, std::string& out);

}  // namespace till
