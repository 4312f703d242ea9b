#include "ops/operator_client.h"

#include <filesystem>
#include <utility>

#include "api/http_client.h"
#include "ops/command_line.h"

namespace till {
namespace {

constexpr unsigned kFirstErrorStatus = 400;
constexpr unsigned kStatusBadRequest = 400, kUnprocessable = 422;
constexpr const char* kSocketName = "till.sock";

class SocketOperator final : public OperatorClient {
 public:
  explicit SocketOperator(HttpClient client) : client_(std::move(client)) {}

  Result<OperatorAnswer> call(std::string_view method, std::string_view target, std::string_view body) override {
    HttpHeaders headers;
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    auto reply = client_.request(method, target, headers, body);
    if (!reply) return reply.error();
    return OperatorAnswer{reply->status, std::move(reply->body)};
  }

 private:
  HttpClient client_;
};

}  // namespace

Result<std::unique_ptr<OperatorClient>> connect_operator(const std::string& data, std::chrono::milliseconds timeout) {
  std::error_code error;
  const auto path = std::filesystem::absolute(std::filesystem::path(data) / kSocketName, error);
  if (error || !std::filesystem::exists(path, error)) {
    return Error{ErrorKind::kUnavailable, "no server runs on " + data};
  }
  HttpClientOptions options;
  options.request_timeout = timeout;
  auto client = HttpClient::open("unix:" + path.string(), options);
  if (!client) return client.error();
  std::unique_ptr<OperatorClient> connected = std::make_unique<SocketOperator>(std::move(*client));
  // A socket file without a server behind it is what a killed server leaves.
  const auto alive = connected->call("GET", "/operator/tenants");
  if (!alive) return Error{ErrorKind::kUnavailable, "no server answers at " + path.string()};
  return connected;
}

Result<std::unique_ptr<OperatorClient>> open_operator(const Shell& shell) {
  auto running = connect_operator(shell.options.data);
  if (running || running.error().kind != ErrorKind::kUnavailable || !shell.offline_operator) return running;
  return shell.offline_operator(shell.options.data);
}

Result<JsonNode> ask_operator(OperatorClient& client, std::string_view method, std::string_view target,
                              std::string_view body) {
  auto answer = client.call(method, target, body);
  if (!answer) return answer.error();
  auto document = JsonNode::parse(answer->body);
  if (answer->status < kFirstErrorStatus) return document;
  if (!document) return refusal(answer->status, JsonNode());
  return refusal(answer->status, *document);
}

Error refusal(unsigned status, const JsonNode& problem) {
  const std::string sentence =
      problem["title"].text().empty() ? "the server answered " + std::to_string(status) : problem_sentence(problem);
  if (status == kStatusBadRequest || status == kUnprocessable) return Error{ErrorKind::kInvalid, sentence};
  if (problem["code"].text() == "OUTCOME_UNKNOWN") return Error{ErrorKind::kOutcomeUnknown, sentence};
  return Error{ErrorKind::kNotFound, sentence};
}

std::string problem_sentence(const JsonNode& problem) {
  std::string sentence(problem["title"].text());
  if (!problem["detail"].text().empty()) sentence += ": " + std::string(problem["detail"].text());
  for (const auto& error : problem["errors"].items()) {
    sentence += " (" + std::string(error["pointer"].text()) + " " + std::string(error["code"].text()) + ")";
  }
  return sentence.empty() ? std::string("refused") : sentence;
}

}  // namespace till
