#include "api/validation.h"

#include <algorithm>

#include "api/message_plan.h"
#include "api/wire_values.h"
#include "commands/webhook_endpoint.h"
#include "engine/utf8.h"
#include "schemas/values.pb.h"

namespace till {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kIdempotencyKeyMost = 255;
// Not printable, so that it stands in no key that a client sends.
constexpr char kOwnKeySeparator = '\x1f';

class Validator {
 public:
  Validator(WireForm form, FieldErrors& errors) : form_(form), errors_(errors) {}

  void message(const Message& value, const MessagePlan& plan, const FieldPath& path) {
    const Reflection& get = *plan.reflection;
    // The JSON decoder has refused unknown members already.
    if (form_ == WireForm::kProtobuf && !get.GetUnknownFields(value).empty())
      errors_.add(path, field_code::kUnknownField);
    for (const FieldPlan& field : plan.fields) {
      if (errors_.full()) return;
      const FieldPath place(&path, field.name);
      if (field.internal) {
        if (is_present(value, get, field)) errors_.add(place, field_code::kUnknownField);
      } else if (field.repeated) {
        list(value, get, field, place);
      } else {
        one(value, get, field, place);
      }
    }
    if (plan.one_amount) amounts(static_cast<const schema::UnitPrice&>(value), path);
  }

 private:
  static bool is_present(const Message& value, const Reflection& get, const FieldPlan& field) {
    return field.repeated ? get.FieldSize(value, field.field) > 0 : get.HasField(value, field.field);
  }

  void amounts(const schema::UnitPrice& price, const FieldPath& path) {
    if (!price.has_amount() && !price.has_amount_e4()) errors_.add(FieldPath(&path, "amount"), field_code::kRequired);
    if (price.has_amount() && price.has_amount_e4()) errors_.add(path, field_code::kExactlyOneRequired);
  }

  void list(const Message& value, const Reflection& get, const FieldPlan& plan, const FieldPath& path) {
    const auto count = static_cast<std::size_t>(get.FieldSize(value, plan.field));
    if (count == 0 && plan.required) errors_.add(path, field_code::kRequired);
    if (count > plan.max_items) return errors_.add(path, field_code::kTooManyItems);
    std::string scratch;
    for (std::size_t i = 0; i < count && !errors_.full(); ++i) {
      const FieldPath place(&path, i);
      const int index = static_cast<int>(i);
      if (plan.kind == ValueKind::kMessage) {
        message(get.GetRepeatedMessage(value, plan.field, index), *plan.child, place);
      } else if (plan.kind == ValueKind::kString) {
        text(get.GetRepeatedStringReference(value, plan.field, index, &scratch), plan, place);
      } else if (plan.kind == ValueKind::kEnum) {
        enumeration(get.GetRepeatedEnumValue(value, plan.field, index), plan, place);
      }
    }
  }

  void one(const Message& value, const Reflection& get, const FieldPlan& plan, const FieldPath& path) {
    std::string scratch;
    if (plan.kind == ValueKind::kString && !plan.optional) {
      const std::string& content = get.GetStringReference(value, plan.field, &scratch);
      if (!content.empty()) return text(content, plan, path);
      if (plan.required) errors_.add(path, field_code::kRequired);
      return;
    }
    if (!plan.required && is_unchecked(plan.kind)) return;
    if (!get.HasField(value, plan.field)) {
      if (is_missing(plan)) errors_.add(path, field_code::kRequired);
      return;
    }
    switch (plan.kind) {
      case ValueKind::kMessage:
        return message(get.GetMessage(value, plan.field), *plan.child, path);
      case ValueKind::kString:
        return text(get.GetStringReference(value, plan.field, &scratch), plan, path);
      case ValueKind::kTimestamp:
        if (!is_timestamp(get.GetInt64(value, plan.field))) errors_.add(path, field_code::kOutOfRange);
        return;
      case ValueKind::kDate:
        if (!is_date(get.GetInt32(value, plan.field))) errors_.add(path, field_code::kOutOfRange);
        return;
      case ValueKind::kEnum:
        return enumeration(get.GetEnumValue(value, plan.field), plan, path);
      case ValueKind::kNone:
      case ValueKind::kBool:
      case ValueKind::kInt32:
      case ValueKind::kInt64:
      case ValueKind::kUint32:
      case ValueKind::kUint64:
      case ValueKind::kDecimalE5:
        return;
    }
  }

  // Kinds of which every stored value is good.
  static bool is_unchecked(ValueKind kind) {
    switch (kind) {
      case ValueKind::kNone:
      case ValueKind::kBool:
      case ValueKind::kInt32:
      case ValueKind::kInt64:
      case ValueKind::kUint32:
      case ValueKind::kUint64:
      case ValueKind::kDecimalE5:
        return true;
      case ValueKind::kString:
      case ValueKind::kEnum:
      case ValueKind::kMessage:
      case ValueKind::kTimestamp:
      case ValueKind::kDate:
        return false;
    }
    return false;
  }

  // Of a field that has its default value, which HasField() does not tell from absence.
  bool is_missing(const FieldPlan& plan) const {
    if (!plan.required) return false;
    const bool number = plan.required_in_json;
    if (!number || plan.optional) return true;
    return form_ == WireForm::kProtobuf && plan.kind != ValueKind::kDecimalE5;
  }

  void enumeration(int number, const FieldPlan& plan, const FieldPath& path) {
    if (number == 0 || plan.field->enum_type()->FindValueByNumber(number) == nullptr) {
      errors_.add(path, field_code::kInvalidValue);
    }
  }

  void text(const std::string& value, const FieldPlan& plan, const FieldPath& path) {
    if (value.size() > plan.max_length) return errors_.add(path, field_code::kTooLong);
    if (value.empty() && !plan.repeated) return;
    if (!keeps_rule(plan.rule, value)) errors_.add(path, field_code::kInvalidFormat);
  }

  const WireForm form_;
  FieldErrors& errors_;
};

}  // namespace

void validate_message(const Message& message, WireForm form, FieldErrors& errors, const FieldPath& path) {
  Validator(form, errors).message(message, message_plan(message.GetDescriptor()), path);
}

bool keeps_rule(schema::Rule rule, std::string_view text) {
  switch (rule) {
    case schema::ID:
      return is_id(text);
    case schema::TENANT_ID:
      return is_tenant_id(text);
    case schema::CURRENCY:
      return is_currency_shape(text);
    case schema::TEXT:
      return is_text(text);
    case schema::EMAIL:
      return is_email(text);
    case schema::LABEL:
      return is_label(text);
    case schema::PIN:
      return is_pin(text);
    case schema::URL:
      return is_webhook_url(text);
    default:
      return is_utf8(text);
  }
}

bool is_idempotency_key(std::string_view key) {
  return !key.empty() && key.size() <= kIdempotencyKeyMost &&
         std::ranges::all_of(key, [](char c) { return c >= 0x20 && c <= 0x7E; });
}

std::string own_key(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) {
    if (!key.empty()) key.push_back(kOwnKeySeparator);
    key.append(part);
  }
  return key;
}

std::string idempotency_key_of_header(std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  std::string key;
  if (!value.starts_with('"')) {
    key = value;
  } else {
    if (value.size() < 2 || !value.ends_with('"')) return {};
    value = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '"') return {};
      if (value[i] == '\\' && (++i == value.size() || (value[i] != '"' && value[i] != '\\'))) return {};
      key.push_back(value[i]);
    }
  }
  return is_idempotency_key(key) ? key : std::string();
}

}  // namespace till
