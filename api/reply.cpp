#include "api/reply.h"

#include "api/command_codec.h"
#include "api/json_codec.h"

namespace till {
namespace {

constexpr unsigned kUnauthorized = 401;
// Seconds. Queues drain within moments; followers catch up within seconds.
constexpr std::string_view kRetryAfter = "1";

}  // namespace

std::string request_instance(const HttpRequest& request) {
  return "/requests/" + std::to_string(request.request_number);
}

HttpResponse problem_response(const schema::Problem& problem, WireForm form) {
  HttpResponse response;
  response.status = problem.status();
  response.content_type = form == WireForm::kJson ? kProblemJson : content_type_of(form);
  response.body = problem_body(problem, form == WireForm::kProtobuf);
  if (problem.retryable()) response.headers.emplace_back("Retry-After", std::string(kRetryAfter));
  if (problem.status() == kUnauthorized) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse message_response(const google::protobuf::Message& message, WireForm form) {
  HttpResponse response;
  response.content_type = content_type_of(form);
  response.body = form == WireForm::kJson ? to_json(message) : message.SerializeAsString();
  return response;
}

std::string entity_tag(StreamVersion version) {
  return "\"v" + std::to_string(version.value()) + "\"";
}

void set_position(HttpResponse& response, std::string position) {
  response.headers.emplace_back("Till-Position", std::move(position));
}

}  // namespace till
