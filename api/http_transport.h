// A connected socket, plain or under TLS, as a connection uses it. All of it belongs to one I/O thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "api/asio.h"

namespace till {

// One io_context a thread, so no strand and no type-erased executor.
using PlainSocket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;
using Slices = std::array<asio::const_buffer, 2>;

// Told of completions on the I/O thread; kept alive by the operation under way.
class TransportOwner {
 public:
  virtual ~TransportOwner() = default;
  virtual void on_connected(bool ok) = 0;                   // after start()
  virtual void on_read(bool ok, std::size_t bytes) = 0;     // after read_some(); not ok: the peer closed, or an error
  virtual void on_written(bool ok, std::size_t bytes) = 0;  // after write_some()
  virtual void on_lingered() = 0;                           // after linger()
};
using TransportOwnerPtr = std::shared_ptr<TransportOwner>;

// At most one operation of each kind is under way; close() ends all with not ok.
class HttpTransport {
 public:
  static constexpr std::ptrdiff_t kFailed = -1;

  explicit HttpTransport(PlainSocket&& socket) : socket_(std::move(socket)) {}
  virtual ~HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  // Makes the connection ready, for instance by a TLS handshake; may call on_connected() before it returns.
  virtual void start(TransportOwnerPtr owner) = 0;
  virtual void read_some(char* to, std::size_t most, TransportOwnerPtr owner) = 0;
  // Writes what goes without waiting: the number of bytes taken (0 where none, or where only write_some() can),
  // kFailed.
  virtual std::ptrdiff_t write_now(const Slices& slices) = 0;
  virtual void write_some(const Slices& slices, TransportOwnerPtr owner) = 0;
  // Ends sending, then discards what still arrives until the peer closes: closing with unread bytes would reset the
  // connection and could take the last answer from the peer.
  virtual void linger(TransportOwnerPtr owner) = 0;
  // True where the peer has sent bytes that no read has taken.
  bool bytes_waiting() const;
  void close();

 protected:
  void discard(TransportOwnerPtr owner, std::size_t left);

  static constexpr std::size_t kMaxDiscardedBytes = 1 << 20;
  PlainSocket socket_;

 private:
  std::array<char, 512> discarded_;
};

std::unique_ptr<HttpTransport> make_plain_transport(PlainSocket&& socket);
// `context` outlives the transport.
std::unique_ptr<HttpTransport> make_tls_transport(PlainSocket&& socket, asio::ssl::context& context);

}  // namespace till
