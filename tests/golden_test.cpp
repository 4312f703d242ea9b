// Stored bytes are for ever: every event as it was written once, read and written again by today's code.
// See tests/golden/README.md.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <catch2/catch.hpp>

#include "commands/rules.h"
#include "schemas/events.pb.h"
#include "tests/scenario.h"

namespace till::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const std::filesystem::path kGolden = std::filesystem::path(TILL_SOURCE_DIR) / "tests" / "golden" / "events";
constexpr std::size_t kBytesPerLine = 32;

std::string text_value(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_BYTES ? std::string("\x00\xff", 2) + field.name() : field.name();
}

void fill(Message& message);

// A value that tells the field apart from its neighbours: its number, its name.
void fill_field(Message& message, const FieldDescriptor& field) {
  const Reflection& r = *message.GetReflection();
  const bool many = field.is_repeated();
  const int number = field.number();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? r.AddInt32(&message, &field, -number) : r.SetInt32(&message, &field, -number);
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? r.AddInt64(&message, &field, -1'000'000'000'000 - number)
                  : r.SetInt64(&message, &field, -1'000'000'000'000 - number);
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? r.AddUInt32(&message, &field, 1'000u + static_cast<std::uint32_t>(number))
                  : r.SetUInt32(&message, &field, 1'000u + static_cast<std::uint32_t>(number));
    case FieldDescriptor::CPPTYPE_UINT64:
      return many ? r.AddUInt64(&message, &field, 1'000u + static_cast<std::uint64_t>(number))
                  : r.SetUInt64(&message, &field, 1'000u + static_cast<std::uint64_t>(number));
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? r.AddBool(&message, &field, true) : r.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_ENUM:
      return many ? r.AddEnumValue(&message, &field, 2) : r.SetEnumValue(&message, &field, 2);
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? r.AddString(&message, &field, text_value(field)) : r.SetString(&message, &field, text_value(field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return fill(many ? *r.AddMessage(&message, &field) : *r.MutableMessage(&message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      FAIL(field.full_name() << " is a floating point number");
  }
}

void fill(Message& message) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    fill_field(message, field);
    if (field.is_repeated()) fill_field(message, field);
  }
}

schema::Event filled_event(const FieldDescriptor& member) {
  schema::Event event;
  fill(*event.GetReflection()->MutableMessage(&event, &member));
  return event;
}

// The same for equal messages: plain serialization leaves the order of a map open.
std::string bytes_of(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  {
    google::protobuf::io::CodedOutputStream coded(&out);  // gives back what it took too much when it ends
    coded.SetSerializationDeterministic(true);
    REQUIRE(message.SerializeToCodedStream(&coded));
  }
  return bytes;
}

std::string to_lines(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
    if ((i + 1) % kBytesPerLine == 0 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string bytes;
  for (std::string line; in >> line;) {
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

// "SaleCompleted.txt", then "SaleCompleted.2.txt" and so on: the same event with later fields.
std::filesystem::path golden_path(const std::string& name, std::size_t number) {
  return kGolden / (number == 1 ? name + ".txt" : name + "." + std::to_string(number) + ".txt");
}

// In the order in which they were written.
std::vector<std::string> goldens_of(const std::string& name) {
  std::vector<std::string> goldens;
  while (std::filesystem::exists(golden_path(name, goldens.size() + 1))) {
    goldens.push_back(read_bytes(golden_path(name, goldens.size() + 1)));
  }
  return goldens;
}

bool has_unknown_fields(const Message& message) {
  const Reflection& r = *message.GetReflection();
  if (!r.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  r.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int size = field->is_repeated() ? r.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const Message& inner =
          field->is_repeated() ? r.GetRepeatedMessage(message, field, i) : r.GetMessage(message, field);
      if (has_unknown_fields(inner)) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("every event has golden bytes with all the fields of today", "[golden]") {
  const bool write = std::getenv("TILL_WRITE_GOLDEN") != nullptr;
  const auto& events = *schema::Event::descriptor();
  for (int i = 0; i < events.field_count(); ++i) {
    const FieldDescriptor& member = *events.field(i);
    const std::string name = event_type_name(member);
    const std::string today = bytes_of(filled_event(member));
    const std::vector<std::string> goldens = goldens_of(name);
    const bool known = std::find(goldens.begin(), goldens.end(), today) != goldens.end();
    if (write && !known) std::ofstream(golden_path(name, goldens.size() + 1)) << to_lines(today);
    CAPTURE(name);
    CHECK((known || write));
  }
}

TEST_CASE("golden bytes keep their meaning", "[golden]") {
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const std::string bytes = read_bytes(entry.path());
    schema::Event event;
    REQUIRE(event.ParseFromString(bytes));
    CHECK(bytes_of(event) == bytes);
    CHECK_FALSE(has_unknown_fields(event));
    const auto* member = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
    REQUIRE(member != nullptr);
    // "SaleCompleted.2.txt" is a later golden of the same event.
    CHECK(name.substr(0, name.find('.')) == event_type_name(*member));
    // Every value stands under the field that it was written for.
    CHECK(first_difference(event, filled_event(*member)) == "");
  }
}

}  // namespace till::testing
