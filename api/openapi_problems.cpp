#include "api/openapi_problems.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "api/openapi_schemas.h"
#include "api/problem.h"

namespace till {
namespace {

std::vector<const ErrorTraits*> error_codes() {
  std::vector<const ErrorTraits*> codes;
  const auto& type = *schema::ErrorCode_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number != 0) codes.push_back(&error_traits(static_cast<schema::ErrorCode>(number)));
  }
  return codes;
}

}  // namespace

std::vector<unsigned> problem_statuses(const Route& route) {
  if (route.kind == RouteKind::kReadyz) return {400, 431, 503};
  if (route.scopes.empty()) return {400, 431};
  if (route.kind == RouteKind::kCommand)
    return {400, 401, 403, 404, 408, 409, 410, 412, 413, 415, 422, 429, 431, 500, 503, 507};
  if (route.kind == RouteKind::kBatch) return {400, 401, 403, 408, 413, 415, 429, 431, 500, 503};
  if (route.kind == RouteKind::kSync) {
    return {400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 431, 500, 503, 507};
  }
  if (route.kind == RouteKind::kCustomer) return {400, 401, 403, 404, 410, 429, 431, 500, 503};
  if (route.kind == RouteKind::kTouchSession) return {400, 401, 403, 404, 409, 429, 431, 500, 503};
  return {400, 401, 403, 404, 429, 431, 500, 503};
}

void write_problem_schemas(JsonWriter& json) {
  json.object("Problem").member("type", "object").object("properties");
  for (const std::string_view name : {"type", "title", "detail", "instance"}) {
    json.object(name).member("type", "string").end_object();
  }
  json.object("status").member("type", "integer").end_object().key("code");
  write_reference(json, "#/components/schemas/ErrorCode");
  json.object("retryable").member("type", "boolean").end_object();
  json.object("errors").member("type", "array").object("items").member("type", "object").object("properties");
  json.object("pointer").member("type", "string").member("description", "JSON pointer (RFC 6901)").end_object();
  json.object("code").member("type", "string").end_object().end_object();
  json.array("required").string("pointer").string("code").end_array().end_object().end_object();
  json.object("expected").member("type", "integer").member("format", "uint64");
  json.member("description", "TERMINAL_SEQUENCE_GAP: the sequence to send").end_object().end_object();
  json.array("required");
  for (const std::string_view name : {"type", "title", "status", "code", "retryable"}) json.string(name);
  json.end_array().end_object();
  json.object("ErrorCode").member("type", "string").array("enum");
  for (const ErrorTraits* code : error_codes()) json.string(code->name);
  json.end_array().end_object();
}

// Those that some operation answers.
void write_problem_responses(JsonWriter& json) {
  std::set<unsigned> answered;
  for (const Route& route : all_routes()) {
    for (const unsigned status : problem_statuses(route)) answered.insert(status);
  }
  std::map<unsigned, std::string> names;
  for (const ErrorTraits* code : error_codes()) {
    std::string& list = names[code->http_status];
    if (!list.empty()) list += ", ";
    list += code->name;
  }
  json.object("responses");
  for (const auto& [status, list] : names) {
    if (!answered.contains(status)) continue;
    json.object("Problem" + std::to_string(status)).member("description", list);
    json.object("content").object(kProblemJson).key("schema");
    write_reference(json, "#/components/schemas/Problem");
    json.end_object().object("application/x-protobuf").object("schema").member("type", "string");
    json.member("contentMediaType", "application/x-protobuf").member("x-protobuf-message", "till.schema.Problem");
    json.end_object().end_object().end_object().end_object();
  }
  json.end_object();
}

void write_error_list(JsonWriter& json) {
  json.array("x-error-codes");
  for (const ErrorTraits* code : error_codes()) {
    json.begin_object().member("code", code->name).key("status").number(std::uint64_t{code->http_status});
    json.member("title", code->title).key("retryable").boolean(code->retryable).member("type", code->type);
    json.end_object();
  }
  json.end_array();
}

}  // namespace till
