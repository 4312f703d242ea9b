// A quota of requests for each tenant: a token bucket, told to the client by the RateLimit header fields.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace till {

struct RateLimitOptions {
  std::int64_t commands_per_second = 0;  // 0: no limit
  std::int64_t burst = 0;                // 0: as many as one second's
};

// Thread safe. Holds one bucket for each tenant that a valid key named.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  struct Verdict {
    bool allowed = true;
    std::int64_t remaining = 0;
    std::int64_t retry_after_s = 0;  // until one more is allowed
  };

  explicit RateLimit(RateLimitOptions options);
  bool enabled() const { return options_.commands_per_second > 0; }

  // Takes one token where there is one.
  Verdict take(std::string_view tenant, Clock::time_point now);
  // Takes further tokens for what a request turned out to hold. The bucket may go into debt, so that a batch larger
  // than the burst passes, and is paid for after it.
  void charge(std::string_view tenant, std::int64_t more, Clock::time_point now);

  // RateLimit-Policy and RateLimit.
  void add_headers(const Verdict& verdict, std::vector<std::pair<std::string_view, std::string>>& headers) const;

 private:
  struct Bucket {
    std::int64_t micro_tokens = 0;  // x 1e-6
    Clock::time_point filled;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Bucket& filled_bucket(std::string_view tenant, Clock::time_point now);

  RateLimitOptions options_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket, TextHash, std::equal_to<>> buckets_;
};

}  // namespace till
