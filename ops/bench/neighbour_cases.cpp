// Cases about what others do to a till: a tenant that floods the server, and traffic on stock that is not in memory.
#include <algorithm>
#include <optional>
#include <thread>

#include "ops/bench/sales_load.h"
#include "ops/bench/server_probe.h"

namespace till {
namespace {

// `load` while another one goes on beside it; both have to be counted together.
Result<BenchResult> run_beside(BenchServer& server, SalesRun& measured, SalesRun* other, std::atomic<bool>& stop_other,
                               std::chrono::seconds duration) {
  const Result<std::uint64_t> before = server.head();
  if (!before.ok()) return before.error();
  std::optional<Result<BenchResult>> beside;
  std::thread thread;
  stop_other = false;
  if (other != nullptr) {
    thread = std::thread([&] { beside.emplace(other->run(duration + kWarmUp)); });
  }
  Result<BenchResult> run = measured.run(duration);
  stop_other = true;
  if (thread.joinable()) thread.join();
  if (!run.ok()) return run;
  if (beside && !beside->ok()) return beside->error();
  const Result<std::uint64_t> after = server.head();
  if (!after.ok()) return after.error();
  run->positions_gained = after.value() - before.value();
  if (beside) {
    run->numbers.emplace_back("rate_beside", static_cast<std::int64_t>((**beside).rate));
    run->acknowledged += (**beside).acknowledged;
    run->failed += (**beside).failed;
  }
  fill_percentiles(measured.latencies_us(), *run);
  return run;
}

BenchResult median_by_p99(std::vector<BenchResult> runs) {
  for (auto& run : runs) {
    if (run.is_void()) return run;
  }
  std::sort(runs.begin(), runs.end(), [](const BenchResult& a, const BenchResult& b) { return a.p99_us < b.p99_us; });
  return runs[runs.size() / 2];
}

std::int64_t ratio_permille(std::uint64_t value, std::uint64_t base) {
  return static_cast<std::int64_t>(value * 1000 / std::max<std::uint64_t>(base, 1));
}

}  // namespace

// One tenant sends batches of 500 on 4 connections; another one rings up one sale at a time.
Result<BenchResult> bench_flood(const BenchOptions& options) {
  constexpr std::size_t kBatch = 500;
  BenchServerOptions needs;
  needs.books_bytes = kBooksBytes;
  Result<std::unique_ptr<BenchServer>> started = BenchServer::start(options, needs);
  if (!started.ok()) return started.error();
  BenchServer& server = **started;
  TradeGenerator flooding_chain(bench_shape(0));
  if (Status ready = server.set_up(flooding_chain); !ready.ok()) return ready.error();
  const Result<std::string> other_key = server.add_tenant("quiet");
  if (!other_key.ok()) return other_key.error();
  TradeGenerator quiet_chain(bench_shape(0));
  if (Status ready = server.set_up(quiet_chain, other_key.value()); !ready.ok()) return ready.error();
  SaleRequests flooding(flooding_chain, server.key());
  SaleRequests quiet(quiet_chain, other_key.value());
  SalesLoad one;
  one.connections = 1;
  std::atomic<bool> stop{false};
  SalesLoad batches;
  batches.connections = 4;
  batches.sales_per_request = kBatch;
  batches.stop = &stop;
  std::vector<BenchResult> quiet_runs, flooded_runs;
  GroupFigures group;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    SalesRun alone(server.url(), quiet, one);
    Result<BenchResult> run = run_beside(server, alone, nullptr, stop, options.run_time());
    if (!run.ok()) return run;
    quiet_runs.push_back(std::move(*run));
    const Result<MetricsSample> before = MetricsSample::take(server);
    if (!before.ok()) return before.error();
    SalesRun beside(server.url(), quiet, one), flood(server.url(), flooding, batches);
    run = run_beside(server, beside, &flood, stop, options.run_time());
    if (!run.ok()) return run;
    const Result<MetricsSample> after = MetricsSample::take(server);
    if (!after.ok()) return after.error();
    group = group_figures(before.value(), after.value());
    flooded_runs.push_back(std::move(*run));
  }
  clear_progress();
  const BenchResult alone = median_by_p99(std::move(quiet_runs));
  if (alone.is_void()) return alone;
  BenchResult result = median_by_p99(std::move(flooded_runs));
  result.numbers.insert(result.numbers.end(),
                        {{"fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us())},
                         {"quiet_p50_us", static_cast<std::int64_t>(alone.p50_us)},
                         {"quiet_p99_us", static_cast<std::int64_t>(alone.p99_us)},
                         {"p99_to_quiet_permille", ratio_permille(result.p99_us, alone.p99_us)},
                         {"transactions_per_group", static_cast<std::int64_t>(group.transactions_per_group)},
                         {"group_sync_us", static_cast<std::int64_t>(group.sync_us)}});
  return result;
}

// Most connections sell from the front of the range, a few from all over it, most of which is on disk only. Beside it
// the same with the few selling from the front too.
Result<BenchResult> bench_cold_books(const BenchOptions& options) {
  constexpr std::uint64_t kBudget = 64u << 20;
  constexpr std::size_t kHotSkus = 1'000;
  constexpr unsigned kHot = 60, kFew = 4;
  BenchServerOptions needs;
  needs.books_bytes = kBudget;
  Result<std::unique_ptr<BenchServer>> started = BenchServer::start(options, needs);
  if (!started.ok()) return started.error();
  BenchServer& server = **started;
  TradeShape chain = bench_shape(kHot + kFew);
  chain.products = std::max<std::size_t>(options.items / kStores, kHotSkus);
  chain.stock_units = kStockUnits;
  TradeGenerator generator(chain);
  if (Status ready = server.set_up(generator); !ready.ok()) return ready.error();
  SaleShape hot_shape, few_shape, cold_shape;
  hot_shape.skus = few_shape.skus = kHotSkus;
  hot_shape.terminals = few_shape.first_terminal = cold_shape.first_terminal = generator.terminal_count() - 2 * kFew;
  few_shape.terminals = kFew;
  cold_shape.first_terminal += kFew;
  cold_shape.terminals = kFew;
  cold_shape.skus = chain.products;
  cold_shape.uniform = true;
  SaleRequests hot(generator, server.key(), hot_shape), few(generator, server.key(), few_shape),
      cold(generator, server.key(), cold_shape);
  SalesLoad many;
  many.connections = kHot;
  std::atomic<bool> stop{false};
  SalesLoad some;
  some.connections = kFew;
  some.stop = &stop;
  std::vector<BenchResult> hot_runs, cold_runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    for (SaleRequests* const others : {&few, &cold}) {
      SalesRun measured(server.url(), hot, many), beside(server.url(), *others, some);
      Result<BenchResult> run = run_beside(server, measured, &beside, stop, options.run_time());
      if (!run.ok()) return run;
      (others == &few ? hot_runs : cold_runs).push_back(std::move(*run));
    }
  }
  clear_progress();
  const BenchResult all_hot = median_by_p99(std::move(hot_runs));
  if (all_hot.is_void()) return all_hot;
  BenchResult result = median_by_p99(std::move(cold_runs));
  result.numbers.insert(result.numbers.end(),
                        {{"fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us())},
                         {"items", static_cast<std::int64_t>(chain.products * kStores)},
                         {"rss_bytes", static_cast<std::int64_t>(resident_bytes(server.pid()))},
                         {"all_hot_rate", static_cast<std::int64_t>(all_hot.rate)},
                         {"all_hot_p99_us", static_cast<std::int64_t>(all_hot.p99_us)},
                         {"p99_to_all_hot_permille", ratio_permille(result.p99_us, all_hot.p99_us)}});
  return result;
}

}  // namespace till
