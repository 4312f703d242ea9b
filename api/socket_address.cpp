#include "api/socket_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace till {
namespace {

Error unavailable(const std::string& what, int code) {
  return Error{ErrorKind::kUnavailable, what + ": " + std::strerror(code)};
}

// 0 or an errno. Leaves the socket blocking.
int connect_within(int fd, const sockaddr* address, socklen_t size, int timeout_ms) {
  const int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  int code = 0;
  if (::connect(fd, address, size) != 0) {
    code = errno;
    if (code == EINPROGRESS) {
      pollfd waiting{fd, POLLOUT, 0};
      socklen_t code_size = sizeof code;
      if (::poll(&waiting, 1, timeout_ms) != 1) {
        code = ETIMEDOUT;
      } else {
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &code_size);
      }
    }
  }
  fcntl(fd, F_SETFL, flags);
  return code;
}

Result<Descriptor> connect_unix(const Endpoint& endpoint, int timeout_ms) {
  auto address = unix_address(endpoint.host);
  if (!address) return address.error();
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return unavailable("cannot open a socket", errno);
  if (const int code = connect_within(fd.get(), address->get(), address->size, timeout_ms)) {
    return unavailable("cannot connect to unix:" + endpoint.host, code);
  }
  return fd;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  const Error invalid{ErrorKind::kInvalid,
                      "not http://host:port, https://host:port or unix:/path: " + std::string(url)};
  Endpoint endpoint;
  if (url.starts_with("unix:")) {
    endpoint.is_unix = true;
    endpoint.host = url.substr(5);
    if (endpoint.host.empty()) return invalid;
    return endpoint;
  }
  endpoint.tls = url.starts_with("https://");
  if (!endpoint.tls && !url.starts_with("http://")) return invalid;
  url.remove_prefix(endpoint.tls ? 8 : 7);
  if (url.ends_with('/')) url.remove_suffix(1);
  const bool is_ipv6 = url.starts_with('[');
  const std::size_t bracket = is_ipv6 ? url.find(']') : 0;
  if (bracket == std::string_view::npos) return invalid;
  const std::size_t colon = url.find(':', bracket);
  endpoint.host = is_ipv6 ? url.substr(1, bracket - 1) : url.substr(0, colon);
  endpoint.port = colon != std::string_view::npos ? std::string(url.substr(colon + 1)) : endpoint.tls ? "443" : "80";
  const bool digits = endpoint.port.find_first_not_of("0123456789") == std::string::npos;
  if (endpoint.host.empty() || endpoint.port.empty() || !digits) return invalid;
  return endpoint;
}

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress address;
  auto* const out = reinterpret_cast<sockaddr_un*>(&address.storage);
  std::string short_path = path;
  if (path.size() >= sizeof out->sun_path) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    address.directory = Descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory.valid()) {
      return Error{ErrorKind::kNotFound, "cannot open directory " + directory + ": " + std::strerror(errno)};
    }
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    short_path = "/proc/self/fd/" + std::to_string(address.directory.get()) + "/" + name;
    if (short_path.size() >= sizeof out->sun_path) {
      return Error{ErrorKind::kInvalid, "name of UNIX socket is too long: " + name};
    }
  }
  out->sun_family = AF_UNIX;
  std::memcpy(out->sun_path, short_path.c_str(), short_path.size() + 1);
  address.size = sizeof(sockaddr_un);
  return address;
}

Result<SocketAddress> ip_address(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    result.size = sizeof(sockaddr_in);
    return result;
  }
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    result.size = sizeof(sockaddr_in6);
    return result;
  }
  return Error{ErrorKind::kInvalid, "not a numeric IP address: " + address};
}

Result<Descriptor> connect_to(const Endpoint& endpoint, int timeout_ms) {
  if (endpoint.is_unix) return connect_unix(endpoint, timeout_ms);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int looked_up = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (looked_up != 0) {
    return Error{ErrorKind::kUnavailable, "cannot resolve " + endpoint.host + ": " + gai_strerror(looked_up)};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  int code = ECONNREFUSED;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Descriptor fd(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (!fd.valid()) {
      code = errno;
      continue;
    }
    code = connect_within(fd.get(), each->ai_addr, each->ai_addrlen, timeout_ms);
    if (code != 0) continue;
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  return unavailable("cannot connect to " + endpoint.host + ":" + endpoint.port, code);
}

}  // namespace till
