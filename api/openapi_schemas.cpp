#include "api/openapi_schemas.h"

#include <algorithm>
#include <utility>

namespace till {
namespace {

constexpr std::string_view kIdPattern = "^[A-Za-z0-9._-]{1,64}$";
constexpr std::string_view kTenantPattern = "^[a-z0-9-]{1,32}$";
constexpr std::string_view kCurrencyPattern = "^[A-Z]{3}$";
constexpr std::string_view kLabelPattern = "^\\S(.*\\S)?$";
constexpr std::string_view kPinPattern = "^[0-9]{4,12}$";
constexpr std::string_view kDecimalPattern = "^-?(0|[1-9][0-9]*)(\\.[0-9]{1,5})?$";
constexpr std::uint64_t kIdMost = 64;

std::string example_id(std::string name) {
  if (name.ends_with("_id")) name.resize(name.size() - 3);
  std::ranges::replace(name, '_', '-');
  return name + "-1";
}

void write_integer(JsonWriter& json, std::string_view format, bool is_unsigned) {
  json.member("type", "integer").member("format", format);
  if (is_unsigned) json.key("minimum").number(std::uint64_t{0});
}

void write_value(JsonWriter& json, const FieldPlan& field, SchemaUse use) {
  if (field.kind == ValueKind::kString && use == SchemaUse::kRequest) {
    return write_text_schema(json, field.rule, field.max_length, field.required, field.name);
  }
  json.begin_object();
  switch (field.kind) {
    case ValueKind::kBool:
      json.member("type", "boolean");
      break;
    case ValueKind::kInt32:
      write_integer(json, "int32", false);
      break;
    case ValueKind::kInt64:
      write_integer(json, "int64", false);
      break;
    case ValueKind::kUint32:
      write_integer(json, "uint32", true);
      break;
    case ValueKind::kUint64:
      write_integer(json, "uint64", true);
      break;
    case ValueKind::kString:
      json.member("type", "string");
      break;
    case ValueKind::kEnum:
      json.member("type", "string").array("enum");
      for (const std::string& name : enum_names(field)) json.string(name);
      json.end_array();
      break;
    case ValueKind::kMessage:
      json.member("$ref", schema_reference(field.child->descriptor));
      break;
    case ValueKind::kDecimalE5:
      json.member("type", "string").member("pattern", kDecimalPattern).array("examples").string("1.5").end_array();
      break;
    case ValueKind::kTimestamp:
      json.member("type", "string").member("format", "date-time");
      json.array("examples").string("2026-11-23T09:30:00Z").end_array();
      break;
    case ValueKind::kDate:
      json.member("type", "string").member("format", "date").array("examples").string("2026-11-23").end_array();
      break;
    case ValueKind::kNone:
      break;
  }
  json.end_object();
}

void write_field(JsonWriter& json, const FieldPlan& field, SchemaUse use) {
  json.key(field.name);
  if (!field.repeated) return write_value(json, field, use);
  json.begin_object().member("type", "array").key("items");
  write_value(json, field, use);
  if (use == SchemaUse::kRequest) {
    if (field.required) json.key("minItems").number(std::uint64_t{1});
    json.key("maxItems").number(std::uint64_t{field.max_items});
  }
  json.end_object();
}

bool is_always_written(const FieldPlan& field) {
  if (field.repeated) return true;
  return !field.optional && field.kind != ValueKind::kMessage && field.kind != ValueKind::kEnum &&
         field.kind != ValueKind::kDate;
}

}  // namespace

std::string schema_name(const google::protobuf::Descriptor* descriptor) {
  const std::string& package = descriptor->file()->package();
  return descriptor->full_name().substr(package.empty() ? 0 : package.size() + 1);
}

std::string schema_reference(const google::protobuf::Descriptor* descriptor) {
  return "#/components/schemas/" + schema_name(descriptor);
}

bool is_required_of_client(const FieldPlan& field) {
  return field.required || field.required_in_json;
}

std::vector<std::string> enum_names(const FieldPlan& field) {
  std::vector<std::string> names;
  const auto* type = field.field->enum_type();
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) names.push_back(type->value(i)->name());
  }
  return names;
}

