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

// No id has a NUL.
std::string terminal_name(std::string_view tenant, std::string_view terminal) {
  return std::string(tenant).append(1, '\0').append(terminal);
}

// "name";r=remaining;t=seconds
std::string state_text(std::string_view name, std::int64_t remaining, std::int64_t wait_s) {
  std::string text = "\"";
  text.append(name).append("\";r=").append(std::to_string(remaining));
  return text.append(";t=").append(std::to_string(std::max<std::int64_t>(1, wait_s)));
}

}  // namespace

RateLimit::Buckets::Buckets(std::int64_t per_second, std::int64_t burst)
    : per_second_(std::clamp<std::int64_t>(per_second, 0, kRateMost)),
      burst_(std::min(burst > 0 ? burst : per_second_, kRateMost)) {}

RateLimit::Bucket& RateLimit::Buckets::filled(std::string_view name, Clock::time_point now) {
  auto found = buckets_.find(name);
  if (found == buckets_.end()) found = buckets_.emplace(std::string(name), Bucket{burst_ * kMicro, now}).first;
  Bucket& bucket = found->second;
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now - bucket.filled).count();
  const std::int64_t gained = std::clamp<std::int64_t>(since, 0, kFillMicrosMost) * per_second_;
  bucket.micro_tokens = std::min(burst_ * kMicro, bucket.micro_tokens + gained);
  bucket.filled = std::max(bucket.filled, now);
  return bucket;
}

std::int64_t RateLimit::Buckets::wait_s(const Bucket& bucket) const {
  const std::int64_t missing = kMicro - bucket.micro_tokens;
  return missing <= 0 ? 0 : std::max<std::int64_t>(1, divide_up(missing, per_second_ * kMicro));
}

std::string RateLimit::Buckets::policy(std::string_view name) const {
  const std::int64_t window_s = std::max<std::int64_t>(1, divide_up(burst_, per_second_));
  std::string text = "\"";
  text.append(name).append("\";q=").append(std::to_string(burst_));
  return text.append(";w=").append(std::to_string(window_s));
}

RateLimit::RateLimit(RateLimitOptions options)
    : tenants_(options.commands_per_second, options.burst),
      terminals_(options.terminal_commands_per_second, options.terminal_burst) {}

RateLimit::Verdict RateLimit::take(std::string_view tenant, Clock::time_point now, std::string_view terminal) {
  const std::lock_guard lock(mutex_);
  Bucket* const of_tenant = tenants_.limits() ? &tenants_.filled(tenant, now) : nullptr;
  Bucket* const of_terminal =
      terminals_.limits() && !terminal.empty() ? &terminals_.filled(terminal_name(tenant, terminal), now) : nullptr;
  Verdict verdict;
  for (Bucket* const bucket : {of_tenant, of_terminal}) {
    verdict.allowed = verdict.allowed && (bucket == nullptr || bucket->micro_tokens >= kMicro);
  }
  for (Bucket* const bucket : {of_tenant, of_terminal}) {
    if (bucket != nullptr && verdict.allowed) bucket->micro_tokens -= kMicro;
  }
  const auto remaining = [](const Bucket& bucket) { return std::max<std::int64_t>(0, bucket.micro_tokens / kMicro); };
  if (of_tenant != nullptr) {
    verdict.remaining = remaining(*of_tenant);
    verdict.retry_after_s = tenants_.wait_s(*of_tenant);
  }
  if (of_terminal != nullptr) {
    verdict.terminal_remaining = remaining(*of_terminal);
    verdict.retry_after_s = std::max(verdict.retry_after_s, terminals_.wait_s(*of_terminal));
  }
  return verdict;
}

void RateLimit::charge(std::string_view tenant, std::int64_t more, Clock::time_point now, std::string_view terminal) {
  if (!enabled() || more <= 0) return;
  const std::lock_guard lock(mutex_);
  if (tenants_.limits()) tenants_.filled(tenant, now).micro_tokens -= more * kMicro;
  if (!terminals_.limits() || terminal.empty()) return;
  terminals_.filled(terminal_name(tenant, terminal), now).micro_tokens -= more * kMicro;
}

void RateLimit::add_headers(const Verdict& verdict,
                            std::vector<std::pair<std::string_view, std::string>>& headers) const {
  std::string policies;
  std::string states;
  const auto add = [&](const Buckets& buckets, std::string_view name, std::int64_t remaining) {
    if (!policies.empty()) {
      policies += ", ";
      states += ", ";
    }
    policies += buckets.policy(name);
    states += state_text(name, remaining, verdict.retry_after_s);
  };
  if (tenants_.limits()) add(tenants_, "tenant", verdict.remaining);
  if (verdict.terminal_remaining) add(terminals_, "terminal", *verdict.terminal_remaining);
  if (policies.empty()) return;
  headers.emplace_back("RateLimit-Policy", std::move(policies));
  headers.emplace_back("RateLimit", std::move(states));
}

}  // namespace till
