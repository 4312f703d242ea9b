// How long requests took, counted without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/metrics_text.h"

namespace till {

// Requests of an endpoint group since the start.
struct GroupCounts {
  std::string group;
  std::uint64_t requests = 0;
  std::uint64_t server_errors = 0;  // of them: answered 5xx
};

// Histograms by endpoint group and class of status. Groups are named at construction; observe() from any thread.
class Latency {
 public:
  explicit Latency(std::vector<std::string> groups);

  // The index of a group; that of the last one where the name is not known.
  std::size_t group(std::string_view name) const;
  void observe(std::size_t group, unsigned status, std::uint64_t micros);
  void write(MetricsText& text) const;
  // Of every group, in the order in which they were named.
  std::vector<GroupCounts> counts() const;

 private:
  // Upper bounds in microseconds, chosen around the goals: 5 ms for the 99th percentile, 155 us for one sync.
  static constexpr std::array<std::uint64_t, 18> kBounds{100,     250,     500,       1'000,     2'000,     3'000,
                                                         5'000,   7'500,   10'000,    25'000,    50'000,    100'000,
                                                         250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
  static constexpr std::size_t kClasses = 5;  // 1xx to 5xx

  // Written by many threads: whole cache lines to each, so that groups do not slow each other.
  struct alignas(64) Histogram {
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets{};
    std::atomic<std::uint64_t> sum_us{0};
  };
  static std::uint64_t sum(const Histogram& one);
  void write_one(MetricsText& text, std::string_view group, std::string_view status_class, const Histogram& one) const;

  const std::vector<std::string> groups_;
  std::vector<std::array<Histogram, kClasses>> histograms_;
};

}  // namespace till
