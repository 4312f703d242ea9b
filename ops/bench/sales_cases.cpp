// Cases that ring up sales with the read cache following: one a request at many connections, one at a time, and in
// batches.
#include <algorithm>

#include "ops/bench/domain_setup.h"
#include "ops/bench/sales_load.h"
#include "ops/bench/server_probe.h"

namespace till {
namespace {

constexpr std::size_t kBatch = 500;
constexpr std::chrono::milliseconds kPeerTime{1500};
constexpr std::uint64_t kCpuShownNs = 500;  // a thread's time for a sale, below which it is not named

// After each run: how the group commit did, beside a bare file that gets the same bytes in groups of the same size.
Status add_group_figures(BenchServer& server, const MetricsSample& before, BenchResult& run) {
  const Result<MetricsSample> after = MetricsSample::take(server);
  if (!after.ok()) return after.error();
  const GroupFigures group = group_figures(before, after.value());
  const Result<std::uint64_t> bare =
      measure_group_commit(server.data(), group.transactions_per_group, group.bytes_per_transaction, kPeerTime);
  if (!bare.ok()) return bare.error();
  run.numbers.emplace_back("transactions_per_group", static_cast<std::int64_t>(group.transactions_per_group));
  run.numbers.emplace_back("bytes_per_transaction", static_cast<std::int64_t>(group.bytes_per_transaction));
  run.numbers.emplace_back("group_sync_us", static_cast<std::int64_t>(group.sync_us));
  run.peer.emplace_back("bare_file_rate", static_cast<std::int64_t>(bare.value()));
  run.peer.emplace_back("of_bare_file_permille",
                        static_cast<std::int64_t>(run.rate * 1000 / std::max<std::uint64_t>(bare.value(), 1)));
  return {};
}

// Where the processor's time of the server went, for each sale.
void add_cpu_figures(const std::map<std::string, std::uint64_t>& before,
                     const std::map<std::string, std::uint64_t>& after, BenchResult& run) {
  const std::uint64_t sales = std::max<std::uint64_t>(run.acknowledged, 1);
  std::uint64_t all_ns = 0;
  for (const auto& [name, ran_ns] : after) {
    const auto former = before.find(name);
    const std::uint64_t used_ns = ran_ns - (former == before.end() ? 0 : former->second);
    all_ns += used_ns;
    if (used_ns / sales >= kCpuShownNs) {
      run.numbers.emplace_back("cpu_ns_" + name, static_cast<std::int64_t>(used_ns / sales));
    }
  }
  run.numbers.emplace_back("cpu_ns_per_sale", static_cast<std::int64_t>(all_ns / sales));
}

Result<BenchResult> bench_sales(const BenchOptions& options, const SalesLoad& load, const SaleShape& shape) {
  BenchServerOptions needs;
  needs.with_mysql = needs.with_nats = options.full_stack;
  needs.books_bytes = kBooksBytes;
  Result<std::unique_ptr<BenchServer>> started = BenchServer::start(options, needs);
  if (!started.ok()) return started.error();
  BenchServer& server = **started;
  TradeShape chain = bench_shape(load.connections);
  chain.stock_units = kStockUnits;
  if (shape.domain) chain.customers = kDomainCustomers;
  TradeGenerator generator(chain);
  if (Status ready = server.set_up(generator); !ready.ok()) return ready.error();
  if (shape.domain) {
    if (Status ready = set_up_domain(server, generator); !ready.ok()) return ready.error();
  }
  SaleRequests requests(generator, server.key(), shape);
  if (Result<BenchResult> warm = SalesRun(server.url(), requests, load).run(kWarmUp); !warm.ok()) return warm.error();
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    if (Result<std::chrono::milliseconds> settled = wait_for_views(server); !settled.ok()) return settled.error();
    const Result<MetricsSample> before = MetricsSample::take(server);
    if (!before.ok()) return before.error();
    const auto cpu_before = thread_cpu_ns(server.pid());
    SalesRun sales(server.url(), requests, load);
    Result<BenchResult> run = counted_run(server, sales, options.run_time());
    if (!run.ok()) return run.error();
    const Result<std::chrono::milliseconds> caught_up = wait_for_views(server);
    if (!caught_up.ok()) return caught_up.error();
    fill_percentiles(sales.latencies_us(), *run);
    add_cpu_figures(cpu_before, thread_cpu_ns(server.pid()), *run);
    run->numbers.emplace_back("fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us()));
    run->numbers.emplace_back("caught_up_ms", caught_up.value().count());
    if (Status added = add_group_figures(server, before.value(), *run); !added.ok()) return added.error();
    runs.push_back(std::move(*run));
  }
  clear_progress();
  return median_run(std::move(runs));
}

SalesLoad closed(const BenchOptions& options, unsigned usual_connections, std::size_t sales_per_request) {
  SalesLoad load;
  load.connections = options.connections == 0 ? usual_connections : options.connections;
  load.sales_per_request = sales_per_request;
  return load;
}

SaleShape in_domain() {
  SaleShape shape;
  shape.domain = true;
  return shape;
}

SaleShape in_protobuf() {
  SaleShape shape;
  shape.form = SaleForm::kProtobuf;
  return shape;
}

}  // namespace

Result<BenchResult> bench_ring_up(const BenchOptions& options) {
  return bench_sales(options, closed(options, 64, 1), {});
}

Result<BenchResult> bench_ring_up_256(const BenchOptions& options) {
  return bench_sales(options, closed(options, 256, 1), {});
}

Result<BenchResult> bench_single(const BenchOptions& options) {
  return bench_sales(options, closed(options, 1, 1), {});
}

Result<BenchResult> bench_batch(const BenchOptions& options) {
  return bench_sales(options, closed(options, 4, kBatch), {});
}

Result<BenchResult> bench_batch_protobuf(const BenchOptions& options) {
  return bench_sales(options, closed(options, 4, kBatch), in_protobuf());
}

Result<BenchResult> bench_ring_up_domain(const BenchOptions& options) {
  return bench_sales(options, closed(options, 64, 1), in_domain());
}

Result<BenchResult> bench_batch_domain(const BenchOptions& options) {
  return bench_sales(options, closed(options, 4, kBatch), in_domain());
}

}  // namespace till
