#include "api/message_plan.h"

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "engine/result.h"
#include "schemas/values.pb.h"

namespace till {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

class PlanCache {
 public:
  const MessagePlan& get(const Descriptor* descriptor) {
    {
      std::shared_lock lock(mutex_);
      const auto found = plans_.find(descriptor);
      if (found != plans_.end()) return *found->second;
    }
    std::unique_lock lock(mutex_);
    return build(descriptor);
  }

 private:
  const MessagePlan& build(const Descriptor* descriptor);

  std::shared_mutex mutex_;
  std::unordered_map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_;
};

ValueKind kind_of(const FieldDescriptor* field, schema::Format format) {
  switch (format) {
    case schema::DECIMAL_E5:
      return ValueKind::kDecimalE5;
    case schema::TIMESTAMP_US:
      return ValueKind::kTimestamp;
    case schema::DATE:
      return ValueKind::kDate;
    default:
      break;
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return ValueKind::kBool;
    case FieldDescriptor::CPPTYPE_INT32:
      return ValueKind::kInt32;
    case FieldDescriptor::CPPTYPE_INT64:
      return ValueKind::kInt64;
    case FieldDescriptor::CPPTYPE_UINT32:
      return ValueKind::kUint32;
    case FieldDescriptor::CPPTYPE_UINT64:
      return ValueKind::kUint64;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ValueKind::kEnum;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ValueKind::kMessage;
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_STRING ? ValueKind::kString : ValueKind::kNone;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ValueKind::kNone;
  }
  return ValueKind::kNone;
}

bool is_number(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInt32:
    case ValueKind::kInt64:
    case ValueKind::kUint32:
    case ValueKind::kUint64:
    case ValueKind::kDecimalE5:
    case ValueKind::kTimestamp:
    case ValueKind::kDate:
      return true;
    case ValueKind::kNone:
    case ValueKind::kBool:
    case ValueKind::kString:
    case ValueKind::kEnum:
    case ValueKind::kMessage:
      return false;
  }
  return false;
}

FieldPlan plan_of(const FieldDescriptor* field) {
  const auto& options = field->options();
  const std::uint32_t max_length = options.GetExtension(schema::max_length);
  const std::uint32_t max_items = options.GetExtension(schema::max_items);
  FieldPlan plan;
  plan.field = field;
  plan.kind = kind_of(field, options.GetExtension(schema::format));
  plan.name = field->has_json_name() ? field->json_name() : field->name();
  plan.key = '"' + plan.name + "\":";
  plan.rule = options.GetExtension(schema::rule);
  plan.max_length = max_length != 0 ? max_length : kDefaultMaxLength;
  plan.max_items = max_items != 0 ? max_items : kDefaultMaxItems;
  plan.repeated = field->is_repeated();
  plan.optional = field->has_presence() && plan.kind != ValueKind::kMessage;
  plan.required = options.GetExtension(schema::required);
  plan.personal = options.GetExtension(schema::personal);
  plan.internal = options.GetExtension(schema::internal);
  // A sum of money is never implied, though its zero is a good value in Protobuf.
  const bool amount = field->containing_type() == schema::Money::descriptor() && plan.name == "amount";
  plan.required_in_json = amount || (plan.required && !plan.repeated && is_number(plan.kind));
  return plan;
}

const MessagePlan& PlanCache::build(const Descriptor* descriptor) {
  auto& slot = plans_[descriptor];
  if (slot) return *slot;
  slot = std::make_unique<MessagePlan>();
  MessagePlan& plan = *slot;
  plan.descriptor = descriptor;
  plan.reflection = google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->GetReflection();
  plan.one_amount = descriptor == schema::UnitPrice::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    plan.fields.push_back(plan_of(descriptor->field(i)));
    FieldPlan& field = plan.fields.back();
    field.reflection = plan.reflection;
    if (field.kind == ValueKind::kMessage) field.child = &build(field.field->message_type());
    if (!field.required_in_json) continue;
    TILL_ASSERT(static_cast<std::size_t>(i) < kFieldsReadMost);
    plan.required_in_json |= std::uint64_t{1} << i;
  }
  return plan;
}

}  // namespace

std::size_t MessagePlan::find(std::string_view json_name, std::size_t hint) const {
  // Clients mostly write members in the order of the declaration, and messages are small: no hashing needed.
  if (hint < fields.size() && fields[hint].name == json_name) return hint;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == json_name) return i;
  }
  return fields.size();
}

const MessagePlan& message_plan(const google::protobuf::Descriptor* descriptor) {
  // Never destroyed: threads may still encode while the process ends.
  static PlanCache& cache = *new PlanCache;
  return cache.get(descriptor);
}

}  // namespace till
