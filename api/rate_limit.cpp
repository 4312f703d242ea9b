#include "api/rate_limit.h"

#include <algorithm>

namespace till {
namespace {

constexpr std::int64_t kMicro = 1'000'000;
// A bucket is full after this long in any case; keeps the arithmetic far from overflow.
constexpr std::int64_t kFillMicrosMost = 3600 * kMicro;
constexpr std::int64_t kRateMost = 1'000'000;

std::int64_t divide_up(std::int64_t value, std::int64_t by) {
  return (value + by - 1) / by;
}

}  // namespace

RateLimit::RateLimit(RateLimitOptions options) : options_(options) {
  options_.commands_per_second = std::clamp<std::int64_t>(options_.commands_per_second, 0, kRateMost);
  if (options_.burst <= 0) options_.burst = options_.commands_per_second;
  options_.burst = std::min(options_.burst, kRateMost);
}

RateLimit::Bucket& RateLimit::filled_bucket(std::string_view tenant, Clock::time_point now) {
  auto found = buckets_.find(tenant);
  if (found == buckets_.end()) {
    found = buckets_.emplace(std::string(tenant), Bucket{options_.burst * kMicro, now}).first;
  }
  Bucket& bucket = found->second;
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now - bucket.filled).count();
  const std::int64_t gained = std::clamp<std::int64_t>(since, 0, kFillMicrosMost) * options_.commands_per_second;
  bucket.micro_tokens = std::min(options_.burst * kMicro, bucket.micro_tokens + gained);
  bucket.filled = std::max(bucket.filled, now);
  return bucket;
}

RateLimit::Verdict RateLimit::take(std::string_view tenant, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Bucket& bucket = filled_bucket(tenant, now);
  Verdict verdict;
  verdict.allowed = bucket.micro_tokens >= kMicro;
  if (verdict.allowed) bucket.micro_tokens -= kMicro;
  verdict.remaining = std::max<std::int64_t>(0, bucket.micro_tokens / kMicro);
  const std::int64_t missing = kMicro - bucket.micro_tokens;
  if (missing > 0) {
    verdict.retry_after_s = std::max<std::int64_t>(1, divide_up(missing, options_.commands_per_second * kMicro));
  }
  return verdict;
}

void RateLimit::charge(std::string_view tenant, std::int64_t more, Clock::time_point now) {
  if (!enabled() || more <= 0) return;
  const std::lock_guard lock(mutex_);
  filled_bucket(tenant, now).micro_tokens -= more * kMicro;
}

void RateLimit::add_headers(const Verdict& verdict,
                            std::vector<std::pair<std::string_view, std::string>>& headers) const {
  const std::int64_t window_s = std::max<std::int64_t>(1, divide_up(options_.burst, options_.commands_per_second));
  headers.emplace_back("RateLimit-Policy",
                       "\"tenant\";q=" + std::to_string(options_.burst) + ";w=" + std::to_string(window_s));
  headers.emplace_back("RateLimit", "\"tenant\";r=" + std::to_string(verdict.remaining) +
                                        ";t=" + std::to_string(std::max<std::int64_t>(1, verdict.retry_after_s)));
}

}  // namespace till
