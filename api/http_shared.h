// What the I/O threads of one HttpServer share: options, handler, and the counts that bound them together.
#pragma once

#include <atomic>
#include <optional>

#include "api/asio.h"
#include "api/http_server.h"

namespace till {

struct HttpShared {
  HttpServerOptions options;
  HttpHandler handler;
  HttpGate gate;  // may be null
  std::optional<asio::ssl::context> tls;

  std::atomic<std::size_t> open_connections{0};
  std::atomic<std::size_t> refusing{0};  // of them, those being told that there are too many
  std::atomic<std::size_t> in_flight{0};
  std::atomic<std::size_t> buffered_body_bytes{0};
  std::atomic<std::uint64_t> next_request_number{1};
};

// One I/O thread's part of the totals: written by that thread only, read by any.
struct HttpWorkerCounts {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
};

// Cheaper than fetch_add; right because a count has one writer.
inline void add(std::atomic<std::uint64_t>& count, std::uint64_t n = 1) {
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

// Bytes of request bodies that one connection holds, charged to the server's common bound in steps.
class BodyCharge {
 public:
  explicit BodyCharge(HttpShared& shared) : shared_(shared) {}
  BodyCharge(const BodyCharge&) = delete;
  BodyCharge& operator=(const BodyCharge&) = delete;
  ~BodyCharge() { release(); }

  // False where the server holds too much already. The first kFree bytes of a body are not counted: they are bounded by
  // the number of connections.
  bool grow_to(std::size_t bytes) {
    if (bytes <= kFree + charged_) return true;
    const std::size_t more = (bytes - kFree - charged_ + kStep - 1) / kStep * kStep;
    const std::size_t before = shared_.buffered_body_bytes.fetch_add(more, std::memory_order_relaxed);
    charged_ += more;
    return before + more <= shared_.options.max_buffered_body_bytes;
  }
  void release() {
    if (charged_ == 0) return;
    shared_.buffered_body_bytes.fetch_sub(charged_, std::memory_order_relaxed);
    charged_ = 0;
  }

 private:
  static constexpr std::size_t kFree = 16 << 10;
  static constexpr std::size_t kStep = 64 << 10;
  HttpShared& shared_;
  std::size_t charged_ = 0;
};

}  // namespace till
