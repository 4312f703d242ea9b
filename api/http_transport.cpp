#include "api/http_transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace till {

bool HttpTransport::bytes_waiting() const {
  char byte = 0;
  // native_handle() is not const, though it changes nothing.
  const int fd = const_cast<PlainSocket&>(socket_).native_handle();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void HttpTransport::close() {
  AsioError ignored;
  socket_.close(ignored);
}

void HttpTransport::discard(TransportOwnerPtr owner, std::size_t left) {
  socket_.async_read_some(asio::buffer(discarded_),
                          [this, owner = std::move(owner), left](const AsioError& error, std::size_t bytes) mutable {
                            if (error || bytes >= left) return owner->on_lingered();
                            discard(std::move(owner), left - bytes);
                          });
}

namespace {

class PlainTransport final : public HttpTransport {
 public:
  using HttpTransport::HttpTransport;

  void start(TransportOwnerPtr owner) override { owner->on_connected(true); }

  void read_some(char* to, std::size_t most, TransportOwnerPtr owner) override {
    socket_.async_read_some(
        asio::buffer(to, most),
        [owner = std::move(owner)](const AsioError& error, std::size_t bytes) { owner->on_read(!error, bytes); });
  }

  std::ptrdiff_t write_now(const Slices& slices) override {
    std::array<iovec, 2> parts;
    std::size_t count = 0;
    for (const auto& slice : slices) {
      if (slice.size() > 0) parts[count++] = {const_cast<void*>(slice.data()), slice.size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : kFailed;
  }

  void write_some(const Slices& slices, TransportOwnerPtr owner) override {
    socket_.async_write_some(slices, [owner = std::move(owner)](const AsioError& error, std::size_t bytes) {
      owner->on_written(!error, bytes);
    });
  }

  void linger(TransportOwnerPtr owner) override {
    AsioError ignored;
    socket_.shutdown(PlainSocket::shutdown_send, ignored);
    discard(std::move(owner), kMaxDiscardedBytes);
  }
};

class TlsTransport final : public HttpTransport {
 public:
  TlsTransport(PlainSocket&& socket, asio::ssl::context& context)
      : HttpTransport(std::move(socket)), stream_(socket_, context) {}

  void start(TransportOwnerPtr owner) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [owner = std::move(owner)](const AsioError& error) { owner->on_connected(!error); });
  }

  void read_some(char* to, std::size_t most, TransportOwnerPtr owner) override {
    stream_.async_read_some(
        asio::buffer(to, most),
        [owner = std::move(owner)](const AsioError& error, std::size_t bytes) { owner->on_read(!error, bytes); });
  }

  std::ptrdiff_t write_now(const Slices&) override { return 0; }

  void write_some(const Slices& slices, TransportOwnerPtr owner) override {
    stream_.async_write_some(slices, [owner = std::move(owner)](const AsioError& error, std::size_t bytes) {
      owner->on_written(!error, bytes);
    });
  }

  void linger(TransportOwnerPtr owner) override {
    stream_.async_shutdown([this, owner = std::move(owner)](const AsioError&) mutable {
      AsioError ignored;
      socket_.shutdown(PlainSocket::shutdown_send, ignored);
      discard(std::move(owner), kMaxDiscardedBytes);
    });
  }

 private:
  asio::ssl::stream<PlainSocket&> stream_;
};

}  // namespace

std::unique_ptr<HttpTransport> make_plain_transport(PlainSocket&& socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<HttpTransport> make_tls_transport(PlainSocket&& socket, asio::ssl::context& context) {
  return std::make_unique<TlsTransport>(std::move(socket), context);
}

}  // namespace till
