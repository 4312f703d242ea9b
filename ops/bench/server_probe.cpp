#include "ops/bench/server_probe.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "api/http_client.h"
#include "engine/named_thread.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kViewsPoll{20};
constexpr std::chrono::minutes kViewsTimeout{30};
// A view further behind than the oldest head kept counts as behind by the whole span.
constexpr std::size_t kHeadsKept = 6000;

std::uint64_t number_after_dash(std::string_view position) {
  return std::strtoull(std::string(position.substr(position.rfind('-') + 1)).c_str(), nullptr, 10);
}

Result<JsonNode> ask_views(OperatorClient& client) {
  return ask_operator(client, "GET", "/operator/views?digest=no");
}

}  // namespace

Result<MetricsSample> MetricsSample::take(const BenchServer& server) {
  Result<HttpClient> client = HttpClient::open(server.admin_url());
  if (!client.ok()) return client.error();
  const Result<HttpReply> reply = client->request("GET", "/metrics");
  if (!reply.ok()) return reply.error();
  MetricsSample sample;
  std::string_view text = reply.value().body;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) continue;
    const std::string_view family = line.substr(0, std::min(line.find('{'), space));
    sample.values_[std::string(family)] += std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
  }
  return sample;
}

double MetricsSample::value(const std::string& family) const {
  const auto found = values_.find(family);
  return found == values_.end() ? 0 : found->second;
}

GroupFigures group_figures(const MetricsSample& before, const MetricsSample& after) {
  const auto gained = [&](const char* family) { return after.value(family) - before.value(family); };
  const double groups = std::max(gained("till_commit_groups_total"), 1.0);
  const double transactions = std::max(gained("till_transactions_total"), 1.0);
  GroupFigures figures;
  figures.transactions_per_group = static_cast<std::uint64_t>(transactions / groups + 0.5);
  figures.bytes_per_transaction = static_cast<std::uint64_t>(gained("till_log_bytes_total") / transactions);
  figures.sync_us = static_cast<std::uint64_t>(gained("till_sync_seconds_total") / groups * 1e6);
  return figures;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

std::uint64_t open_files(pid_t pid) {
  std::error_code trouble;
  std::uint64_t count = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", trouble);
       !trouble && entry != std::filesystem::directory_iterator(); entry.increment(trouble)) {
    ++count;
  }
  return count;
}

std::uint64_t folder_bytes(const std::string& folder) {
  std::error_code trouble;
  std::uint64_t bytes = 0;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder, trouble);
       !trouble && entry != std::filesystem::recursive_directory_iterator(); entry.increment(trouble)) {
    std::error_code gone;
    const std::uint64_t size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

std::map<std::string, std::uint64_t> thread_cpu_ns(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::map<std::string, std::uint64_t> times;
  std::error_code trouble;
  for (auto entry = std::filesystem::directory_iterator(tasks, trouble);
       !trouble && entry != std::filesystem::directory_iterator(); entry.increment(trouble)) {
    std::string name;
    std::getline(std::ifstream(entry->path() / "comm"), name);
    std::uint64_t ran_ns = 0;
    std::ifstream(entry->path() / "schedstat") >> ran_ns;
    times[name.substr(0, name.find(':'))] += ran_ns;
  }
  return times;
}

Result<std::chrono::milliseconds> wait_for_views(BenchServer& server) {
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < kViewsTimeout) {
    const Result<JsonNode> views = ask_views(server.operator_client());
    if (!views.ok()) return views.error();
    bool behind = false;
    for (const auto& view : views.value().items()) behind = behind || view["lag"].integer() > 0;
    const auto passed = std::chrono::steady_clock::now() - start;
    if (!behind) return std::chrono::duration_cast<std::chrono::milliseconds>(passed);
    std::this_thread::sleep_for(kViewsPoll);
  }
  return Error{ErrorKind::kUnavailable, "the views did not catch up"};
}

Result<std::unique_ptr<LagWatch>> LagWatch::start(const BenchServer& server) {
  Result<std::unique_ptr<OperatorClient>> client = connect_operator(server.data());
  if (!client.ok()) return client.error();
  std::unique_ptr<LagWatch> watch(new LagWatch(std::move(*client)));
  watch->thread_ = named_thread("lag-watch", [raw = watch.get()] { raw->run(); });
  return watch;
}

LagWatch::~LagWatch() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void LagWatch::run() {
  constexpr std::chrono::milliseconds kLook{50};
  while (!stopping_) {
    look();
    std::this_thread::sleep_for(kLook);
  }
}

void LagWatch::look() {
  const Result<JsonNode> views = ask_views(*client_);
  if (!views.ok()) return;
  const auto now = std::chrono::steady_clock::now();
  std::uint64_t head = 0;
  for (const auto& view : views.value().items()) {
    head =
        std::max(head, number_after_dash(view["position"].text()) + static_cast<std::uint64_t>(view["lag"].integer()));
  }
  heads_.emplace_back(now, head);
  if (heads_.size() > kHeadsKept) heads_.pop_front();
  for (const auto& view : views.value().items()) {
    const std::uint64_t at = number_after_dash(view["position"].text());
    // The first look that saw more than the view has by now.
    const auto missed = std::upper_bound(heads_.begin(), heads_.end(), at,
                                         [](std::uint64_t position, const auto& one) { return position < one.second; });
    const auto age = missed == heads_.end() ? now - now : now - missed->first;
    lags_ms_[std::string(view["view"].text())].push_back(
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(age).count()));
  }
}

std::map<std::string, LagWatch::Lag> LagWatch::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  std::map<std::string, Lag> lags;
  for (auto& [view, all] : lags_ms_) {
    const auto third = static_cast<std::ptrdiff_t>(all.size() / 3);
    std::vector<std::uint32_t> first(all.begin(), all.begin() + third), last(all.end() - third, all.end());
    lags[view] = {percentile(all, 99), percentile(first, 99), percentile(last, 99)};
  }
  return lags;
}

}  // namespace till
