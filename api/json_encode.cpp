#include "api/json_codec.h"
#include "api/message_plan.h"
#include "api/wire_values.h"
#include "engine/json_writer.h"

namespace till {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool members(const Message& message, const MessagePlan& plan, std::string& out);

void object(const Message& message, const MessagePlan& plan, std::string& out) {
  out.push_back('{');
  members(message, plan, out);
  out.push_back('}');
}

template <class Append, class Value>
void quoted(Append append, Value value, std::string& out) {
  out.push_back('"');
  append(value, out);
  out.push_back('"');
}

void enumeration(const FieldPlan& plan, int number, std::string& out) {
  const auto* named = plan.field->enum_type()->FindValueByNumber(number);
  append_json_string(named != nullptr ? std::string_view(named->name()) : std::string_view("UNKNOWN"), out);
}

void singular(const Message& message, const Reflection& get, const FieldPlan& plan, std::string& out) {
  const FieldDescriptor* field = plan.field;
  std::string scratch;
  switch (plan.kind) {
    case ValueKind::kBool:
      out += get.GetBool(message, field) ? "true" : "false";
      break;
    case ValueKind::kInt32:
      append_json_number(std::int64_t{get.GetInt32(message, field)}, out);
      break;
    case ValueKind::kInt64:
      append_json_number(get.GetInt64(message, field), out);
      break;
    case ValueKind::kUint32:
      append_json_number(std::uint64_t{get.GetUInt32(message, field)}, out);
      break;
    case ValueKind::kUint64:
      append_json_number(get.GetUInt64(message, field), out);
      break;
    case ValueKind::kString:
      append_json_string(get.GetStringReference(message, field, &scratch), out);
      break;
    case ValueKind::kEnum:
      enumeration(plan, get.GetEnumValue(message, field), out);
      break;
    case ValueKind::kMessage:
      object(get.GetMessage(message, field), *plan.child, out);
      break;
    case ValueKind::kDecimalE5:
      quoted(append_decimal_e5, get.GetInt64(message, field), out);
      break;
    case ValueKind::kTimestamp:
      quoted(append_timestamp, get.GetInt64(message, field), out);
      break;
    case ValueKind::kDate:
      quoted(append_date, get.GetInt32(message, field), out);
      break;
    case ValueKind::kNone:
      out += "null";
      break;
  }
}

void item(const Message& message, const Reflection& get, const FieldPlan& plan, int i, std::string& out) {
  const FieldDescriptor* field = plan.field;
  std::string scratch;
  switch (plan.kind) {
    case ValueKind::kBool:
      out += get.GetRepeatedBool(message, field, i) ? "true" : "false";
      break;
    case ValueKind::kInt32:
      append_json_number(std::int64_t{get.GetRepeatedInt32(message, field, i)}, out);
      break;
    case ValueKind::kInt64:
      append_json_number(get.GetRepeatedInt64(message, field, i), out);
      break;
    case ValueKind::kUint32:
      append_json_number(std::uint64_t{get.GetRepeatedUInt32(message, field, i)}, out);
      break;
    case ValueKind::kUint64:
      append_json_number(get.GetRepeatedUInt64(message, field, i), out);
      break;
    case ValueKind::kString:
      append_json_string(get.GetRepeatedStringReference(message, field, i, &scratch), out);
      break;
    case ValueKind::kEnum:
      enumeration(plan, get.GetRepeatedEnumValue(message, field, i), out);
      break;
    case ValueKind::kMessage:
      object(get.GetRepeatedMessage(message, field, i), *plan.child, out);
      break;
    case ValueKind::kDecimalE5:
      quoted(append_decimal_e5, get.GetRepeatedInt64(message, field, i), out);
      break;
    case ValueKind::kTimestamp:
      quoted(append_timestamp, get.GetRepeatedInt64(message, field, i), out);
      break;
    case ValueKind::kDate:
      quoted(append_date, get.GetRepeatedInt32(message, field, i), out);
      break;
    case ValueKind::kNone:
      out += "null";
      break;
  }
}

bool is_written(const Message& message, const Reflection& get, const FieldPlan& plan) {
  if (!plan.in_json()) return false;
  if (plan.repeated) return true;
  if (plan.kind == ValueKind::kMessage || plan.optional) return get.HasField(message, plan.field);
  // Zero is the absence of these: no value of theirs has that form.
  if (plan.kind == ValueKind::kEnum) return get.GetEnumValue(message, plan.field) != 0;
  if (plan.kind == ValueKind::kDate) return get.GetInt32(message, plan.field) != 0;
  return true;
}

bool members(const Message& message, const MessagePlan& plan, std::string& out) {
  const Reflection& get = *plan.reflection;
  bool comma = false;
  for (const FieldPlan& field : plan.fields) {
    if (!is_written(message, get, field)) continue;
    if (comma) out.push_back(',');
    comma = true;
    out += field.key;
    if (!field.repeated) {
      singular(message, get, field, out);
      continue;
    }
    out.push_back('[');
    const int count = get.FieldSize(message, field.field);
    for (int i = 0; i < count; ++i) {
      if (i > 0) out.push_back(',');
      item(message, get, field, i, out);
    }
    out.push_back(']');
  }
  return comma;
}

}  // namespace

void encode_json(const Message& message, std::string& out) {
  object(message, message_plan(message.GetDescriptor()), out);
}

std::string to_json(const Message& message) {
  std::string text;
  encode_json(message, text);
  return text;
}

bool encode_json_members(const Message& message, std::string& out) {
  return members(message, message_plan(message.GetDescriptor()), out);
}

}  // namespace till
