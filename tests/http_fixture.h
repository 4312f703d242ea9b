// A server that echoes, helpers to talk to it, and a handler whose answers another thread gives.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "api/http_server.h"
#include "tests/http_raw_socket.h"

namespace till::http_test {

using std::chrono::milliseconds;

inline std::string url_of(const HttpServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

// Says what it was asked.
inline void echo(const HttpRequest& request, HttpResponder responder) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body.append(request.method).append(" ").append(request.target).append(" [").append(request.body).append("]");
  if (request.has_idempotency_key) response.headers.emplace_back("Till-Key", std::string(request.idempotency_key));
  responder.send(std::move(response));
}

inline std::unique_ptr<HttpServer> serve(HttpServerOptions options = {}, HttpHandler handler = echo) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  REQUIRE(server.ok());
  return std::move(server.value());
}

inline std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(fields) + "\r\n";
}

// What the server says to bytes after which it must close.
inline std::string last_words(const HttpServer& server, std::string_view bytes) {
  RawSocket socket(url_of(server));
  REQUIRE(socket.connected());
  socket.send(bytes);
  const std::string words = socket.receive_all();
  CHECK(socket.closed());
  return words;
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

// Keeps responders for another thread to answer.
class Later {
 public:
  HttpHandler handler() {
    return [this](const HttpRequest&, HttpResponder responder) {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(responder));
    };
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  std::vector<HttpResponder> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<HttpResponder> waiting_;
};

}  // namespace till::http_test
