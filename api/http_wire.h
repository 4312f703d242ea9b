// A blocking byte stream to a server: TCP, TLS over it, or a UNIX socket.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "api/socket_address.h"
#include "engine/result.h"

namespace till {

// One thread at a time. Every call ends by `deadline`: then, or where the peer is gone, the answer is kUnavailable and
// the wire is of no further use.
class HttpWire {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `ca_file`: certificates (PEM) to trust instead of the system's; only for TLS, where the server's certificate must
  // name the host.
  static Result<std::unique_ptr<HttpWire>> connect(const Endpoint& endpoint, const std::string& ca_file,
                                                   TimePoint deadline);
  virtual ~HttpWire() = default;
  virtual Status send(std::string_view bytes, TimePoint deadline) = 0;
  // Bytes read, at least one; 0 where the peer has ended the stream.
  virtual Result<std::size_t> receive(char* to, std::size_t most, TimePoint deadline) = 0;
};

}  // namespace till
