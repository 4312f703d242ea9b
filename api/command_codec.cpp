#include "api/command_codec.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "api/json_codec.h"
#include "api/json_document.h"
#include "api/problem.h"
#include "engine/json_writer.h"

namespace till {
namespace {

using google::protobuf::Message;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/x-protobuf";

std::string lower_trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower;
}

std::string media_type(std::string_view value) {
  return lower_trimmed(value.substr(0, value.find(';')));
}

bool is_protobuf_type(std::string_view type) {
  return type == kProtobuf || type == "application/protobuf";
}

Message& member_of(schema::Command& command, const google::protobuf::FieldDescriptor* member) {
  return *command.GetReflection()->MutableMessage(&command, member);
}

std::unique_ptr<schema::Command> new_command(const Route& route) {
  auto command = std::make_unique<schema::Command>();
  member_of(*command, route.member);
  return command;
}

bool parse_bytes(std::string_view bytes, Message& message) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void set_path_parameters(const RouteMatch& match, Message& message, FieldErrors& errors) {
  const FieldPath root;
  for (const PathParameter& parameter : match.parameters) {
    const FieldPath place(&root, parameter.segment->text);
    if (parameter.segment->text == match.invalid_parameter) {
      errors.add(place, field_code::kInvalidFormat);
      continue;
    }
    const auto* field = parameter.segment->field;
    const auto& reflection = *message.GetReflection();
    const std::string stated = reflection.GetString(message, field);
    if (!stated.empty() && stated != parameter.value) errors.add(place, field_code::kPathMismatch);
    reflection.SetString(&message, field, parameter.value);
  }
}

// 17 of "v17" in quotes, as entity_tag() writes it.
std::optional<std::uint64_t> version_of_tag(std::string_view tag) {
  if (tag.size() < 4 || !tag.starts_with("\"v") || !tag.ends_with('"')) return std::nullopt;
  const std::string_view digits = tag.substr(2, tag.size() - 3);
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return version;
}

DecodedCommand refused(schema::Problem problem) {
  return {nullptr, std::move(problem)};
}

DecodedCommand checked(std::unique_ptr<schema::Command> command, const Route& route, WireForm form, FieldErrors& errors,
                       std::string_view instance) {
  validate_message(member_of(*command, route.member), form, errors);
  if (!errors.empty()) return refused(make_problem(errors, instance));
  return {std::move(command), std::nullopt};
}

}  // namespace

std::optional<WireForm> wire_form_of_content_type(std::string_view content_type) {
  const std::string type = media_type(content_type);
  if (type.empty() || type == kJson) return WireForm::kJson;
  if (is_protobuf_type(type)) return WireForm::kProtobuf;
  return std::nullopt;
}

WireForm wire_form_of_accept(std::string_view accept, WireForm request) {
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string type = media_type(accept.substr(0, end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    if (is_protobuf_type(type)) return WireForm::kProtobuf;
    if (type == kJson || type == "application/problem+json") return WireForm::kJson;
    if (type == "*/*" || type == "application/*") return request;
  }
  return request;
}

std::string_view content_type_of(WireForm form) {
  return form == WireForm::kJson ? kJson : kProtobuf;
}

std::unique_ptr<schema::Command> make_command(std::string_view command_name) {
  const Route* route = route_of_command(command_name);
  return route != nullptr ? new_command(*route) : nullptr;
}

DecodedCommand decode_command(const RouteMatch& match, WireForm form, std::string_view body,
                              std::string_view instance) {
  const Route& route = *match.route;
  auto command = new_command(route);
  Message& message = member_of(*command, route.member);
  FieldErrors errors;
  // Many clients send a DELETE without a body: the path says it all.
  const bool bare = body.empty() && route.method == "DELETE";
  if (form == WireForm::kJson) {
    if (const auto error = decode_json(bare ? "{}" : body, message, errors)) {
      return refused(make_problem(schema::MALFORMED_BODY, error->detail, instance));
    }
  } else if (!parse_bytes(body, message)) {
    return refused(make_problem(schema::MALFORMED_BODY, "Not a message of this command.", instance));
  }
  set_path_parameters(match, message, errors);
  return checked(std::move(command), route, form, errors, instance);
}

DecodedCommand decode_command_value(const Route& route, const JsonValue& body, std::string_view instance) {
  auto command = new_command(route);
  FieldErrors errors;
  decode_json_value(body, member_of(*command, route.member), errors);
  return checked(std::move(command), route, WireForm::kJson, errors, instance);
}

DecodedCommand decode_command_bytes(const Route& route, std::string_view body, std::string_view instance) {
  auto command = new_command(route);
  if (!parse_bytes(body, member_of(*command, route.member))) {
    return refused(make_problem(schema::MALFORMED_BODY, "The body is not a message of this command.", instance));
  }
  FieldErrors errors;
  return checked(std::move(command), route, WireForm::kProtobuf, errors, instance);
}

std::optional<schema::Problem> apply_if_match(const Route& route, std::string_view if_match, schema::Command& command,
                                              std::string_view instance) {
  if (!takes_expected_version(route)) {
    return make_problem(schema::IF_MATCH_NOT_SUPPORTED, route.name + " changes nothing that has a version", instance);
  }
  const std::optional<std::uint64_t> version = version_of_tag(if_match);
  if (!version) {
    return make_problem(schema::IF_MATCH_INVALID, "If-Match is one entity tag as ETag gave it: \"v17\"", instance);
  }
  Message& message = member_of(command, route.member);
  const auto* const field = message.GetDescriptor()->FindFieldByName("expected_version");
  const auto& reflection = *message.GetReflection();
  if (reflection.HasField(message, field) && reflection.GetUInt64(message, field) != *version) {
    return make_problem(schema::IF_MATCH_INVALID, "If-Match and expected_version name different versions", instance);
  }
  reflection.SetUInt64(&message, field, *version);
  return std::nullopt;
}

std::string encode_answer(WireForm form, std::string_view position, const schema::Answer& answer) {
  if (form == WireForm::kProtobuf) {
    schema::CommandAnswer whole;
    whole.set_position(std::string(position));
    *whole.mutable_answer() = answer;
    return whole.SerializeAsString();
  }
  std::string out = "{\"position\":";
  append_json_string(position, out);
  std::string members;
  if (encode_json_members(answer, members)) (out += ',') += members;
  out.push_back('}');
  return out;
}

}  // namespace till
