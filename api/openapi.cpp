#include "api/openapi.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "api/openapi_problems.h"
#include "api/openapi_schemas.h"
#include "api/problem.h"
#include "api/read_request.h"
#include "api/routes.h"
#include "engine/json_writer.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::string_view kDescription =
    "Transaction engine for retail point of sale. Every command carries an Idempotency-Key: repeated with the same "
    "content it answers what it answered first. Money is in minor units, quantities are decimal strings, positions are "
    "opaque strings. Errors are problem details (RFC 9457) with a stable code.";

std::set<std::string> path_names(const Route& route) {
  std::set<std::string> names;
  for (const PathSegment& segment : route.segments) {
    if (segment.parameter) names.insert(segment.text);
  }
  return names;
}

void write_query_schema(JsonWriter& json, const QueryParameter& parameter) {
  if (parameter.type == "id") {
    write_text_schema(json, schema::ID, 64, true, std::string(parameter.name));
  } else if (parameter.type == "count" || parameter.type == "limit") {
    json.begin_object().member("type", "integer").key("minimum").number(std::uint64_t{1});
    json.key("maximum").number(std::uint64_t{parameter.type == "count" ? kCountMost : kPageMost}).end_object();
  } else if (parameter.type == "as_of" || parameter.type == "position" || parameter.type == "cursor") {
    json.begin_object().member("type", "string").key("minLength").number(std::uint64_t{1}).end_object();
  } else if (parameter.type == "report_cursor") {
    json.begin_object().member("type", "string").key("minLength").number(std::uint64_t{2}).end_object();
  } else if (parameter.type == "date") {
    json.begin_object().member("type", "string").member("format", "date").end_object();
  } else {
    json.begin_object().member("type", "string").array("enum");
    std::string_view rest = parameter.type;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('|'), rest.size());
      json.string(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    json.end_array().end_object();
  }
}

void write_parameters(JsonWriter& json, const Route& route) {
  json.array("parameters");
  for (const PathSegment& segment : route.segments) {
    if (!segment.parameter) continue;
    json.begin_object().member("name", segment.text).member("in", "path").key("required").boolean(true);
    json.key("schema");
    write_text_schema(json, schema::ID, 64, true, segment.text);
    json.end_object();
  }
  for (const QueryParameter& parameter : route.query) {
    json.begin_object().member("name", parameter.name).member("in", "query");
    json.member("description", parameter.description).key("required").boolean(parameter.required).key("schema");
    if (parameter.repeated) json.begin_object().member("type", "array").key("items");
    write_query_schema(json, parameter);
    if (parameter.repeated) json.end_object().key("explode").boolean(true);
    json.end_object();
  }
  if (route.kind == RouteKind::kCommand) write_reference(json, "#/components/parameters/IdempotencyKey");
  if (takes_expected_version(route)) write_reference(json, "#/components/parameters/IfMatch");
  if (route.answer != nullptr && route.kind != RouteKind::kSync) {
    write_reference(json, "#/components/parameters/TillAtLeast");
    write_reference(json, "#/components/parameters/Prefer");
  }
  json.end_array();
}

// In what else a body may be asked for.
std::vector<std::string_view> further_forms(const Route& route) {
  if (is_receipt(route.kind)) return {"text/plain", "text/html"};
  if (is_report(route.kind)) return {"text/csv"};
  return {};
}

// The forms of a body: `schema` for JSON, the message's name for Protobuf, and `further` ones, which are text.
void write_content(JsonWriter& json, std::string_view reference, std::string_view message,
                   const std::vector<std::string_view>& further = {}) {
  json.object("content").object("application/json").key("schema");
  write_reference(json, reference);
  json.end_object().object("application/x-protobuf").object("schema");
  json.member("type", "string").member("contentMediaType", "application/x-protobuf");
  json.member("x-protobuf-message", message).end_object().end_object();
  for (const std::string_view type : further) {
    json.object(type).object("schema").member("type", "string").end_object().end_object();
  }
  json.end_object();
}

void write_request_body(JsonWriter& json, const Route& route) {
  const google::protobuf::Descriptor* message =
      route.kind == RouteKind::kBatch ? schema::Batch::descriptor()
                                      : (route.member != nullptr ? route.member->message_type() : route.body);
  if (message == nullptr) return;
  json.object("requestBody").key("required").boolean(route.method != "DELETE");
  write_content(json, schema_reference(message), message->full_name());
  json.end_object();
}

void write_headers(JsonWriter& json, bool command) {
  json.object("headers").key("Till-Position");
  write_reference(json, "#/components/headers/TillPosition");
  if (command) {
    json.key("Idempotent-Replayed");
    write_reference(json, "#/components/headers/IdempotentReplayed");
  }
  json.end_object();
}

