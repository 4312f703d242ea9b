#include <string>
#include <utility>

#include "api/json_codec.h"
#include "api/json_document.h"
#include "api/message_plan.h"
#include "api/wire_values.h"
#include "engine/result.h"

namespace till {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// Names longer than this are not echoed; the fault then points to the object around them.
constexpr std::size_t kNameEchoedMost = 255;

// Calls `set` or `add` of Reflection, as the field is singular or repeated.
template <class Set, class Add, class Value>
void put(Message& message, const FieldPlan& plan, Set set, Add add, Value&& value) {
  const Reflection& reflection = *plan.reflection;
  if (plan.repeated) {
    (reflection.*add)(&message, plan.field, std::forward<Value>(value));
  } else {
    (reflection.*set)(&message, plan.field, std::forward<Value>(value));
  }
}

class Decoder {
 public:
  explicit Decoder(FieldErrors& errors) : errors_(errors) {}

  void object(const JsonValue& value, const MessagePlan& plan, Message& message, const FieldPath& path) {
    if (!value.IsObject()) return errors_.add(path, field_code::kWrongType);
    TILL_ASSERT(plan.fields.size() <= kFieldsReadMost);
    std::uint64_t seen = 0;
    std::size_t hint = 0;
    for (const auto& member : value.GetObject()) {
      if (errors_.full()) return;
      const std::string_view name = text_of(member.name);
      const std::size_t index = plan.find(name, hint);
      const FieldPath place(&path, name);
      if (index == plan.fields.size() || !plan.fields[index].in_json()) {
        errors_.add(name.size() <= kNameEchoedMost ? place : path, field_code::kUnknownField);
        continue;
      }
      hint = index + 1;
      const std::uint64_t bit = std::uint64_t{1} << index;
      if ((seen & bit) != 0) {
        errors_.add(place, field_code::kDuplicateField);
        continue;
      }
      seen |= bit;
      field(member.value, plan.fields[index], message, place);
    }
    report_missing(plan, plan.required_in_json & ~seen, path);
  }

 private:
  void report_missing(const MessagePlan& plan, std::uint64_t missing, const FieldPath& path) {
    for (std::size_t i = 0; missing != 0; ++i, missing >>= 1) {
      if ((missing & 1) != 0) errors_.add(FieldPath(&path, plan.fields[i].name), field_code::kRequired);
    }
  }

  void field(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    if (!plan.repeated) return one(value, plan, message, path);
    if (!value.IsArray()) return errors_.add(path, field_code::kWrongType);
    if (value.Size() > plan.max_items) return errors_.add(path, field_code::kTooManyItems);
    for (rapidjson::SizeType i = 0; i < value.Size() && !errors_.full(); ++i) {
      one(value[i], plan, message, FieldPath(&path, std::size_t{i}));
    }
  }

  void one(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    switch (plan.kind) {
      case ValueKind::kMessage:
        return nested(value, plan, message, path);
      case ValueKind::kString:
        if (!value.IsString()) return errors_.add(path, field_code::kWrongType);
        return put(message, plan, &Reflection::SetString, &Reflection::AddString, std::string(text_of(value)));
      case ValueKind::kBool:
        if (!value.IsBool()) return errors_.add(path, field_code::kWrongType);
        return put(message, plan, &Reflection::SetBool, &Reflection::AddBool, value.GetBool());
      case ValueKind::kEnum:
        return enumeration(value, plan, message, path);
      case ValueKind::kInt32:
      case ValueKind::kInt64:
      case ValueKind::kUint32:
      case ValueKind::kUint64:
        return integer(value, plan, message, path);
      case ValueKind::kDecimalE5:
      case ValueKind::kTimestamp:
      case ValueKind::kDate:
        return formatted(value, plan, message, path);
      case ValueKind::kNone:
        return errors_.add(path, field_code::kUnknownField);
    }
  }

  void nested(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    // A wrong item still takes its place in the list, so that the indices of later faults are right.
    if (!plan.repeated && !value.IsObject()) return errors_.add(path, field_code::kWrongType);
    const Reflection& reflection = *plan.reflection;
    Message* child =
        plan.repeated ? reflection.AddMessage(&message, plan.field) : reflection.MutableMessage(&message, plan.field);
    object(value, *plan.child, *child, path);
  }

  void enumeration(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    if (!value.IsString()) return errors_.add(path, field_code::kWrongType);
    const auto* named = plan.field->enum_type()->FindValueByName(std::string(text_of(value)));
    if (named == nullptr || named->number() == 0) return errors_.add(path, field_code::kInvalidValue);
    put(message, plan, &Reflection::SetEnum, &Reflection::AddEnum, named);
  }

  void integer(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    if (!value.IsNumber()) return errors_.add(path, field_code::kWrongType);
    if (is_float_token(value)) return errors_.add(path, field_code::kFloatNotAllowed);
    if (plan.kind == ValueKind::kInt64 && value.IsInt64())
      return put(message, plan, &Reflection::SetInt64, &Reflection::AddInt64, value.GetInt64());
    if (plan.kind == ValueKind::kUint64 && value.IsUint64())
      return put(message, plan, &Reflection::SetUInt64, &Reflection::AddUInt64, value.GetUint64());
    if (plan.kind == ValueKind::kInt32 && value.IsInt())
      return put(message, plan, &Reflection::SetInt32, &Reflection::AddInt32, value.GetInt());
    if (plan.kind == ValueKind::kUint32 && value.IsUint())
      return put(message, plan, &Reflection::SetUInt32, &Reflection::AddUInt32, value.GetUint());
    errors_.add(path, field_code::kOutOfRange);
  }

  void formatted(const JsonValue& value, const FieldPlan& plan, Message& message, const FieldPath& path) {
    if (is_float_token(value)) return errors_.add(path, field_code::kFloatNotAllowed);
    if (!value.IsString()) return errors_.add(path, field_code::kWrongType);
    if (plan.kind == ValueKind::kDate) {
      std::int32_t date = 0;
      if (accepted(parse_date(text_of(value), date), path))
        put(message, plan, &Reflection::SetInt32, &Reflection::AddInt32, date);
      return;
    }
    std::int64_t number = 0;
    const ParseFault fault = plan.kind == ValueKind::kDecimalE5 ? parse_decimal_e5(text_of(value), number)
                                                                : parse_timestamp(text_of(value), number);
    if (accepted(fault, path)) put(message, plan, &Reflection::SetInt64, &Reflection::AddInt64, number);
  }

  bool accepted(ParseFault fault, const FieldPath& path) {
    switch (fault) {
      case ParseFault::kNone:
        return true;
      case ParseFault::kFormat:
        errors_.add(path, field_code::kInvalidFormat);
        break;
      case ParseFault::kTooManyDecimals:
        errors_.add(path, field_code::kTooManyDecimals);
        break;
      case ParseFault::kRange:
        errors_.add(path, field_code::kOutOfRange);
        break;
    }
    return false;
  }

  FieldErrors& errors_;
};

}  // namespace

void decode_json_value(const JsonValue& value, Message& message, FieldErrors& errors, const FieldPath& path) {
  Decoder(errors).object(value, message_plan(message.GetDescriptor()), message, path);
}

std::optional<JsonSyntaxError> decode_json(std::string_view text, Message& message, FieldErrors& errors) {
  JsonDocument document;
  if (auto error = document.parse(text)) return error;
  decode_json_value(document.root(), message, errors);
  return std::nullopt;
}

}  // namespace till
