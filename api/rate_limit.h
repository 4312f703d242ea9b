// Quotas of requests: token buckets of each tenant and, within it, of each terminal whose key is bound to it, so that
// one till's storm neither blocks another tenant nor takes the whole quota of its own. Told to the client by the
// RateLimit header fields.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace till {

struct RateLimitOptions {
  std::int64_t commands_per_second = 0;           // of each tenant; 0: no limit
  std::int64_t burst = 0;                         // 0: as many as one second's
  std::int64_t terminal_commands_per_second = 0;  // of each terminal; 0: no limit
  std::int64_t terminal_burst = 0;
};

// Thread safe. Holds one bucket for each tenant, and for each terminal, that a valid key named.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  struct Verdict {
    bool allowed = true;
    std::int64_t remaining = 0;      // of the tenant; 0 where it has no limit
    std::int64_t retry_after_s = 0;  // until one more is allowed, by all that limits it
    std::optional<std::int64_t> terminal_remaining;
  };

  explicit RateLimit(RateLimitOptions options);
  bool enabled() const { return tenants_.limits() || terminals_.limits(); }

  // Takes one token of the tenant, and one of the terminal unless `terminal` is empty, where each has one; else none.
  Verdict take(std::string_view tenant, Clock::time_point now, std::string_view terminal = {});
  // Takes further tokens for what a request turned out to hold. The buckets may go into debt, so that a batch larger
  // than the burst passes, and is paid for after it. The terminal is that of take(); none has a default, lest it be
  // forgotten.
  void charge(std::string_view tenant, std::int64_t more, Clock::time_point now, std::string_view terminal);

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
  // The buckets of one policy. Guarded by its owner's mutex, but for what never changes.
  class Buckets {
   public:
    Buckets(std::int64_t per_second, std::int64_t burst);
    bool limits() const { return per_second_ > 0; }
    Bucket& filled(std::string_view name, Clock::time_point now);
    // Seconds until the bucket has a whole token; 0 where it has one.
    std::int64_t wait_s(const Bucket& bucket) const;
    // "name";q=burst;w=seconds
    std::string policy(std::string_view name) const;

   private:
    std::int64_t per_second_;
    std::int64_t burst_;
    std::unordered_map<std::string, Bucket, TextHash, std::equal_to<>> buckets_;
  };

  std::mutex mutex_;
  Buckets tenants_;
  Buckets terminals_;
};

}  // namespace till
