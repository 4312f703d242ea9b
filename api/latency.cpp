#include "api/latency.h"

#include <algorithm>

namespace till {
namespace {

constexpr std::array<std::string_view, 5> kClassNames{"1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::size_t kServerErrors = 4;  // among them

}  // namespace

Latency::Latency(std::vector<std::string> groups) : groups_(std::move(groups)), histograms_(groups_.size()) {}

std::size_t Latency::group(std::string_view name) const {
  const auto found = std::find(groups_.begin(), groups_.end(), name);
  const auto index = static_cast<std::size_t>(found - groups_.begin());
  return std::min(index, groups_.size() - 1);
}

void Latency::observe(std::size_t group, unsigned status, std::uint64_t micros) {
  const std::size_t status_class = std::clamp<std::size_t>(status / 100, 1, kClasses) - 1;
  Histogram& histogram = histograms_[group][status_class];
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(kBounds.begin(), kBounds.end(), micros) - kBounds.begin());
  histogram.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  histogram.sum_us.fetch_add(micros, std::memory_order_relaxed);
}

void Latency::write(MetricsText& text) const {
  text.family("till_http_request_duration_seconds", "histogram",
              "Time from the whole request to the hand-over of its answer, by endpoint group and class of status.");
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (std::size_t status_class = 0; status_class < kClasses; ++status_class) {
      write_one(text, groups_[group], kClassNames[status_class], histograms_[group][status_class]);
    }
  }
}

std::vector<GroupCounts> Latency::counts() const {
  std::vector<GroupCounts> counts;
  counts.reserve(groups_.size());
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    GroupCounts& one = counts.emplace_back();
    one.group = groups_[group];
    one.server_errors = sum(histograms_[group][kServerErrors]);
    for (const Histogram& histogram : histograms_[group]) one.requests += sum(histogram);
  }
  return counts;
}

std::uint64_t Latency::sum(const Histogram& one) {
  std::uint64_t all = 0;
  for (const auto& bucket : one.buckets) all += bucket.load(std::memory_order_relaxed);
  return all;
}

void Latency::write_one(MetricsText& text, std::string_view group, std::string_view status_class,
                        const Histogram& one) const {
  std::array<std::uint64_t, kBounds.size() + 1> counts;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) all += counts[i] = one.buckets[i].load(std::memory_order_relaxed);
  if (all == 0) return;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    below += counts[i];
    const std::string bound = seconds_text(kBounds[i]);
    text.member("_bucket", {{"group", group}, {"status", status_class}, {"le", bound}}, std::to_string(below));
  }
  text.member("_bucket", {{"group", group}, {"status", status_class}, {"le", "+Inf"}}, std::to_string(all));
  text.member("_sum", {{"group", group}, {"status", status_class}},
              seconds_text(one.sum_us.load(std::memory_order_relaxed)));
  text.member("_count", {{"group", group}, {"status", status_class}}, std::to_string(all));
}

}  // namespace till
