#include "tests/random_message.h"

#include <limits>

#include "schemas/values.pb.h"

namespace till::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::string_view kIdCharacters = "ABCXYZabcxyz0123456789._-";
constexpr std::string_view kTexts[] = {
    "plain", "with \"quotes\" and \\ / slashes", "é ü ß", "日本語", "🛒 cart", "<tag> & 'more'"};

}  // namespace

std::string RandomMessages::text(const FieldPlan& field) {
  switch (field.rule) {
    case schema::CURRENCY:
      return coin() ? "USD" : "JPY";
    case schema::EMAIL:
      return "someone" + std::to_string(number(1, 99)) + "@example.org";
    case schema::URL:
      return "https://hooks.example.org/services/" + std::to_string(number(1, 99));
    case schema::PIN:
      return std::to_string(number(1000, 9999));
    case schema::ID: {
      std::string id;
      for (auto left = number(1, std::min<std::int64_t>(64, field.max_length)); left > 0; --left) {
        id.push_back(kIdCharacters[static_cast<std::size_t>(number(0, kIdCharacters.size() - 1))]);
      }
      return id;
    }
    default:
      return std::string(kTexts[number(0, std::size(kTexts) - 1)]);
  }
}

int RandomMessages::enumerator(const google::protobuf::FieldDescriptor& field) {
  const auto& values = *field.enum_type();
  return values.value(static_cast<int>(number(1, values.value_count() - 1)))->number();
}

void RandomMessages::put(Message& message, const FieldPlan& plan) {
  const Reflection& set = *message.GetReflection();
  const auto* field = plan.field;
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  switch (plan.kind) {
    case ValueKind::kMessage:
      if (!plan.repeated) return fill(*set.MutableMessage(&message, field));
      for (auto left = number(1, 4); left > 0; --left) fill(*set.AddMessage(&message, field));
      return;
    case ValueKind::kString:
      if (!plan.repeated) return set.SetString(&message, field, text(plan));
      for (auto left = number(1, 4); left > 0; --left) set.AddString(&message, field, text(plan));
      return;
    case ValueKind::kBool:
      return set.SetBool(&message, field, coin());
    case ValueKind::kEnum:
      if (!plan.repeated) return set.SetEnumValue(&message, field, enumerator(*field));
      for (auto left = number(1, 4); left > 0; --left) set.AddEnumValue(&message, field, enumerator(*field));
      return;
    case ValueKind::kInt32:
      return set.SetInt32(&message, field, static_cast<std::int32_t>(number(-9, 9)));
    case ValueKind::kUint32:
      return set.SetUInt32(&message, field, static_cast<std::uint32_t>(number(0, 0xFFFFFFFF)));
    case ValueKind::kInt64:
      return set.SetInt64(&message, field, number(kLow, kHigh));
    case ValueKind::kUint64:
      return set.SetUInt64(
          &message, field,
          coin() ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(number(1, kHigh)));
    case ValueKind::kDecimalE5:
      return set.SetInt64(&message, field, coin() ? number(kLow, kHigh) : number(-999, 999));
    case ValueKind::kTimestamp:
      return set.SetInt64(&message, field, number(1, 253'402'300'799'999'999));
    case ValueKind::kDate:
      return set.SetInt32(&message, field,
                          static_cast<std::int32_t>(number(1970, 9999) * 10'000 + number(1, 12) * 100 + number(1, 28)));
    case ValueKind::kNone:
      return;
  }
}

void RandomMessages::fill(Message& message) {
  const MessagePlan& plan = message_plan(message.GetDescriptor());
  for (const FieldPlan& field : plan.fields) {
    if (field.in_json() && (field.required || coin())) put(message, field);
  }
  if (plan.one_amount) {
    auto& price = static_cast<schema::UnitPrice&>(message);
    if (coin()) {
      price.clear_amount();
      price.set_amount_e4(number(0, 1'000'000));
    } else {
      price.clear_amount_e4();
      price.set_amount(number(0, 1'000'000));
    }
  }
}

}  // namespace till::testing
