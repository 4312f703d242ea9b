// What the codec, the validation and the documents need to know of a message type, read from its descriptor and field
// options once. Plans live as long as the process; the cache is thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "schemas/options.pb.h"

namespace till {

// The JSON form of one value of a field.
enum class ValueKind : std::uint8_t {
  kNone,  // bytes and the like: no JSON form
  kBool,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kString,
  kEnum,
  kMessage,
  kDecimalE5,
  kTimestamp,
  kDate,
};

struct MessagePlan;

struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  const google::protobuf::Reflection* reflection = nullptr;  // of the message around; asking it for one costs more
  ValueKind kind = ValueKind::kNone;
  std::string name;                    // JSON name
  std::string key;                     // "\"name\":"
  const MessagePlan* child = nullptr;  // of kMessage
  schema::Rule rule = schema::RULE_NONE;
  std::uint32_t max_length = 0;  // bytes
  std::uint32_t max_items = 0;
  bool repeated = false;
  bool optional = false;  // a scalar whose presence is tracked
  bool required = false;
  bool required_in_json = false;  // a number that has to be written out
  bool personal = false;
  bool internal = false;
  bool in_json() const { return kind != ValueKind::kNone && !internal; }
};

inline constexpr std::size_t kFieldsReadMost = 64;  // of a message that is read from JSON: the decoder's bit sets
inline constexpr std::uint32_t kDefaultMaxLength = 255;
inline constexpr std::uint32_t kDefaultMaxItems = 1000;

struct MessagePlan {
  const google::protobuf::Descriptor* descriptor = nullptr;
  const google::protobuf::Reflection* reflection = nullptr;
  std::vector<FieldPlan> fields;       // in the order of the declaration
  std::uint64_t required_in_json = 0;  // bit per field
  bool one_amount = false;             // exactly one of amount and amount_e4
  // Index of the JSON member, fields.size() where unknown. `hint` is where it is looked for first.
  std::size_t find(std::string_view json_name, std::size_t hint) const;
};

// Of a message type that the program was generated with; its messages are of the generated class.
const MessagePlan& message_plan(const google::protobuf::Descriptor* descriptor);

}  // namespace till
