// JSON Schema of messages as they look on the wire, for the documents.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/message_plan.h"
#include "engine/json_writer.h"

namespace till {

enum class SchemaUse : std::uint8_t {
  kRequest,  // required is what a client must send; nothing else may come
  kAnswer,   // required is what is always written
};

// "RingUpSale.Line": the full name less the package.
std::string schema_name(const google::protobuf::Descriptor* descriptor);
std::string schema_reference(const google::protobuf::Descriptor* descriptor);

// Whether a client must send the member, beside those that the path gives.
bool is_required_of_client(const FieldPlan& field);
// "string, at most 64 characters"; one line for people.
std::string type_label(const FieldPlan& field);
// Upper-case names of an enum field without the zero value.
std::vector<std::string> enum_names(const FieldPlan& field);
// Schema of a string that keeps a rule; `name` is where its example comes from.
void write_text_schema(JsonWriter& json, schema::Rule rule, std::uint32_t max_length, bool required,
                       const std::string& name);

// {"$ref": target}
void write_reference(JsonWriter& json, std::string_view target);

// Message types that a document refers to, each once, in the order of their first use.
class SchemaCollector {
 public:
  // With every type below it. `given_by_path`: members that the body may leave out.
  void add(const google::protobuf::Descriptor* descriptor, SchemaUse use, std::set<std::string> given_by_path = {});
  // The members of components.schemas.
  void write(JsonWriter& json) const;
  // In the order of their first use.
  std::vector<const MessagePlan*> plans() const;

 private:
  struct Component {
    const MessagePlan* plan;
    SchemaUse use;
    std::set<std::string> given_by_path;
  };
  static void write_component(JsonWriter& json, const Component& component);

  std::set<const MessagePlan*> known_;
  std::vector<Component> components_;
};

}  // namespace till
