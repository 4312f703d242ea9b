#include "api/problem.h"

#include <algorithm>
#include <map>

#include "engine/json_writer.h"

namespace till {
namespace {

std::string type_uri(std::string_view name) {
  std::string uri = "urn:till:error:";
  for (const char c : name) {
    uri.push_back(c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
  }
  return uri;
}

struct Traits {
  std::map<int, ErrorTraits> by_code;
  std::map<std::string_view, schema::ErrorCode> by_name;

  Traits() {
    const auto& codes = *schema::ErrorCode_descriptor();
    for (int i = 0; i < codes.value_count(); ++i) {
      const auto& value = *codes.value(i);
      if (value.number() == 0) continue;
      const schema::ErrorInfo& info = value.options().GetExtension(schema::error);
      const auto code = static_cast<schema::ErrorCode>(value.number());
      by_code[value.number()] = {
          code, value.name(), info.title(), type_uri(value.name()), info.http_status(), info.retryable()};
      by_name[value.name()] = code;
    }
  }
};

const Traits& traits() {
  static const Traits& table = *new Traits;
  return table;
}

}  // namespace

const ErrorTraits& error_traits(schema::ErrorCode code) {
  const auto& table = traits().by_code;
  const auto found = table.find(code);
  return found != table.end() ? found->second : table.at(schema::INTERNAL_ERROR);
}

std::optional<schema::ErrorCode> error_code_by_name(std::string_view name) {
  const auto found = traits().by_name.find(name);
  if (found == traits().by_name.end()) return std::nullopt;
  return found->second;
}

schema::Problem make_problem(schema::ErrorCode code, std::string_view detail, std::string_view instance) {
  const ErrorTraits& known = error_traits(code);
  schema::Problem problem;
  problem.set_type(known.type);
  problem.set_title(std::string(known.title));
  problem.set_status(known.http_status);
  problem.set_detail(std::string(detail.empty() ? problem.title() : detail));
  problem.set_instance(std::string(instance));
  problem.set_code(known.code);
  problem.set_retryable(known.retryable);
  return problem;
}

schema::Problem make_problem(const FieldErrors& errors, std::string_view instance) {
  schema::Problem problem = make_problem(schema::VALIDATION_FAILED, {}, instance);
  for (const FieldError& error : errors.list()) {
    auto& field = *problem.add_errors();
    field.set_pointer(error.pointer);
    field.set_code(std::string(error.code));
  }
  return problem;
}

schema::Problem make_problem(const Rejection& rejection, std::string_view instance) {
  const auto code = error_code_by_name(rejection.code).value_or(schema::INTERNAL_ERROR);
  schema::Problem problem = make_problem(code, rejection.detail, instance);
  if (code == schema::TERMINAL_SEQUENCE_GAP) problem.set_expected(rejection.expected);
  if (!rejection.pointer.empty()) {
    auto& field = *problem.add_errors();
    field.set_pointer(rejection.pointer);
    field.set_code(std::string(rejection.code));
  }
  return problem;
}

std::string problem_json(const schema::Problem& problem) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("type", problem.type()).member("title", problem.title());
  json.key("status").number(std::uint64_t{problem.status()});
  json.member("detail", problem.detail());
  if (!problem.instance().empty()) json.member("instance", problem.instance());
  json.member("code", error_traits(problem.code()).name);
  json.key("retryable").boolean(problem.retryable());
  if (problem.errors_size() > 0) {
    json.array("errors");
    for (const auto& error : problem.errors()) {
      json.begin_object().member("pointer", error.pointer()).member("code", error.code()).end_object();
    }
    json.end_array();
  }
  if (problem.has_expected()) json.key("expected").number(problem.expected());
  json.end_object();
  return out;
}

std::string problem_body(const schema::Problem& problem, bool as_protobuf) {
  return as_protobuf ? problem.SerializeAsString() : problem_json(problem);
}

}  // namespace till
