// Who is busy: transactions and bytes by tenant, and the hottest streams, counted from the log since the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/metrics_text.h"
#include "engine/domain.h"
#include "engine/follower.h"

namespace till {

// The most frequent of many names in bounded memory (space-saving): a count is never too low, and too high by at most
// the count that its place had when the name took it over. One thread.
class FrequentNames {
 public:
  struct Entry {
    std::string name;
    std::uint64_t count = 0;
  };
  explicit FrequentNames(std::size_t places);
  void add(std::string_view name, std::uint64_t times);
  // The most frequent first.
  std::vector<Entry> top(std::size_t count) const;

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::size_t rarest() const;

  const std::size_t places_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index_;
};

// The label of all tenants that are not shown by name; no tenant's id has an underscore.
inline constexpr std::string_view kOtherTenants = "_other";

// A view in memory with its own follower, from the log's head at start on. write() from any thread.
class Activity : public View {
 public:
  // Both outlive this object.
  Activity(Feed& feed, const Domain& domain);
  ~Activity() override;
  void stop();
  void write(MetricsText& text) const;
  FollowerStatus status() const { return follower_.status(); }
  // Whether the streams of the transaction at `position` are counted: one position in kStreamSample, in no pattern that
  // a regular load could keep step with.
  static bool sampled(Position position);
  static constexpr std::uint64_t kStreamSample = 8;

  std::string_view name() const override { return "activity"; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

 private:
  struct Tenant {
    std::uint64_t transactions = 0;
    std::uint64_t bytes = 0;
  };
  void count_tenant(const Transaction& transaction);
  void count_streams(const Transaction& transaction);

  const Domain& domain_;
  mutable std::mutex mutex_;
  LogPoint at_;
  std::unordered_map<std::string, Tenant> tenants_;
  Tenant further_tenants_;
  FrequentNames streams_;
  Follower follower_;
};

}  // namespace till
