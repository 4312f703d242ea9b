// A receiver of webhooks inside of the load generator: how long after its transaction each one came.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/http_server.h"
#include "engine/result.h"

namespace till {

class HookCounter {
 public:
  // Answers 200 after `delay`.
  static Result<std::unique_ptr<HookCounter>> start(std::chrono::milliseconds delay);
  ~HookCounter();

  std::string url() const;
  std::uint64_t received() const;
  // Of all that came, in the order of their coming: from the record's time to the arrival.
  std::vector<std::uint32_t> latencies_us() const;
  void forget();

 private:
  explicit HookCounter(std::chrono::milliseconds delay) : delay_(delay) {}
  void take(const HttpRequest& request, HttpResponder responder);

  const std::chrono::milliseconds delay_;
  std::unique_ptr<HttpServer> server_;
  mutable std::mutex mutex_;
  std::vector<std::uint32_t> latencies_us_;
  std::uint64_t received_ = 0;
  std::vector<std::thread> waiting_;  // of delayed answers
};

}  // namespace till
