// An HTTP/1.1 server: sockets, limits, timeouts and drain around one HttpHandler. It knows no route.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/http.h"
#include "engine/result.h"

namespace till {

// Every bound of a server. What a client does beyond one of them costs only that client.
struct HttpServerOptions {
  // Where to listen: a numeric IPv4 or IPv6 address and port (0: a free one), or, where unix_path is not empty, a UNIX
  // socket of mode 0600 at that path (any length; a stale socket is replaced).
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string unix_path;
  // TLS 1.2 or later where both are set (PEM files).
  std::string tls_certificate_file;
  std::string tls_key_file;

  unsigned io_threads = 1;
  std::size_t max_connections = 10'000;             // beyond: 503 with Retry-After, then close
  std::size_t max_in_flight = 16'384;               // requests at the handler; beyond: 503 OVERLOADED
  std::size_t max_header_bytes = 16 << 10;          // request line and fields; beyond: 431
  std::size_t max_body_bytes = 8 << 20;             // beyond: 413
  std::size_t max_buffered_body_bytes = 256 << 20;  // of all connections together; beyond: 503 OVERLOADED

  std::chrono::milliseconds header_timeout{10'000};      // from the first byte of a request to the end of its header
  std::chrono::milliseconds body_timeout{10'000};        // for each min_progress_bytes of a body, else 408
  std::chrono::milliseconds body_total_timeout{60'000};  // for a whole body, else 408
  std::chrono::milliseconds write_timeout{10'000};       // for each min_progress_bytes of an answer, else closed
  std::chrono::milliseconds idle_timeout{75'000};        // between requests, and before the first
  std::chrono::milliseconds linger_timeout{1'000};       // for the peer to read a last answer before the socket closes
  std::size_t min_progress_bytes = 16 << 10;
};

// Totals since the start, but for open_connections and in_flight, which are of now.
struct HttpServerCounters {
  std::uint64_t open_connections = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;  // handed to the handler
  std::uint64_t refused = 0;   // answered or closed by the server itself: limits, malformed requests, overload
  std::uint64_t timeouts = 0;  // connections closed for being slow (idle ones are not counted)
  std::uint64_t bytes_in = 0;  // of HTTP, before TLS
  std::uint64_t bytes_out = 0;
};

// Thread safe but for the destructor. Requests of one connection are handled one after another, in order; the handler
// runs on the I/O threads. Responders may outlive the server: their answers are then dropped.
class HttpServer {
 public:
  // What start() would refuse with kInvalid, without binding anything.
  static Status check(const HttpServerOptions& options);
  // Listens and serves when this returns. kUnavailable: address or path cannot be bound. kInvalid: bad address or TLS
  // files. `handler` and `gate` live until stop() returns; without a gate every body is read.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler,
                                                   HttpGate gate = nullptr);
  ~HttpServer();  // stop()

  // The bound port; 0 for a UNIX socket.
  std::uint16_t port() const;
  // Closes the listening socket (and removes its path). Open connections go on.
  void stop_accepting();
  // Stops accepting, closes idle connections, and lets requests that have begun finish; their answers say
  // `Connection: close`. Blocks until no connection is open or `timeout` is over; true where none was left.
  bool drain(std::chrono::milliseconds timeout);
  // Closes what is open and ends the I/O threads. Idempotent. Not from a handler.
  void stop();
  HttpServerCounters counters() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace till
