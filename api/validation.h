// The checks at the door that field options ask for, the same for both wire forms: required, rule, max_length,
// max_items, known enum values, no unknown or internal fields, and exactly one amount in a UnitPrice.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "api/field_error.h"
#include "schemas/options.pb.h"

namespace till {

enum class WireForm : std::uint8_t { kJson, kProtobuf };

// Adds a fault for each check that fails, with pointers by JSON names below `path`. A required number that is zero
// counts as missing in Protobuf only, and not where it is a signed decimal: JSON reports absence while decoding. Thread
// safe.
void validate_message(const google::protobuf::Message& message, WireForm form, FieldErrors& errors,
                      const FieldPath& path = {});

// Whether non-empty text keeps a rule of options.proto.
bool keeps_rule(schema::Rule rule, std::string_view text);

// Idempotency keys of clients: 1-255 printable ASCII characters. Asked at every door: header, batch, upload.
bool is_idempotency_key(std::string_view key);

// The key of a command that the server makes by itself, of at least two parts: what makes such commands, then what
// tells this one apart. Never a key of a client, who could otherwise use it up before its moment.
std::string own_key(std::initializer_list<std::string_view> parts);

// The key of an Idempotency-Key header, bare or quoted (with \" and \\ inside); empty where it is not valid.
std::string idempotency_key_of_header(std::string_view value);

}  // namespace till
