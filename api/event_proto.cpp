#include "api/event_proto.h"

#include <set>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.pb.h>

#include "engine/result.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptor;

constexpr std::string_view kProtoHead =
    "// Events of Till, as the messages of its JetStream stream hold them: each is one Event. The end of a name tells\n"
    "// the unit: _e5 and _e4 are decimals times 100,000 and 10,000, _us microseconds since 1970 UTC; other amounts "
    "are\n"
    "// minor units of their currency, dates are numbers yyyymmdd.\n\n";
constexpr std::string_view kEventMessage = "\nmessage Event {";
constexpr std::string_view kRootMark = "\n// @RootNode";

// The types that an event needs, each once, in the order of their first use.
class EventTypes {
 public:
  // `only` null: every member of Event.
  explicit EventTypes(const FieldDescriptor* only) : only_(only) { add(*schema::Event::descriptor()); }

  std::string text() const;

 private:
  void add(const Descriptor& message);
  void add(const EnumDescriptor& type);
  // The messages around a type, which are shown without their own fields unless these are needed too.
  void add_places(const Descriptor* place);
  bool is_left_out(const FieldDescriptor& field) const {
    return only_ != nullptr && field.containing_type() == only_->containing_type() && &field != only_;
  }
  void copy(const Descriptor& from, DescriptorProto& to) const;
  void copy_fields(const Descriptor& from, DescriptorProto& to) const;
  static void copy(const EnumDescriptor& from, EnumDescriptorProto& to);

  const FieldDescriptor* const only_;
  std::set<const Descriptor*> messages_;  // with their fields
  std::set<const Descriptor*> places_;    // those among them, and those that only others stand in
  std::set<const EnumDescriptor*> enums_;
  std::vector<const Descriptor*> outermost_;
  std::vector<const EnumDescriptor*> outermost_enums_;
};

void EventTypes::add(const Descriptor& message) {
  if (!messages_.insert(&message).second) return;
  add_places(&message);
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (is_left_out(field)) continue;
    if (field.message_type() != nullptr) add(*field.message_type());
    if (field.enum_type() != nullptr) add(*field.enum_type());
  }
}

void EventTypes::add(const EnumDescriptor& type) {
  if (!enums_.insert(&type).second) return;
  if (type.containing_type() == nullptr) outermost_enums_.push_back(&type);
  add_places(type.containing_type());
}

void EventTypes::add_places(const Descriptor* place) {
  for (; place != nullptr && places_.insert(place).second; place = place->containing_type()) {
    if (place->containing_type() == nullptr) outermost_.push_back(place);
  }
}

void EventTypes::copy(const EnumDescriptor& from, EnumDescriptorProto& to) {
  from.CopyTo(&to);
  to.clear_options();
  for (auto& value : *to.mutable_value()) value.clear_options();
}

void EventTypes::copy_fields(const Descriptor& from, DescriptorProto& to) const {
  DescriptorProto whole;
  from.CopyTo(&whole);
  to.mutable_oneof_decl()->Swap(whole.mutable_oneof_decl());
  to.mutable_reserved_range()->Swap(whole.mutable_reserved_range());
  to.mutable_reserved_name()->Swap(whole.mutable_reserved_name());
  for (int i = 0; i < from.field_count(); ++i) {
    if (is_left_out(*from.field(i))) continue;
    auto& field = *to.add_field();
    field = whole.field(i);
    field.clear_options();
    field.clear_json_name();
  }
}

void EventTypes::copy(const Descriptor& from, DescriptorProto& to) const {
  to.set_name(from.name());
  if (messages_.contains(&from)) copy_fields(from, to);
  for (int i = 0; i < from.nested_type_count(); ++i) {
    if (places_.contains(from.nested_type(i))) copy(*from.nested_type(i), *to.add_nested_type());
  }
  for (int i = 0; i < from.enum_type_count(); ++i) {
    if (enums_.contains(from.enum_type(i))) copy(*from.enum_type(i), *to.add_enum_type());
  }
}

std::string EventTypes::text() const {
  const google::protobuf::FileDescriptor& home = *schema::Event::descriptor()->file();
  google::protobuf::FileDescriptorProto file;
  file.set_name(home.name());
  file.set_package(home.package());
  file.set_syntax("proto3");
  for (const Descriptor* const message : outermost_) copy(*message, *file.add_message_type());
  for (const EnumDescriptor* const type : outermost_enums_) copy(*type, *file.add_enum_type());
  google::protobuf::DescriptorPool pool;
  const google::protobuf::FileDescriptor* const built = pool.BuildFile(file);
  TILL_ASSERT(built != nullptr);
  std::string text = built->DebugString();
  // Names from the package on: some readers know no leading dot.
  const std::string prefix = "." + home.package() + ".";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

}  // namespace

std::string event_proto() {
  return std::string(kProtoHead) + EventTypes(nullptr).text();
}

std::string event_proto(const FieldDescriptor& member) {
  std::string text = EventTypes(&member).text();
  const std::size_t at = text.find(kEventMessage);
  TILL_ASSERT(at != std::string::npos);
  return text.insert(at, kRootMark);
}

}  // namespace till