std::string type_label(const FieldPlan& field) {
  std::string label = field.repeated ? "list of at most " + std::to_string(field.max_items) + ": " : "";
  switch (field.kind) {
    case ValueKind::kBool:
      return label + "boolean";
    case ValueKind::kInt32:
    case ValueKind::kInt64:
      return label + "integer";
    case ValueKind::kUint32:
    case ValueKind::kUint64:
      return label + "integer, not negative";
    case ValueKind::kEnum:
      for (const std::string& name : enum_names(field)) {
        label += name;
        label += " ";
      }
      label.pop_back();
      return label;
    case ValueKind::kMessage:
      return label + schema_name(field.child->descriptor);
    case ValueKind::kDecimalE5:
      return label + "decimal string, at most 5 decimals";
    case ValueKind::kTimestamp:
      return label + "RFC 3339 time";
    case ValueKind::kDate:
      return label + "date YYYY-MM-DD";
    case ValueKind::kNone:
      return label + "bytes";
    case ValueKind::kString:
      break;
  }
  switch (field.rule) {
    case schema::ID:
      return label + "id: 1-64 of A-Z a-z 0-9 . _ -";
    case schema::TENANT_ID:
      return label + "tenant id: 1-32 of a-z 0-9 -";
    case schema::CURRENCY:
      return label + "ISO 4217 code";
    case schema::EMAIL:
      return label + "mail address";
    case schema::PIN:
      return label + "PIN: 4-12 digits";
    case schema::URL:
      return label + "URL of http or https, at most " + std::to_string(field.max_length) + " bytes";
    case schema::LABEL:
      return label + "text without outer white space, at most " + std::to_string(field.max_length) + " bytes";
    default:
      return label + "text, at most " + std::to_string(field.max_length) + " bytes";
  }
}

void write_text_schema(JsonWriter& json, schema::Rule rule, std::uint32_t max_length, bool required,
                       const std::string& name) {
  std::uint64_t length = max_length;
  json.begin_object().member("type", "string");
  const auto example = [&](std::string_view text) { json.array("examples").string(text).end_array(); };
  switch (rule) {
    case schema::ID:
      length = std::min(length, kIdMost);
      json.member("pattern", kIdPattern);
      example(example_id(name));
      break;
    case schema::TENANT_ID:
      json.member("pattern", kTenantPattern);
      example("acme");
      break;
    case schema::CURRENCY:
      length = 3;
      json.member("pattern", kCurrencyPattern);
      example("USD");
      break;
    case schema::EMAIL:
      json.member("format", "email");
      break;
    case schema::LABEL:
      json.member("pattern", kLabelPattern);
      break;
    case schema::PIN:
      length = 12;
      json.member("pattern", kPinPattern);
      example("4711");
      break;
    case schema::URL:
      json.member("format", "uri");
      break;
    default:
      break;
  }
  if (required) json.key("minLength").number(std::uint64_t{1});
  json.key("maxLength").number(length).end_object();
}

void SchemaCollector::add(const google::protobuf::Descriptor* descriptor, SchemaUse use,
                          std::set<std::string> given_by_path) {
  const MessagePlan& plan = message_plan(descriptor);
  if (!known_.insert(&plan).second) return;
  components_.push_back({&plan, use, std::move(given_by_path)});
  for (const FieldPlan& field : plan.fields) {
    if (field.child != nullptr && field.in_json()) add(field.child->descriptor, use);
  }
}

void SchemaCollector::write(JsonWriter& json) const {
  for (const Component& component : components_) {
    json.key(schema_name(component.plan->descriptor));
    write_component(json, component);
  }
}

std::vector<const MessagePlan*> SchemaCollector::plans() const {
  std::vector<const MessagePlan*> plans;
  for (const Component& component : components_) plans.push_back(component.plan);
  return plans;
}

void SchemaCollector::write_component(JsonWriter& json, const Component& component) {
  const bool request = component.use == SchemaUse::kRequest;
  json.begin_object().member("type", "object");
  json.object("properties");
  for (const FieldPlan& field : component.plan->fields) {
    if (field.in_json()) write_field(json, field, component.use);
  }
  json.end_object();
  std::vector<std::string_view> required;
  for (const FieldPlan& field : component.plan->fields) {
    if (!field.in_json() || component.given_by_path.contains(field.name)) continue;
    if (request ? is_required_of_client(field) : is_always_written(field)) required.push_back(field.name);
  }
  if (!required.empty()) {
    json.array("required");
    for (const std::string_view name : required) json.string(name);
    json.end_array();
  }
  if (component.plan->one_amount) {
    json.array("oneOf");
    for (const std::string_view name : {"amount", "amount_e4"}) {
      json.begin_object().array("required").string(name).end_array().end_object();
    }
    json.end_array();
  }
  if (request) json.key("additionalProperties").boolean(false);
  json.end_object();
}

void write_reference(JsonWriter& json, std::string_view target) {
  json.begin_object().member("$ref", target).end_object();
}

}  // namespace till
