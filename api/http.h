// What a handler sees of HTTP: a request whole in memory, and a responder that takes one answer from any thread.
// No Boost type appears here; the server behind it is http_server.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace till {

// Views point into the connection's buffers and stay valid until the responder has been used or dropped.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  // path and query as sent
  std::string_view body;
  std::string_view content_type;  // with parameters
  std::string_view accept;
  std::string_view authorization;
  std::string_view idempotency_key;
  bool has_idempotency_key = false;
  std::string_view if_match;
  bool has_if_match = false;
  std::string_view at_least;  // Till-At-Least
  std::string_view prefer;
  std::string_view traceparent;
  std::uint64_t request_number = 0;  // of this server since its start, for problem instances and log lines
};

struct HttpResponse {
  unsigned status = 200;
  std::string_view content_type = "application/json";  // of static storage
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  // further ones; names of static storage
};

// Answers one request. send() may be called from any thread, once; it hands the answer to the connection's I/O thread.
// Dropped unused, the request is answered with a problem of status 500. Cheap to move; outliving the connection is
// harmless.
class HttpResponder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void send(HttpResponse&& response) = 0;
  };
  HttpResponder() = default;
  explicit HttpResponder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  HttpResponder(HttpResponder&&) noexcept = default;
  HttpResponder& operator=(HttpResponder&&) noexcept = default;
  ~HttpResponder();
  void send(HttpResponse&& response) {
    if (auto sink = std::exchange(sink_, nullptr)) sink->send(std::move(response));
  }

 private:
  std::shared_ptr<Sink> sink_;
};

// Called on an I/O thread; must not block. Thread safe.
using HttpHandler = std::function<void(const HttpRequest& request, HttpResponder responder)>;
// Looks at a request whose body is still to come. An answer refuses it: it is sent at once, the body is not read, the
// connection ends. Called on an I/O thread; must not block. Thread safe.
using HttpGate = std::function<std::optional<HttpResponse>(const HttpRequest& head)>;

}  // namespace till
