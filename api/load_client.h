// Load on an HTTP server from one thread: many keep-alive connections, raw sockets and epoll, as little work a request
// as can be, because it shares the machine with what it measures.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace till {

struct LoadOptions {
  std::string url;  // http://host:port or unix:/path
  unsigned connections = 64;
  std::chrono::milliseconds duration{10'000};      // no request is begun later
  std::chrono::milliseconds drain_timeout{5'000};  // then, for the answers still missing
  std::chrono::milliseconds connect_timeout{5'000};
  // 0: closed loop, each connection sends when its last answer is there. Else an open loop: requests fall due evenly at
  // this rate and wait for a free connection; their latency counts from when they were due, so that a stall of the
  // server is seen by all who would have come meanwhile.
  std::uint32_t requests_per_second = 0;
  std::size_t max_answer_bytes = 16 << 20;
  const std::atomic<bool>* stop =
      nullptr;  // ends the load early where it turns true; looked at every 100 ms or oftener
};

// One answer; the views last until the callback returns.
struct LoadAnswer {
  unsigned connection;
  unsigned status;
  std::string_view head;  // status line and header fields
  std::string_view body;
  std::uint64_t latency_us;
};

struct LoadResult {
  std::uint64_t sent = 0;  // requests begun
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;        // begun, but their connection ended without an answer: outcome unknown
  std::uint64_t unanswered = 0;  // begun, but still without answer when drain_timeout was over: outcome unknown
  std::uint64_t unsent = 0;      // open loop: due, but no connection was free before the end
  std::uint64_t reconnects = 0;
  std::uint64_t elapsed_us = 0;  // from the first request to the last answer
};

// Calls come on the thread of run_load(), between the I/O, so they should be quick.
struct LoadCallbacks {
  // Appends the bytes of the next request (whole: request line, header with Host and Content-Length, body) to `out`,
  // which is empty. False where this connection shall send no more.
  std::function<bool(unsigned connection, std::string& out)> next;
  std::function<void(const LoadAnswer& answer)> answered;
  // Optional: the request in flight on `connection` is lost. The connection is opened again and goes on with next().
  std::function<void(unsigned connection)> lost;
};

// Runs until the duration is over, or `next` has refused on every connection, or no connection can be opened any more.
// Answers are read by their Content-Length; one without (but for 204 and 304) counts as lost. kInvalid: bad options;
// kUnavailable: not one connection could be opened.
Result<LoadResult> run_load(const LoadOptions& options, const LoadCallbacks& callbacks);

}  // namespace till