// Of a document; empty for what is none.
std::string_view document_type(RouteKind kind) {
  if (kind == RouteKind::kDocs) return "text/html";
  if (kind == RouteKind::kEventProto) return "text/plain";
  return kind == RouteKind::kOpenApi || kind == RouteKind::kAsyncApi ? "application/json" : std::string_view();
}

void write_open_success(JsonWriter& json, const Route& route) {
  json.object("200").member("description", route.summary);
  const std::string_view type = document_type(route.kind);
  if (!type.empty()) json.object("content").object(type).end_object().end_object();
}

void write_success(JsonWriter& json, const Route& route) {
  switch (family_of(route.kind)) {
    case RouteFamily::kCommand:
      json.object("201").member("description", "Accepted and durable");
      write_headers(json, true);
      write_content(json, "#/components/schemas/CommandAnswer", "till.schema.CommandAnswer");
      break;
    case RouteFamily::kBatch:
      json.object("200").member("description", "One result for each command, in order");
      write_content(json, "#/components/schemas/BatchResult", "till.schema.BatchResult");
      break;
    case RouteFamily::kSync:
      json.object("200").member("description", "One result for each entry, and from where to go on");
      write_content(json, schema_reference(route.answer), route.answer->full_name());
      break;
    case RouteFamily::kRead:
      json.object("200").member("description", "As of the position in Till-Position");
      write_headers(json, false);
      write_content(json, schema_reference(route.answer), route.answer->full_name(), further_forms(route));
      break;
    case RouteFamily::kOpen:
      write_open_success(json, route);
      break;
  }
  json.end_object();
}

void write_operation(JsonWriter& json, const Route& route) {
  std::string method = route.method;
  for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
  json.object(method).member("operationId", route.name).member("summary", route.summary);
  json.array("tags").string(route.group).end_array();
  if (route.scopes.empty()) {
    json.array("security").end_array();
  } else {
    json.array("x-scopes");
    for (const schema::Scope scope : route.scopes) json.string(schema::Scope_Name(scope));
    json.end_array();
  }
  write_parameters(json, route);
  write_request_body(json, route);
  json.object("responses");
  write_success(json, route);
  for (const unsigned status : problem_statuses(route)) {
    json.key(std::to_string(status));
    write_reference(json, "#/components/responses/Problem" + std::to_string(status));
  }
  json.end_object().end_object();
}

void write_paths(JsonWriter& json) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const Route*>> by_path;
  for (const Route& route : all_routes()) {
    auto& routes = by_path[route.path];
    if (routes.empty()) order.push_back(route.path);
    routes.push_back(&route);
  }
  json.object("paths");
  for (const std::string& path : order) {
    json.object(path);
    for (const Route* route : by_path[path]) write_operation(json, *route);
    json.end_object();
  }
  json.end_object();
}

void write_batch_schemas(JsonWriter& json) {
  json.object("Batch").member("type", "object").object("properties").object("commands");
  json.member("type", "array").key("minItems").number(std::uint64_t{1}).key("maxItems").number(std::uint64_t{1000});
  json.object("items").member("type", "object").object("properties");
  json.object("idempotency_key").member("type", "string").key("minLength").number(std::uint64_t{1});
  json.key("maxLength").number(std::uint64_t{255}).end_object();
  json.object("command").member("type", "string").array("enum");
  for (const Route& route : all_routes()) {
    if (route.member != nullptr) json.string(route.name);
  }
  json.end_array().end_object();
  json.object("body").member("description", "As the command's own request body; ids of its path stand here too");
  json.array("anyOf");
  for (const Route& route : all_routes()) {
    if (route.member != nullptr) write_reference(json, schema_reference(route.member->message_type()));
  }
  json.end_array().end_object().end_object();
  json.array("required").string("idempotency_key").string("command").string("body").end_array();
  json.key("additionalProperties").boolean(false).end_object().end_object().end_object();
  json.array("required").string("commands").end_array().key("additionalProperties").boolean(false).end_object();

  json.object("BatchResult").member("type", "object").object("properties").object("results").member("type", "array");
  json.object("items").member("type", "object").object("properties");
  json.object("status").member("type", "integer").end_object().object("body").array("anyOf");
  write_reference(json, "#/components/schemas/CommandAnswer");
  write_reference(json, "#/components/schemas/Problem");
  json.end_array().end_object().end_object();
  json.array("required").string("status").string("body").end_array().end_object().end_object().end_object();
  json.array("required").string("results").end_array().end_object();
}

void write_answer_schema(JsonWriter& json) {
  json.object("CommandAnswer").array("allOf");
  json.begin_object().member("type", "object").object("properties").object("position");
  json.member("type", "string").array("examples").string("1f0c9a3e-1-42").end_array().end_object().end_object();
  json.array("required").string("position").end_array().end_object();
  write_reference(json, "#/components/schemas/Answer");
  json.end_array().end_object();
}

