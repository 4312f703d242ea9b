// The events in JetStream as a document for subscribers: AsyncAPI 3, made from the rules' tables and the descriptors.
// Deterministic: the same program gives the same bytes. Thread safe; callers keep the text, making it takes
// milliseconds.
#pragma once

#include <string>
#include <string_view>

namespace till {

// A channel and an operation for each event. Written from the side of a subscriber, who receives.
std::string asyncapi_json(std::string_view version);

}  // namespace till
