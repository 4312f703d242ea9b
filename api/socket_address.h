// Socket addresses from text: `http://host:port`, `https://host:port`, `unix:/path`, and numeric ones to listen at.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace till {

struct Endpoint {
  bool tls = false;
  bool is_unix = false;
  std::string host;  // or the path of a UNIX socket
  std::string port;
};

// kInvalid where `url` has another form. A path after the port, but for a lone '/', is not taken.
Result<Endpoint> parse_endpoint(std::string_view url);

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  // A UNIX path longer than the 107 bytes of a socket address is reached through its open directory.
  Descriptor directory;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Address of a UNIX socket at a path of any length; the result must outlive the call that uses it. kNotFound where its
// directory is missing, kInvalid where its last part alone is too long.
Result<SocketAddress> unix_address(const std::string& path);

// Numeric IPv4 or IPv6 address. kInvalid for anything else.
Result<SocketAddress> ip_address(const std::string& address, std::uint16_t port);

// A connected, blocking socket (TCP_NODELAY where it is TCP). kUnavailable where nobody answers within `timeout_ms`.
Result<Descriptor> connect_to(const Endpoint& endpoint, int timeout_ms);

}  // namespace till
