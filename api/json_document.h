// JSON text as a tree, parsed in place in a buffer of the thread. The only door to RapidJSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <rapidjson/document.h>

#include "api/field_error.h"
#include "api/json_codec.h"

namespace till {

using JsonValue = rapidjson::Value;

inline std::string_view text_of(const JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

// Numbers come as Int64, Uint64, or where they are no such integer, as a marker. True where a fraction or exponent was
// written; an integer beyond 64 bits is neither.
bool is_float_token(const JsonValue& value);

// One at a time in a thread; the tree lives as long as this. Keeps at most kJsonBufferKept bytes for the next one.
inline constexpr std::size_t kJsonBufferKept = 1u << 20;
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  [[nodiscard]] std::optional<JsonSyntaxError> parse(std::string_view text);
  // After parse() succeeded.
  const JsonValue& root() const { return *root_; }

 private:
  const JsonValue* root_ = nullptr;
};

// Reads an object into an empty message, as decode_json() does with the root.
void decode_json_value(const JsonValue& value, google::protobuf::Message& message, FieldErrors& errors,
                       const FieldPath& path = {});

}  // namespace till
