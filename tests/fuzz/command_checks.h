// What must hold of every command that a decoder let in, and of every problem that it refused one with. A broken
// property is a failed assertion, which the fuzzer reports with its input.
#pragma once

#include "api/command_codec.h"

namespace till::fuzz {

// Has a known code, the status of a client's fault, and a place for each field at fault; can be told as JSON.
void check_problem(const schema::Problem& problem);

// Exactly one of the two is there. A problem is a good one; a command comes back equal through the JSON and the
// Protobuf form of itself.
void check_decoded(const DecodedCommand& decoded);

// Decodes what a request with this first line and body would send, a command or a batch, and checks the outcome.
void check_request(WireForm form, std::string_view input);

}  // namespace till::fuzz
