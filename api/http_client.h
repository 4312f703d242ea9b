// A blocking HTTP client for the command line, importers and tests: one keep-alive connection, one request at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http_wire.h"
#include "engine/result.h"

namespace till {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
  unsigned status = 0;
  HttpHeaders headers;  // names in lower case, in order of arrival
  std::string body;

  // Value of the first header of that (lower-case) name; empty where there is none.
  std::string_view header(std::string_view name) const;
};

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{30'000};  // from the first byte sent to the last received
  std::size_t max_reply_bytes = 256 << 20;
  std::string ca_file;  // PEM, to trust instead of the system's certificates; https only
};

// One thread at a time. Movable.
class HttpClient {
 public:
  // `url`: http://host:port, https://host:port or unix:/path. kInvalid for another form. Nothing is connected yet.
  static Result<HttpClient> open(std::string_view url, HttpClientOptions options = {});

  // Sends a request and reads its answer, whatever its status; connects first where needed. Host and Content-Length are
  // added. A kept connection that the server has closed meanwhile is replaced once, if the request can be repeated
  // without harm (GET, HEAD, PUT, DELETE, or any with an Idempotency-Key). Errors: kInvalid (a header or target with a
  // line break), kUnavailable (not reached: nothing has happened), kOutcomeUnknown (sent, but no whole answer came
  // back), kCorrupt (the answer is no HTTP or too large).
  Result<HttpReply> request(std::string_view method, std::string_view target, const HttpHeaders& headers = {},
                            std::string_view body = {});

  // Ends the connection; the next request opens another.
  void disconnect() { wire_.reset(); }

 private:
  HttpClient(Endpoint endpoint, HttpClientOptions options);
  Status ensure_connected();
  std::string format(std::string_view method, std::string_view target, const HttpHeaders& headers,
                     std::string_view body) const;
  Result<HttpReply> exchange(std::string_view bytes, bool is_head, bool& nothing_came);

  Endpoint endpoint_;
  HttpClientOptions options_;
  std::unique_ptr<HttpWire> wire_;
};

}  // namespace till
