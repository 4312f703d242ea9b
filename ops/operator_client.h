// The way to a server's operator socket; the subcommands for people in charge are thin clients of it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/json_node.h"
#include "api/operator_api.h"
#include "engine/result.h"

namespace till {

struct Shell;

// One thread.
class OperatorClient {
 public:
  virtual ~OperatorClient() = default;
  // `target` as in operator_api.h: "/operator/…". `body` is a JSON object or empty.
  virtual Result<OperatorAnswer> call(std::string_view method, std::string_view target, std::string_view body = {}) = 0;
};

// Answers the same routes from the stores themselves, for when no server runs; made by main(), which knows them. Takes
// the directory lock. kUnavailable where another process holds it.
using OfflineOperator = std::function<Result<std::unique_ptr<OperatorClient>>(const std::string& data)>;

// A verification reads the whole log, so that minutes are no fault.
inline constexpr std::chrono::minutes kOperatorTimeout{60};

// The server of `data`, through its socket. kUnavailable where none listens.
Result<std::unique_ptr<OperatorClient>> connect_operator(const std::string& data,
                                                         std::chrono::milliseconds timeout = kOperatorTimeout);

// The running server of shell.options.data, else its stores.
Result<std::unique_ptr<OperatorClient>> open_operator(const Shell& shell);

// What a refusal (status 400 and above) is to a caller, with the problem's title and detail: kInvalid where the request
// itself is wrong, kOutcomeUnknown where the problem says so, else kNotFound: the server was reached and said no.
Error refusal(unsigned status, const JsonNode& problem);

// Calls and reads the answer; refusal() of a refusal.
Result<JsonNode> ask_operator(OperatorClient& client, std::string_view method, std::string_view target,
                              std::string_view body = {});

// Title and detail of a problem document, for people.
std::string problem_sentence(const JsonNode& problem);

}  // namespace till
