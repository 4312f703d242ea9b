// Bodies of commands and batches, in both wire forms, to checked till.schema.Command messages; and their answers back.
// JSON and Protobuf forms of the same request give equal messages, so that their fingerprints agree. Thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes.h"
#include "api/validation.h"
#include "schemas/commands.pb.h"
#include "schemas/errors.pb.h"

namespace till {

inline constexpr std::size_t kBatchCommandsMost = 1000;

// Form of a Content-Type value: application/json, or application/x-protobuf (also application/protobuf); an empty one
// is JSON. None of these: UNSUPPORTED_MEDIA_TYPE.
std::optional<WireForm> wire_form_of_content_type(std::string_view content_type);
// Form of the answer: Protobuf where Accept names it before any JSON, or is empty or */* and the request was Protobuf.
WireForm wire_form_of_accept(std::string_view accept, WireForm request);
// "application/json" or "application/x-protobuf".
std::string_view content_type_of(WireForm form);

// Exactly one of the two is set.
struct DecodedCommand {
  std::unique_ptr<schema::Command> command;
  std::optional<schema::Problem> problem;  // MALFORMED_BODY or VALIDATION_FAILED
};

// `match.route` is a command route. Path parameters go into the message; a body that names another value is refused.
DecodedCommand decode_command(const RouteMatch& match, WireForm form, std::string_view body, std::string_view instance);

// One meaning with `expected_version` in the body: puts the version of an If-Match header, "v17" in quotes, there.
// IF_MATCH_NOT_SUPPORTED for a command without that field; IF_MATCH_INVALID for what is no such tag, and where the body
// expects another version.
std::optional<schema::Problem> apply_if_match(const Route& route, std::string_view if_match, schema::Command& command,
                                              std::string_view instance);

// An empty command with the member of that message name set; null where no such command has a route.
std::unique_ptr<schema::Command> make_command(std::string_view command_name);

struct BatchEntry {
  std::string idempotency_key;
  std::string command;           // message name as sent
  const Route* route = nullptr;  // null where the command is not known
  DecodedCommand decoded;
};

struct DecodedBatch {
  std::vector<BatchEntry> items;           // in order, each by itself
  std::optional<schema::Problem> problem;  // of the request as a whole; then items is empty
};

// Pointers of an item's problem are relative to its `body`, as if it had been sent alone; faults of the item itself
// name its members ("/body", "/command").
DecodedBatch decode_batch(WireForm form, std::string_view body, std::string_view instance);

// One {"idempotency_key","command","body"} object, as in a line of `till apply`. Syntax errors are the entry's problem.
BatchEntry decode_batch_item(std::string_view json, std::string_view instance);

// Body of a command's 201: {"position":…, ids and sums} or serialized CommandAnswer.
std::string encode_answer(WireForm form, std::string_view position, const schema::Answer& answer);

struct BatchOutcome {
  unsigned status = 0;
  std::string body;  // in the same form as the whole: JSON text, or serialized CommandAnswer or Problem
};
// Body of a batch's 200.
std::string encode_batch(WireForm form, std::span<const BatchOutcome> outcomes);

}  // namespace till
