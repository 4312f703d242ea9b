#include "api/operator_api.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "api/problem.h"
#include "api/routes.h"

namespace till {
namespace {

// Long ones, such as a verification of the whole log, must leave a thread to the others.
constexpr std::size_t kThreads = 4;
constexpr std::size_t kQueueMost = 64;
constexpr unsigned kFirstErrorStatus = 400;

HttpResponse response_of(OperatorAnswer&& answer) {
  HttpResponse response;
  response.status = answer.status;
  response.body = std::move(answer.body);
  if (answer.status >= kFirstErrorStatus) response.content_type = kProblemJson;
  return response;
}

// The parameter where `path` has the form of `pattern`, "" where the pattern has none.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view raw = path.substr(before.size(), path.size() - before.size() - after.size());
  std::string decoded;
  if (raw.find('/') != std::string_view::npos || !percent_decode(raw, false, decoded)) return std::nullopt;
  return decoded;
}

// Query and body; a problem where they cannot be read.
std::optional<OperatorAnswer> read_input(std::string_view query, std::string_view body, OperatorRequest& request) {
  if (!parse_query(query, request.query)) {
    return operator_problem(schema::PARAMETER_INVALID, "the query cannot be decoded");
  }
  if (body.empty()) return std::nullopt;
  Result<JsonNode> parsed = JsonNode::parse(body);
  if (!parsed.ok()) return operator_problem(schema::MALFORMED_BODY, parsed.error().message);
  if (!parsed->is_object()) return operator_problem(schema::MALFORMED_BODY, "the body is a JSON object");
  request.body = std::move(*parsed);
  return std::nullopt;
}

}  // namespace

std::string_view OperatorRequest::text(std::string_view name) const {
  if (body.has(name)) return body[name].text();
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

OperatorAnswer operator_problem(schema::ErrorCode code, std::string_view detail) {
  const schema::Problem problem = make_problem(code, detail);
  return {problem.status(), problem_json(problem)};
}

OperatorAnswer operator_problem(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return operator_problem(schema::ROUTE_NOT_FOUND, error.message);
    case ErrorKind::kUnavailable:
    case ErrorKind::kCancelled:
      return operator_problem(schema::VIEW_UNAVAILABLE, error.message);
    case ErrorKind::kInvalid:
      return operator_problem(schema::BAD_REQUEST, error.message);
    case ErrorKind::kCorrupt:
    case ErrorKind::kHistoryMismatch:
    case ErrorKind::kOutcomeUnknown:
    case ErrorKind::kPoison:
      break;
  }
  return operator_problem(schema::INTERNAL_ERROR, error.message);
}

OperatorApi::OperatorApi() : workers_(kThreads, kQueueMost) {}

OperatorApi::~OperatorApi() {
  stop();
}

void OperatorApi::stop() {
  stopping_ = true;
  workers_.stop();
}

void OperatorApi::add(std::string method, std::string path, OperatorRoute route) {
  entries_.push_back({std::move(method), std::move(path), std::move(route)});
}

HttpHandler OperatorApi::handler() {
  return [this](const HttpRequest& request, HttpResponder responder) { handle(request, std::move(responder)); };
}

OperatorApi::Found OperatorApi::find(std::string_view method, std::string_view path) const {
  Found found;
  for (const Entry& entry : entries_) {
    std::optional<std::string> parameter = match(entry.path, path);
    if (!parameter) continue;
    if (entry.method == method) return {&entry, std::move(*parameter), {}};
    found.allow += found.allow.empty() ? entry.method : ", " + entry.method;
  }
  return found;
}

void OperatorApi::handle(const HttpRequest& request, HttpResponder responder) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  Found found = find(request.method, target.substr(0, mark));
  if (found.entry == nullptr) {
    const auto code = found.allow.empty() ? schema::ROUTE_NOT_FOUND : schema::METHOD_NOT_ALLOWED;
    HttpResponse response = response_of(operator_problem(code, {}));
    if (!found.allow.empty()) response.headers.emplace_back("Allow", found.allow);
    return responder.send(std::move(response));
  }
  auto input = std::make_shared<OperatorRequest>();
  input->parameter = std::move(found.parameter);
  const std::string_view query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  if (auto problem = read_input(query, request.body, *input)) return responder.send(response_of(std::move(*problem)));
  auto answer_to = std::make_shared<HttpResponder>(std::move(responder));
  const bool posted =
      workers_.post([entry = found.entry, input, answer_to] { answer_to->send(response_of(entry->route(*input))); });
  if (!posted) answer_to->send(response_of(operator_problem(schema::OVERLOADED, {})));
}

}  // namespace till
