#include "api/personal_data.h"

#include <unordered_set>
#include <utility>

#include "commands/alert_policy.h"
#include "schemas/options.pb.h"

namespace till {
namespace {

bool is_personal(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(schema::personal);
}

const google::protobuf::FieldDescriptor& field_of(const google::protobuf::Descriptor& message, const char* name) {
  const auto* const field = message.FindFieldByName(name);
  TILL_ASSERT(field != nullptr);
  return *field;
}

std::string person_of(const google::protobuf::Message& command) {
  const google::protobuf::Descriptor& descriptor = *command.GetDescriptor();
  if (&descriptor == schema::SetAlertPolicy::descriptor()) return std::string(kAlertPerson);
  const auto* const customer = descriptor.FindFieldByName("customer_id");
  if (customer != nullptr) return command.GetReflection()->GetString(command, customer);
  return employee_person(command.GetReflection()->GetString(command, &field_of(descriptor, "employee_id")));
}

// Moves a personal field, a text or a list of texts, to the field of the same name. False where it is not set.
bool take_personal(const google::protobuf::Message& command, const google::protobuf::FieldDescriptor& field,
                   schema::PersonalData& person) {
  const google::protobuf::Reflection& from = *command.GetReflection();
  const google::protobuf::Reflection& to = *person.GetReflection();
  const auto& target = field_of(*schema::PersonalData::descriptor(), field.name().c_str());
  if (!field.is_repeated()) {
    std::string text = from.GetString(command, &field);
    const bool is_set = !text.empty();
    to.SetString(&person, &target, std::move(text));
    return is_set;
  }
  const int size = from.FieldSize(command, &field);
  for (int i = 0; i < size; ++i) to.AddString(&person, &target, from.GetRepeatedString(command, &field, i));
  return size > 0;
}

}  // namespace

bool has_personal_fields(const google::protobuf::Descriptor& command) {
  // Options are slow to look at and every command asks.
  static const std::unordered_set<const google::protobuf::Descriptor*> with_personal = [] {
    std::unordered_set<const google::protobuf::Descriptor*> found;
    const google::protobuf::Descriptor& commands = *schema::Command::descriptor();
    for (int i = 0; i < commands.field_count(); ++i) {
      const google::protobuf::Descriptor& message = *commands.field(i)->message_type();
      for (int j = 0; j < message.field_count(); ++j) {
        if (is_personal(*message.field(j))) found.insert(&message);
      }
    }
    return found;
  }();
  return with_personal.contains(&command);
}

Status seal_personal_fields(PersonKeys& keys, std::string_view tenant, google::protobuf::Message& command) {
  const google::protobuf::Descriptor& descriptor = *command.GetDescriptor();
  const google::protobuf::Reflection& reflection = *command.GetReflection();
  schema::PersonalData person;
  bool any = false;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto& field = *descriptor.field(i);
    if (is_personal(field) && take_personal(command, field, person)) any = true;
  }
  if (!any) return {};
  Result<std::string> sealed = keys.seal(tenant, person_of(command), person.SerializeAsString());
  if (!sealed.ok()) return sealed.error();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (is_personal(*descriptor.field(i))) reflection.ClearField(&command, descriptor.field(i));
  }
  reflection.SetString(&command, &field_of(descriptor, "sealed"), std::move(*sealed));
  return {};
}

Result<schema::PersonalData> open_personal_data(const PersonKeys& keys, std::string_view tenant,
                                                std::string_view person, std::string_view sealed) {
  schema::PersonalData data;
  if (sealed.empty()) return data;
  Result<std::optional<std::string>> plain = keys.open(tenant, person, sealed);
  if (!plain.ok()) return plain.error();
  if (plain->has_value() && !data.ParseFromString(**plain)) {
    return Error{ErrorKind::kCorrupt, "sealed personal data does not parse"};
  }
  return data;
}

}  // namespace till
