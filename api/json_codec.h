// JSON <-> Protobuf, driven by descriptors and the field options of schemas/options.proto.
//
// JSON names are the fields' json_name where one is given, else the field's name. 64-bit integers are JSON integers;
// Format says what else a number looks like; enums are the upper-case names of their values, the zero value has no
// form. `internal` and bytes fields have no JSON form: neither read nor written.
//
// Written: message members and `optional` scalars where present, repeated fields always, other scalars always.
// Thread safe. Tables of a message type are made at its first use; each thread keeps one bounded parse buffer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "api/field_error.h"
#include "schemas/commands.pb.h"

namespace till {

// Objects and arrays inside each other; deeper text is a syntax error.
inline constexpr std::size_t kJsonDepthMost = 16;

struct JsonSyntaxError {
  std::size_t offset = 0;  // bytes from the start of the text
  std::string detail;      // one sentence with the offset, for a problem's `detail`
};

// Reads `text` into the empty `message`. Returns the syntax error, if any; faults of fields go to `errors` (REQUIRED
// only for numbers, whose absence the message cannot show; validate_message() finds the rest).
[[nodiscard]] std::optional<JsonSyntaxError> decode_json(std::string_view text, google::protobuf::Message& message,
                                                         FieldErrors& errors);

// Appends the object.
void encode_json(const google::protobuf::Message& message, std::string& out);
std::string to_json(const google::protobuf::Message& message);

// Appends the members of `message` without braces, comma-separated; true where there was one.
bool encode_json_members(const google::protobuf::Message& message, std::string& out);

}  // namespace till
