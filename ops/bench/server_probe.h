// What a server says and shows of itself while it is measured: metrics, memory, files, and how far its views lag.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "ops/bench/bench_server.h"

namespace till {

// Values of the server's metrics, those of one family added up.
class MetricsSample {
 public:
  static Result<MetricsSample> take(const BenchServer& server);
  double value(const std::string& family) const;

 private:
  std::map<std::string, double> values_;
};

// How a server grouped its transactions between two samples.
struct GroupFigures {
  std::uint64_t transactions_per_group = 0;
  std::uint64_t bytes_per_transaction = 0;
  std::uint64_t sync_us = 0;  // of a group's synced write, mean
};
GroupFigures group_figures(const MetricsSample& before, const MetricsSample& after);

// Of the server's process: resident memory and open file descriptors; of its folder: bytes on disk. 0 where unknown.
std::uint64_t resident_bytes(pid_t pid);
std::uint64_t open_files(pid_t pid);
std::uint64_t folder_bytes(const std::string& folder);

// Processor time that each thread of the process has used, by the threads' names; in nanoseconds.
std::map<std::string, std::uint64_t> thread_cpu_ns(pid_t pid);

// Waits until no view has a lag; the time that took.
Result<std::chrono::milliseconds> wait_for_views(BenchServer& server);

// Looks at all views again and again in a thread of its own. The lag of a view is the age of what it reflects: how long
// ago the log's head stood where the view stands now.
class LagWatch {
 public:
  static Result<std::unique_ptr<LagWatch>> start(const BenchServer& server);
  ~LagWatch();
  // For each view: p99 over all looks, and the same over the first and the last third of them.
  struct Lag {
    std::uint64_t p99_ms = 0;
    std::uint64_t first_third_ms = 0;
    std::uint64_t last_third_ms = 0;
  };
  std::map<std::string, Lag> stop();

 private:
  explicit LagWatch(std::unique_ptr<OperatorClient> client) : client_(std::move(client)) {}
  void run();
  void look();

  std::unique_ptr<OperatorClient> client_;
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>> heads_;
  std::map<std::string, std::vector<std::uint32_t>> lags_ms_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace till
