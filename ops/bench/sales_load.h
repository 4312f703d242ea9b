// One load of sales on a server: closed or open loop, one sale a request or batches, every answer parsed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "api/load_client.h"
#include "ops/bench/bench_server.h"
#include "ops/bench/sale_requests.h"

namespace till {

// Caches, connections and the books warm up for so long before a run counts.
inline constexpr std::chrono::seconds kWarmUp{2};

struct SalesLoad {
  unsigned connections = 64;
  std::size_t sales_per_request = 1;        // 1: POST /v1/sales
  std::uint32_t requests_per_second = 0;    // 0: closed loop
  const std::atomic<bool>* stop = nullptr;  // ends it early
};

// The sequences of the terminals go on from run to run. One thread; several runs side by side need requests of
// different terminals.
class SalesRun {
 public:
  SalesRun(const std::string& url, SaleRequests& requests, const SalesLoad& load)
      : url_(url), requests_(requests), load_(load), turn_(load.connections), terminal_of_(load.connections) {}

  // Everything but positions_gained, which is of the whole server.
  Result<BenchResult> run(std::chrono::seconds duration);
  // In the order of the answers; valid after run().
  std::vector<std::uint32_t>& latencies_us() { return latencies_us_; }

 private:
  bool next(unsigned connection, std::string& out);
  void answered(const LoadAnswer& answer);

  const std::string url_;
  SaleRequests& requests_;
  const SalesLoad load_;
  std::vector<std::size_t> turn_;
  std::vector<std::size_t> terminal_of_;
  BenchResult result_;
  std::vector<std::uint32_t> latencies_us_;
};

// A run that is the only writer of its server: what was acknowledged has to be what the log gained.
Result<BenchResult> counted_run(BenchServer& server, SalesRun& run, std::chrono::seconds duration);

}  // namespace till
