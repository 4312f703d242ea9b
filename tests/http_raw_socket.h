// A client that sends exactly the bytes a test wants, right or wrong.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "api/socket_address.h"

namespace till {

class RawSocket {
 public:
  explicit RawSocket(const std::string& url) : fd_(connect(url)) {}
  bool connected() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }

  bool send(std::string_view bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  // Everything received so far, once it contains `text` `times` times, or the server has closed, or it took too long.
  const std::string& receive_until(std::string_view text, int times = 1) {
    while (count(text) < times && receive_some()) {
    }
    return received_;
  }
  // Everything up to the end of the connection; closed() tells whether that came.
  const std::string& receive_all() {
    while (receive_some()) {
    }
    return received_;
  }
  bool closed() const { return closed_; }
  int count(std::string_view text) const {
    int found = 0;
    for (std::size_t at = received_.find(text); at != std::string::npos; at = received_.find(text, at + text.size())) {
      ++found;
    }
    return found;
  }

 private:
  static constexpr int kPatienceMs = 10'000;

  static Descriptor connect(const std::string& url) {
    auto endpoint = parse_endpoint(url);
    if (!endpoint) return Descriptor();
    auto fd = connect_to(*endpoint, kPatienceMs);
    return fd ? std::move(fd.value()) : Descriptor();
  }
  bool receive_some() {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPatienceMs) != 1) return false;
    char piece[16 << 10];
    const ssize_t got = ::recv(fd_.get(), piece, sizeof piece, 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    received_.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  Descriptor fd_;
  std::string received_;
  bool closed_ = false;
};

}  // namespace till
