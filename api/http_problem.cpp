#include "api/http_problem.h"

#include <atomic>
#include <cstdint>
#include <string>

#include "api/problem.h"

namespace till {
namespace {

constexpr unsigned kServiceUnavailable = 503;
constexpr std::string_view kRetryAfterSeconds = "1";

// Such requests have no number of their own: they are counted apart, so that each answer names one occurrence.
std::string refusal_instance() {
  static std::atomic<std::uint64_t> refusals{0};
  return "/refusals/" + std::to_string(refusals.fetch_add(1, std::memory_order_relaxed) + 1);
}

}  // namespace

HttpResponse transport_problem(schema::ErrorCode code, std::string_view detail) {
  const schema::Problem problem = make_problem(code, detail, refusal_instance());
  HttpResponse response;
  response.status = problem.status();
  response.content_type = kProblemJson;
  response.body = problem_json(problem);
  if (problem.retryable() && problem.status() == kServiceUnavailable) {
    response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  }
  return response;
}

}  // namespace till
