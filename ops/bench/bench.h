// What the cases of `till bench` share. One case is one function; bench_command.cpp lists them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "ops/command_line.h"

namespace till {

struct BenchOptions {
  Shell* shell = nullptr;
  std::chrono::seconds seconds{0};  // of a run; 0: what the case calls for
  unsigned connections = 0;         // 0: what the case calls for
  unsigned runs = 3;                // the median by rate is reported
  std::uint64_t sales = 1'000'000;  // loaded before rebuild, restart and report
  std::uint64_t items = 5'000'000;  // stock items of the case with cold books
  std::uint32_t per_second = 0;     // open loop; 0: what the case calls for
  bool full_stack = false;          // the private server has a MariaDB and a nats-server too
  std::string directory;            // of the private server's data; empty: a temporary one

  std::chrono::seconds run_time(std::chrono::seconds usual = std::chrono::seconds(10)) const {
    return seconds.count() == 0 ? usual : seconds;
  }
};

// The chain under every load.
inline constexpr std::size_t kStores = 53, kTerminalsPerStore = 4, kSkus = 20'000;
// What the books count for a stock item of this chain, and room for a quarter of all of them.
inline constexpr std::uint64_t kStockItemBytes = 330;
inline constexpr std::uint64_t kBooksBytes = kStores * kSkus / 4 * kStockItemBytes;

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

std::int64_t number_of(const BenchNumbers& numbers, std::string_view name);

using BenchCase = Result<BenchResult> (*)(const BenchOptions& options);
Result<BenchResult> bench_ring_up(const BenchOptions& options);
Result<BenchResult> bench_ring_up_256(const BenchOptions& options);
Result<BenchResult> bench_single(const BenchOptions& options);
Result<BenchResult> bench_batch(const BenchOptions& options);
Result<BenchResult> bench_batch_protobuf(const BenchOptions& options);
Result<BenchResult> bench_ring_up_domain(const BenchOptions& options);
Result<BenchResult> bench_batch_domain(const BenchOptions& options);
Result<BenchResult> bench_open_loop(const BenchOptions& options);
Result<BenchResult> bench_closed_loop(const BenchOptions& options);
Result<BenchResult> bench_soak(const BenchOptions& options);
Result<BenchResult> bench_availability(const BenchOptions& options);
Result<BenchResult> bench_dashboard(const BenchOptions& options);
Result<BenchResult> bench_z_close(const BenchOptions& options);
Result<BenchResult> bench_tax_report(const BenchOptions& options);
Result<BenchResult> bench_rebuild_cache(const BenchOptions& options);
Result<BenchResult> bench_rebuild_reporting(const BenchOptions& options);
Result<BenchResult> bench_restart(const BenchOptions& options);
Result<BenchResult> bench_cold_books(const BenchOptions& options);
Result<BenchResult> bench_flood(const BenchOptions& options);
Result<BenchResult> bench_sql_peer(const BenchOptions& options);
Result<BenchResult> bench_effects(const BenchOptions& options);
Result<BenchResult> bench_webhooks(const BenchOptions& options);
Result<BenchResult> bench_slow_receiver(const BenchOptions& options);
Result<BenchResult> bench_fdatasync(const BenchOptions& options);

// The run with the middle rate, its extra numbers with it.
BenchResult median_run(std::vector<BenchResult> runs);

// The `percent`-th percentile; reorders `values`. 0 where there is none.
std::uint64_t percentile(std::vector<std::uint32_t>& values, unsigned percent);
// Sorts `latencies_us` and fills p50 and p99.
void fill_percentiles(std::vector<std::uint32_t>& latencies_us, BenchResult& result);

// Median time of appending 500 bytes to a file in `directory` and syncing its data: the floor under every durable
// answer.
Result<std::uint64_t> measure_fdatasync_us(const std::string& directory);

// Transactions a second that appending groups of `group` times `bytes` to a bare file, each group synced, reaches in
// `duration`: group commit without anything else.
Result<std::uint64_t> measure_group_commit(const std::string& directory, std::size_t group, std::size_t bytes,
                                           std::chrono::milliseconds duration);

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
