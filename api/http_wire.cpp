#include "api/http_wire.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace till {
namespace {

using std::chrono::microseconds;

int remaining_ms(HttpWire::TimePoint deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

// Bounds the next call on the socket; false where the time is over.
bool bound_call(int fd, int option, HttpWire::TimePoint deadline) {
  const auto left = std::chrono::duration_cast<microseconds>(deadline - std::chrono::steady_clock::now()).count();
  if (left <= 0) return false;
  const timeval timeout{left / 1'000'000, left % 1'000'000};
  return setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout) == 0;
}

Error timed_out() {
  return Error{ErrorKind::kUnavailable, "the server did not answer in time"};
}

Error broken(int code) {
  if (code == EAGAIN || code == EWOULDBLOCK) return timed_out();
  return Error{ErrorKind::kUnavailable, std::string("connection lost: ") + std::strerror(code)};
}

class PlainWire final : public HttpWire {
 public:
  explicit PlainWire(Descriptor fd) : fd_(std::move(fd)) {}

  Status send(std::string_view bytes, TimePoint deadline) override {
    while (!bytes.empty()) {
      if (!bound_call(fd_.get(), SO_SNDTIMEO, deadline)) return timed_out();
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR) return broken(errno);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  }

  Result<std::size_t> receive(char* to, std::size_t most, TimePoint deadline) override {
    for (;;) {
      if (!bound_call(fd_.get(), SO_RCVTIMEO, deadline)) return timed_out();
      const ssize_t got = ::recv(fd_.get(), to, most, 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return broken(errno);
    }
  }

 private:
  Descriptor fd_;
};

// OpenSSL's own socket BIO lets a closed peer raise SIGPIPE; this one does not.
int bio_write(BIO* bio, const char* data, int size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  return static_cast<int>(::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL));
}

int bio_read(BIO* bio, char* data, int size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  return static_cast<int>(::recv(fd, data, static_cast<std::size_t>(size), 0));
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* quiet_socket() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

Error tls_failed(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return Error{ErrorKind::kUnavailable,
               "TLS " + what + " failed: " + (reason ? reason : "connection lost or too slow")};
}

class TlsWire final : public HttpWire {
 public:
  TlsWire(Descriptor fd, SSL_CTX* context) : fd_(std::move(fd)), context_(context, SSL_CTX_free) {}

  Status handshake(const std::string& host, const std::string& ca_file, TimePoint deadline) {
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const bool trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                         : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) == 1;
    if (!trusted) {
      ERR_clear_error();
      return Error{ErrorKind::kInvalid, "cannot read the certificates to trust: " + ca_file};
    }
    ssl_.reset(SSL_new(context));
    unsigned char scratch[sizeof(in6_addr)];
    const bool numeric =
        inet_pton(AF_INET, host.c_str(), scratch) == 1 || inet_pton(AF_INET6, host.c_str(), scratch) == 1;
    if (numeric) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
      SSL_set1_host(ssl_.get(), host.c_str());
    }
    BIO* const bio = BIO_new(quiet_socket());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd_.get())));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    if (!bound_call(fd_.get(), SO_RCVTIMEO, deadline) || !bound_call(fd_.get(), SO_SNDTIMEO, deadline))
      return timed_out();
    if (SSL_connect(ssl_.get()) != 1) return tls_failed("handshake");
    return {};
  }

  Status send(std::string_view bytes, TimePoint deadline) override {
    while (!bytes.empty()) {
      if (!bound_call(fd_.get(), SO_SNDTIMEO, deadline)) return timed_out();
      std::size_t sent = 0;
      if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) return tls_failed("write");
      bytes.remove_prefix(sent);
    }
    return {};
  }

  Result<std::size_t> receive(char* to, std::size_t most, TimePoint deadline) override {
    if (!bound_call(fd_.get(), SO_RCVTIMEO, deadline)) return timed_out();
    std::size_t got = 0;
    if (SSL_read_ex(ssl_.get(), to, most, &got) == 1) return got;
    if (SSL_get_error(ssl_.get(), 0) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    return tls_failed("read");
  }

 private:
  Descriptor fd_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

}  // namespace

Result<std::unique_ptr<HttpWire>> HttpWire::connect(const Endpoint& endpoint, const std::string& ca_file,
                                                    TimePoint deadline) {
  auto fd = connect_to(endpoint, remaining_ms(deadline));
  if (!fd) return fd.error();
  if (!endpoint.tls) return std::unique_ptr<HttpWire>(std::make_unique<PlainWire>(std::move(fd.value())));
  auto wire = std::make_unique<TlsWire>(std::move(fd.value()), SSL_CTX_new(TLS_client_method()));
  if (const Status ready = wire->handshake(endpoint.host, ca_file, deadline); !ready.ok()) return ready.error();
  return std::unique_ptr<HttpWire>(std::move(wire));
}

}  // namespace till
