// What the cases of `till bench` share. One case is one file; bench_command.cpp lists them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/result.h"
#include "ops/command_line.h"

namespace till {

struct BenchOptions {
  Shell* shell = nullptr;
  std::chrono::seconds seconds{10};
  unsigned connections = 0;       // 0: what the case calls for
  unsigned runs = 3;              // the median by rate is reported
  std::uint64_t sales = 100'000;  // loaded before rebuild and restart
  bool full_stack = false;        // the private server has a MariaDB and a nats-server too
  std::string directory;          // of the private server's data; empty: a temporary one
};

// The chain under every load.
inline constexpr std::size_t kStores = 53, kTerminalsPerStore = 4, kSkus = 20'000;

// Statuses that count as good answers.
inline constexpr unsigned kOk = 200, kCreated = 201;

// Extra numbers of a case, by name.
using BenchNumbers = std::vector<std::pair<std::string, std::int64_t>>;

struct BenchResult {
  std::uint64_t rate = 0;  // a second
  std::uint64_t p50_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t positions_gained = 0;
  std::uint64_t failed = 0;  // answers that were not the wanted ones, and requests without any
  BenchNumbers numbers;      // of this case
  BenchNumbers peer;         // what the same work costs elsewhere
  // Work that the log does not count (reads, rebuilds) has nothing to acknowledge.
  bool is_void() const { return acknowledged != positions_gained || failed > 0; }
};

using BenchCase = Result<BenchResult> (*)(const BenchOptions& options);
Result<BenchResult> bench_ring_up(const BenchOptions& options);
Result<BenchResult> bench_single(const BenchOptions& options);
Result<BenchResult> bench_batch(const BenchOptions& options);
Result<BenchResult> bench_availability(const BenchOptions& options);
Result<BenchResult> bench_rebuild_cache(const BenchOptions& options);
Result<BenchResult> bench_rebuild_reporting(const BenchOptions& options);
Result<BenchResult> bench_restart(const BenchOptions& options);
Result<BenchResult> bench_sql_peer(const BenchOptions& options);
Result<BenchResult> bench_fdatasync(const BenchOptions& options);

// The run with the middle rate, its extra numbers with it.
BenchResult median_run(std::vector<BenchResult> runs);

// Sorts `latencies_us` and fills p50 and p99.
void fill_percentiles(std::vector<std::uint32_t>& latencies_us, BenchResult& result);

// Median time of appending 500 bytes to a file in `directory` and syncing its data: the floor under every durable
// answer.
Result<std::uint64_t> measure_fdatasync_us(const std::string& directory);

// A folder that is on a disk and goes with this object.
class BenchDirectory {
 public:
  static Result<BenchDirectory> make(const std::string& parent);
  BenchDirectory(BenchDirectory&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  BenchDirectory& operator=(BenchDirectory&&) = delete;
  ~BenchDirectory();
  const std::string& path() const { return path_; }

 private:
  explicit BenchDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace till
