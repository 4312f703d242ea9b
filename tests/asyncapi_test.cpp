#include "api/asyncapi.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <chrono>
#include <fstream>

#include <catch2/catch.hpp>

#include "api/event_proto.h"
#include "api/json_document.h"
#include "api/routes.h"
#include "api/wire_values.h"
#include "commands/retail_domain.h"
#include "commands/rules.h"
#include "engine/utf8.h"
#include "ops/child_process.h"
#include "schemas/events.pb.h"
#include "tests/memory_books.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::chrono::seconds kCompileMost{60};

// A .proto file as its reader's compiler sees it.
class ReadFile {
 public:
  explicit ReadFile(const std::string& text) {
    const TemporaryDirectory directory;
    std::ofstream(directory.path() + "/events.proto") << text;
    const std::string set = directory.path() + "/set";
    const auto compiled = run_program(
        {"protoc", "-I" + directory.path(), "--descriptor_set_out=" + set, "events.proto"}, {}, kCompileMost);
    INFO(text);
    REQUIRE(compiled.ok());
    REQUIRE(compiled.value() == 0);
    google::protobuf::FileDescriptorSet files;
    std::ifstream in(set, std::ios::binary);
    REQUIRE(files.ParseFromIstream(&in));
    REQUIRE(files.file_size() == 1);
    file_ = pool_.BuildFile(files.file(0));
    REQUIRE(file_ != nullptr);
  }

  const google::protobuf::FileDescriptor& file() const { return *file_; }
  const Descriptor& event() const {
    const Descriptor* const event = file_->FindMessageTypeByName("Event");
    REQUIRE(event != nullptr);
    return *event;
  }

 private:
  google::protobuf::DescriptorPool pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
};

std::string type_of(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

// Every field that is shown is the program's own; a message shows all of its fields or none.
void require_same_fields(const Descriptor& shown) {
  const Descriptor* const own =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(shown.full_name());
  INFO(shown.full_name());
  REQUIRE(own != nullptr);
  if (shown.field_count() != 0 && shown.name() != "Event") CHECK(shown.field_count() == own->field_count());
  for (int i = 0; i < shown.field_count(); ++i) {
    const FieldDescriptor& field = *shown.field(i);
    const FieldDescriptor* const original = own->FindFieldByNumber(field.number());
    INFO(field.name());
    REQUIRE(original != nullptr);
    CHECK(field.name() == original->name());
    CHECK(field.type() == original->type());
    CHECK(type_of(field) == type_of(*original));
    CHECK(field.label() == original->label());
    CHECK(field.has_presence() == original->has_presence());
  }
  for (int i = 0; i < shown.nested_type_count(); ++i) require_same_fields(*shown.nested_type(i));
}

void require_same(const google::protobuf::FileDescriptor& file) {
  CHECK(file.package() == schema::Event::descriptor()->file()->package());
  CHECK(file.syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3);
  for (int i = 0; i < file.message_type_count(); ++i) require_same_fields(*file.message_type(i));
}

const JsonValue& at(const JsonValue& root, const std::string& reference) {
  const JsonValue* value = &root;
  for (std::size_t begin = 2; begin < reference.size();) {
    const std::size_t end = std::min(reference.find('/', begin), reference.size());
    const std::string name = reference.substr(begin, end - begin);
    INFO(reference);
    REQUIRE(value->IsObject());
    REQUIRE(value->HasMember(name.c_str()));
    value = &(*value)[name.c_str()];
    begin = end + 1;
  }
  return *value;
}

std::string referred(const JsonValue& value) {
  return std::string(text_of(value["$ref"]));
}

}  // namespace

TEST_CASE("the published file of events stands alone and is what is written", "[asyncapi]") {
  const std::string text = event_proto();
  const ReadFile read(text);
  require_same(read.file());
  CHECK(read.event().field_count() == schema::Event::descriptor()->field_count());
  CHECK(text.find("import") == std::string::npos);
  CHECK(event_proto() == text);
  // What only commands hold is not an event's.
  CHECK(read.file().FindMessageTypeByName("Command") == nullptr);
}

TEST_CASE("the body of an event is described by itself", "[asyncapi]") {
  const auto& members = *schema::Event::descriptor();
  const std::string whole = event_proto();
  for (int i = 0; i < members.field_count(); ++i) {
    const FieldDescriptor& member = *members.field(i);
    CAPTURE(member.name());
    const std::string text = event_proto(member);
    const std::string line =
        member.message_type()->name() + " " + member.name() + " = " + std::to_string(member.number());
    CHECK(text.find("\n// @RootNode\nmessage Event {\n  oneof event {\n    " + line + ";\n  }\n}\n") !=
          std::string::npos);
    CHECK(text.size() < whole.size());
  }
  for (const int number : {60, 61, 30}) {
    const FieldDescriptor& member = *members.FindFieldByNumber(number);
    CAPTURE(member.name());
    const ReadFile read(event_proto(member));
    require_same(read.file());
    REQUIRE(read.event().field_count() == 1);
    CHECK(read.event().field(0)->number() == number);
  }
}

TEST_CASE("every event has its subject, its operation and its message", "[asyncapi]") {
  const std::string text = asyncapi_json("1.2.3");
  CHECK(is_utf8(text));
  CHECK(asyncapi_json("1.2.3") == text);
  rapidjson::Document root;
  root.Parse(text.c_str());
  REQUIRE_FALSE(root.HasParseError());
  CHECK(text_of(root["asyncapi"]) == "3.0.0");
  CHECK(text_of(root["info"]["version"]) == "1.2.3");

  const RetailDomain domain(testing::test_zones());
  std::size_t events = 0;
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const EventRule& rule : aggregate.events) {
      const std::string name(domain.event_name(static_cast<std::uint32_t>(rule.event)));
      CAPTURE(name);
      ++events;
      const JsonValue& channel = at(root, "#/channels/" + name);
      CHECK(text_of(channel["address"]) ==
            "till.{tenant}." + std::string(domain.kind_name(kind_of(rule.kind))) + "." + name);
      at(root, referred(channel["servers"][0]));
      at(root, referred(channel["parameters"]["tenant"]));
      const JsonValue& operation = at(root, "#/operations/receive" + name);
      CHECK(text_of(operation["action"]) == "receive");
      CHECK(&at(root, referred(operation["channel"])) == &channel);
      const JsonValue& message = at(root, referred(at(root, referred(operation["messages"][0]))));
      CHECK(text_of(message["name"]) == name);
      at(root, referred(message["headers"]["allOf"][0]));
      CHECK(text_of(message["headers"]["allOf"][1]["properties"]["ce-type"]["const"]) == "till." + name);
      const auto& member = *schema::Event::descriptor()->FindFieldByNumber(rule.event);
      CHECK(text_of(message["payload"]["schema"]) == event_proto(member));
    }
  }
  CHECK(events > 200);
  CHECK(root["channels"].MemberCount() == events);
  CHECK(root["operations"].MemberCount() == events);
  CHECK(root["components"]["messages"].MemberCount() == events);
}

TEST_CASE("both documents are served to everybody", "[asyncapi]") {
  for (const auto& [path, kind] : {std::pair("/asyncapi.json", RouteKind::kAsyncApi),
                                   std::pair("/schemas/events.proto", RouteKind::kEventProto)}) {
    const RouteMatch match = match_route("GET", path);
    REQUIRE(match.route != nullptr);
    CHECK(match.route->kind == kind);
    CHECK(match.route->scopes.empty());
  }
}

}  // namespace till
