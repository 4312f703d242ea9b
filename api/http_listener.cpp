#include "api/http_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace till {
namespace {

constexpr int kBacklog = 4096;
constexpr unsigned kAcceptedAtOnce = 64;  // before other connections get their turn
constexpr std::size_t kMaxRefusing = 64;  // connections told politely that there are too many; more are just closed
constexpr std::chrono::milliseconds kPause{50};  // when the process is out of descriptors
constexpr int kProbeTimeoutMs = 1000;

Error cannot(const std::string& what, int code) {
  return Error{ErrorKind::kUnavailable, "cannot " + what + ": " + std::strerror(code)};
}

Result<Descriptor> listen_ip(const HttpServerOptions& options) {
  auto address = ip_address(options.address, options.port);
  if (!address) return address.error();
  const std::string place = options.address + " port " + std::to_string(options.port);
  Descriptor fd(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return cannot("open a socket", errno);
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address->get(), address->size) != 0) return cannot("bind " + place, errno);
  if (::listen(fd.get(), kBacklog) != 0) return cannot("listen at " + place, errno);
  return fd;
}

// A socket file that nobody listens at is what a killed server leaves.
Status remove_stale(const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return Error{ErrorKind::kUnavailable, path + " exists and is no socket"};
  if (connect_to({false, true, path, {}}, kProbeTimeoutMs).ok()) {
    return Error{ErrorKind::kUnavailable, "a server listens at " + path + " already"};
  }
  ::unlink(path.c_str());
  return {};
}

Result<Descriptor> listen_unix(const HttpServerOptions& options) {
  const std::string& path = options.unix_path;
  if (const Status removed = remove_stale(path); !removed.ok()) return removed.error();
  auto address = unix_address(path);
  if (!address) return address.error();
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return cannot("open a socket", errno);
  // The file takes the mode of the socket, so that it is never open to others, not even for a moment.
  if (::fchmod(fd.get(), 0600) != 0) return cannot("set the mode of " + path, errno);
  if (::bind(fd.get(), address->get(), address->size) != 0) return cannot("bind " + path, errno);
  if (::listen(fd.get(), kBacklog) != 0) return cannot("listen at " + path, errno);
  return fd;
}

}  // namespace

Result<std::unique_ptr<HttpListener>> HttpListener::open(std::shared_ptr<HttpShared> shared,
                                                         std::vector<std::shared_ptr<HttpWorker>> workers) {
  const HttpServerOptions& options = shared->options;
  auto fd = options.unix_path.empty() ? listen_ip(options) : listen_unix(options);
  if (!fd) return fd.error();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(fd->get(), reinterpret_cast<sockaddr*>(&bound), &size);
  std::unique_ptr<HttpListener> listener(
      new HttpListener(std::move(shared), std::move(workers), std::move(fd.value())));
  listener->family_ = bound.ss_family;
  if (bound.ss_family == AF_INET) listener->port_ = ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  if (bound.ss_family == AF_INET6) listener->port_ = ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
  listener->bound_path_ = listener->shared_->options.unix_path;
  return listener;
}

HttpListener::HttpListener(std::shared_ptr<HttpShared> shared, std::vector<std::shared_ptr<HttpWorker>> workers,
                           Descriptor fd)
    : shared_(std::move(shared)),
      workers_(std::move(workers)),
      socket_(workers_.front()->io(), fd.release()),
      pause_(workers_.front()->io()) {}

HttpListener::~HttpListener() {
  close();
}

void HttpListener::start() {
  wait();
}

void HttpListener::close() {
  if (!socket_.is_open()) return;
  AsioError ignored;
  socket_.close(ignored);
  pause_.cancel();
  if (!bound_path_.empty()) ::unlink(bound_path_.c_str());
}

void HttpListener::wait() {
  socket_.async_wait(asio::posix::descriptor_base::wait_read, [this](const AsioError& error) {
    if (!error) accept_waiting();
  });
}

void HttpListener::accept_waiting() {
  if (!socket_.is_open()) return;
  for (unsigned i = 0; i < kAcceptedAtOnce; ++i) {
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause_.expires_after(kPause);
      pause_.async_wait([this](const AsioError& error) {
        if (!error) accept_waiting();
      });
      return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    }
  }
  wait();
}

void HttpListener::admit(int fd) {
  const bool over_limit =
      shared_->open_connections.load() - shared_->refusing.load() >= shared_->options.max_connections;
  if (over_limit) {
    if (shared_->refusing.load() >= kMaxRefusing) {
      ::close(fd);
      return;
    }
    shared_->refusing.fetch_add(1);
  }
  shared_->open_connections.fetch_add(1);
  if (family_ != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  workers_[next_worker_++ % workers_.size()]->adopt(fd, family_, over_limit);
}

}  // namespace till
