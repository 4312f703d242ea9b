// The operator socket: JSON in and out, no API key, since only the owner of the socket file reaches it. Routes are
// added by topic (operator_keys.h, operator_views.h, operator_log.h, and others' own).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http.h"
#include "api/json_node.h"
#include "api/worker_pool.h"
#include "engine/result.h"
#include "schemas/errors.pb.h"

namespace till {

struct OperatorRequest {
  std::string parameter;  // of the path, decoded; empty where the route has none
  std::vector<std::pair<std::string, std::string>> query;
  JsonNode body;  // an object; empty where no body was sent

  // Text of a member of the body or of a query parameter; empty where there is none.
  std::string_view text(std::string_view name) const;
};

struct OperatorAnswer {
  unsigned status = 200;
  std::string body;  // JSON; a problem where the status is 400 or more
};

OperatorAnswer operator_problem(schema::ErrorCode code, std::string_view detail);
// kNotFound is 404, kUnavailable and kCancelled 503, kInvalid 400, everything else 500, with the error's message as
// detail.
OperatorAnswer operator_problem(const Error& error);

// May block: runs on a worker.
using OperatorRoute = std::function<OperatorAnswer(const OperatorRequest& request)>;

// Routes are added before handler() is used. Thread safe after that.
class OperatorApi {
 public:
  OperatorApi();
  ~OperatorApi();

  // `path` as "/operator/views" or with one parameter at its end, "/operator/jobs/{id}", or before a last word,
  // "/operator/jobs/{id}/cancel".
  void add(std::string method, std::string path, OperatorRoute route);
  // For the HttpServer on the operator socket; stays valid as long as this object.
  HttpHandler handler();
  // Tells what runs to end early, and waits for it. Idempotent.
  void stop();
  // Set by stop(): long work looks at it.
  const std::atomic<bool>& stopping() const { return stopping_; }

 private:
  struct Entry {
    std::string method;
    std::string path;
    OperatorRoute route;
  };
  struct Found {
    const Entry* entry = nullptr;
    std::string parameter;
    std::string allow;
  };
  void handle(const HttpRequest& request, HttpResponder responder);
  Found find(std::string_view method, std::string_view path) const;

  std::vector<Entry> entries_;
  std::atomic<bool> stopping_{false};
  WorkerPool workers_;
};

}  // namespace till
