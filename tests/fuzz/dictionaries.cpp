#include <set>
#include <sstream>

#include <google/protobuf/descriptor.h>

#include "api/message_plan.h"
#include "api/routes.h"
#include "ops/config.h"
#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"
#include "schemas/record.pb.h"
#include "tests/fuzz/seeds.h"

namespace till::fuzz {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

using Words = std::set<std::string>;

void add_tag(const FieldDescriptor& field, Words& words) {
  const auto type = static_cast<WireFormatLite::FieldType>(field.type());
  std::uint32_t tag = WireFormatLite::MakeTag(field.number(), WireFormatLite::WireTypeForFieldType(type));
  std::string bytes;
  for (; tag >= 0x80; tag >>= 7) bytes.push_back(static_cast<char>(tag | 0x80));
  words.insert(bytes + static_cast<char>(tag));
}

// Of a message and those in it: JSON names with their quotes, names of enum values; and tags of the binary form.
void add_message(const Descriptor& message, Words& names, Words& tags) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    names.insert('"' + message_plan(&message).fields[static_cast<std::size_t>(i)].name + '"');
    add_tag(field, tags);
    if (const EnumDescriptor* values = field.enum_type()) {
      for (int v = 0; v < values->value_count(); ++v) names.insert('"' + values->value(v)->name() + '"');
    }
    if (field.message_type() != nullptr) add_message(*field.message_type(), names, tags);
  }
}

Words route_words() {
  Words words;
  for (const Route& route : all_routes()) {
    words.insert(route.method + ' ');
    for (const PathSegment& segment : route.segments) words.insert(segment.parameter ? "/" : '/' + segment.text);
    if (route.kind == RouteKind::kCommand) words.insert('"' + route.name + '"');
  }
  return words;
}

// The settings stand in the text as comments, "# key = value".
Words config_words() {
  Words words{"true", "false", "\"\"\"", "'''", "[[", "0x", "1_0", "inf", "1979-05-27T07:32:00Z", "\\u00e9"};
  std::istringstream text(default_config());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('[')) words.insert(line.substr(0, line.find(']') + 1));
    const std::size_t equals = line.find(" = ");
    if (line.starts_with("# ") && equals != std::string::npos) words.insert(line.substr(2, equals - 2));
  }
  return words;
}

const Words kHttpWords{"HTTP/1.1\r\n",
                       "HTTP/1.0\r\n",
                       "HEAD ",
                       "\r\n\r\n",
                       "Host: a\r\n",
                       "Content-Length: ",
                       "Content-Type: application/x-protobuf",
                       "Transfer-Encoding: chunked\r\n",
                       "Expect: 100-continue\r\n",
                       "Connection: close\r\n",
                       "Idempotency-Key: \"k\\\"\"\r\n",
                       "Till-At-Least: ",
                       "Prefer: wait=1",
                       "traceparent: ",
                       "Authorization: Bearer ",
                       "Accept: */*",
                       "http://a/",
                       "0\r\n\r\n",
                       ";a=b\r\n",
                       "%2F",
                       "?sku=A&sku=B"};
const Words kJsonWords{"null",
                       "true",
                       "-0",
                       "1e5",
                       "18446744073709551615",
                       "\\u0000",
                       "\\ud83d\\ude00",
                       "\"1.00001\"",
                       "\"2026-11-23T10:00:00Z\"",
                       "\"USD\"",
                       "\"amount_e4\"",
                       "\"commands\"",
                       "\"idempotency_key\"",
                       "\"command\"",
                       "\"body\"",
                       "/v1/batch"};

std::string in_file_form(const Words& words) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::string& word : words) {
    text += '"';
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
        text += c;
      } else {
        ((text += "\\x") += kDigits[byte >> 4]) += kDigits[byte & 15];
      }
    }
    text += "\"\n";
  }
  return text;
}

Words joined(Words words, const Words& more) {
  words.insert(more.begin(), more.end());
  return words;
}

}  // namespace

std::map<std::string, std::string> make_dictionaries() {
  Words names, command_tags, unused, record_tags;
  add_message(*schema::Command::descriptor(), names, command_tags);
  add_message(*schema::Batch::descriptor(), unused, command_tags);
  add_message(*schema::Record::descriptor(), unused, record_tags);
  add_message(*schema::Event::descriptor(), unused, record_tags);
  const Words routes = route_words();
  const Words json = joined(joined(kJsonWords, names), routes);
  return {{"apply_line", in_file_form(json)},
          {"command_json", in_file_form(json)},
          {"command_protobuf", in_file_form(joined(routes, command_tags))},
          {"config", in_file_form(config_words())},
          {"http_request", in_file_form(joined(kHttpWords, routes))},
          {"record", in_file_form(record_tags)}};
}

}  // namespace till::fuzz