void write_shared_parameters(JsonWriter& json) {
  const auto header = [&](std::string_view key, std::string_view name, bool required, std::string_view description,
                          std::uint64_t max_length) {
    json.object(key).member("name", name).member("in", "header").key("required").boolean(required);
    json.member("description", description).object("schema").member("type", "string");
    json.key("minLength").number(std::uint64_t{1}).key("maxLength").number(max_length).end_object().end_object();
  };
  json.object("parameters");
  header(
      "IdempotencyKey", "Idempotency-Key", true,
      "Names this request in the tenant, bare or quoted. Repeat it with the same content to learn the first outcome.",
      255);
  header("IfMatch", "If-Match", false,
         "The entity tag of the version that is to be changed, \"v17\"; the same as expected_version.", 64);
  header("TillAtLeast", "Till-At-Least", false, "Answer from this position or a later one.", 64);
  header("Prefer", "Prefer", false, "wait=S bounds the wait for Till-At-Least in seconds.", 64);
  json.end_object().object("headers");
  json.object("TillPosition").member("description", "Position that the answer reflects").object("schema");
  json.member("type", "string").end_object().end_object();
  json.object("IdempotentReplayed").member("description", "true where this is the first outcome again");
  json.object("schema").member("type", "string").array("enum").string("true").end_array().end_object().end_object();
  json.end_object();
}

void write_components(JsonWriter& json) {
  SchemaCollector collector;
  for (const Route& route : all_routes()) {
    if (route.member != nullptr) collector.add(route.member->message_type(), SchemaUse::kRequest, path_names(route));
    if (route.body != nullptr) collector.add(route.body, SchemaUse::kRequest);
  }
  collector.add(schema::Answer::descriptor(), SchemaUse::kAnswer);
  for (const Route& route : all_routes()) {
    if (route.answer != nullptr) collector.add(route.answer, SchemaUse::kAnswer);
  }
  json.object("components").object("securitySchemes").object("bearer");
  json.member("type", "http").member("scheme", "bearer").member("description", "An API key of the tenant");
  json.end_object().end_object();
  write_shared_parameters(json);
  write_problem_responses(json);
  json.object("schemas");
  collector.write(json);
  write_answer_schema(json);
  write_batch_schemas(json);
  write_problem_schemas(json);
  json.end_object().end_object();
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kGroups{{
    {"sales", "Finished tickets: rung up in one request, voided, returned, exchanged; their receipts"},
    {"tickets", "Sales while they are open: lines, discounts, coupons, charges, payments, until they are completed"},
    {"payments", "Cash and cards as records: authorization, capture, offline, refund"},
    {"gift-cards", "Gift cards: issued, loaded, held, redeemed, moved, blocked"},
    {"customers", "Customers, their consents, store credit and accounts; exports and erasure of their data"},
    {"loyalty", "Points and the rewards that they are exchanged for"},
    {"catalog", "Products, barcodes, prices, taxes, promotions, coupons"},
    {"inventory", "Stock: received, moved, counted, reserved, and what is available"},
    {"stores", "Stores, their policies and days, and their terminals"},
    {"shifts", "Cash drawers from float to Z number; what the safe should hold"},
    {"employees", "Employees, their PINs and their time cards"},
    {"sessions", "Who works at which terminal, and what they may do"},
    {"sync", "Terminals that were away: what they did, and what changed meanwhile"},
    {"webhooks", "Receivers that events are sent to, and the secrets that sign them"},
    {"effects", "What is done outside for accepted commands, and what of it was given up"},
    {"alerts", "What is told by chat and mail without being asked for"},
    {"mail", "What mails to customers say"},
    {"batch", "Many commands in one request"},
    {"dashboards", "The running day of a store or of all stores"},
    {"reports", "Sums over ranges of days as JSON or CSV"},
    {"service", "The server itself: its health and its description"},
}};

void write_tags(JsonWriter& json) {
  json.array("tags");
  for (const auto& [group, description] : kGroups) {
    json.begin_object().member("name", group).member("description", description).end_object();
  }
  json.end_array();
}

}  // namespace

std::string openapi_json(std::string_view version) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("openapi", "3.1.0").object("info").member("title", "Till");
  json.member("version", version).member("description", kDescription).end_object();
  json.array("servers").begin_object().member("url", "/").end_object().end_array();
  json.array("security").begin_object().array("bearer").end_array().end_object().end_array();
  write_tags(json);
  write_paths(json);
  write_components(json);
  write_error_list(json);
  json.end_object();
  return out;
}

}  // namespace till
