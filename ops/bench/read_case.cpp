// Reads from the cache at many connections: availability of one SKU in one store, and a store's dashboard.
#include <cstdio>

#include "api/load_client.h"
#include "ops/bench/bench_server.h"
#include "ops/bench/loaded_server.h"
#include "ops/bench/server_probe.h"

namespace till {
namespace {

constexpr std::size_t kRequests = 8192;
constexpr std::uint64_t kDashboardSales = 50'000;  // of the day that is shown
constexpr unsigned kDashboardReaders = 16;
constexpr std::int64_t kDashboardBarUs = 5'000;

std::string get_request(const std::string& target, const std::string& key) {
  return "GET " + target + " HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer " + key + "\r\n\r\n";
}

std::vector<std::string> make_requests(const std::string& key, const TradeShape& shape) {
  SeededRandom random(2);
  const auto popularity = WeightedChoice::zipf(shape.products);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < kRequests; ++i) {
    char target[96];
    std::snprintf(target, sizeof target, "/v1/inventory/availability?store_id=store-%zu&sku=sku-%05zu",
                  static_cast<std::size_t>(random.below(shape.stores)) + 1, popularity.draw(random) + 1);
    requests.push_back(get_request(target, key));
  }
  return requests;
}

std::vector<std::string> make_dashboard_requests(const std::string& key) {
  const std::string today = date_text_of_day(0);
  std::vector<std::string> requests;
  for (std::size_t store = 1; store <= kStores; ++store) {
    requests.push_back(
        get_request("/v1/dashboards/stores/store-" + std::to_string(store) + "?business_date=" + today, key));
  }
  return requests;
}

// `shown` stands in every good answer.
Result<BenchResult> read_run(const LoadOptions& options, const std::vector<std::string>& requests,
                             std::string_view shown) {
  BenchResult result;
  std::vector<std::uint32_t> latencies_us;
  std::size_t next = 0;
  LoadCallbacks callbacks;
  callbacks.next = [&](unsigned, std::string& out) {
    out += requests[next++ % requests.size()];
    return true;
  };
  callbacks.answered = [&](const LoadAnswer& answer) {
    const bool good = answer.status == kOk && answer.body.find(shown) != std::string_view::npos;
    if (!good) ++result.failed;
    latencies_us.push_back(static_cast<std::uint32_t>(answer.latency_us));
  };
  auto load = run_load(options, callbacks);
  if (!load) return load.error();
  result.failed += load->lost + load->unanswered;
  result.rate = load->elapsed_us == 0 ? 0 : (load->answered - result.failed) * 1'000'000 / load->elapsed_us;
  fill_percentiles(latencies_us, result);
  return result;
}

}  // namespace

Result<BenchResult> bench_availability(const BenchOptions& options) {
  BenchServerOptions needs;
  needs.with_mysql = needs.with_nats = options.full_stack;
  auto server = BenchServer::start(options, needs);
  if (!server) return server.error();
  LoadOptions load;
  load.connections = options.connections == 0 ? 64 : options.connections;
  load.url = (*server)->url();
  load.duration = options.run_time();
  auto shape = bench_shape(load.connections);
  shape.stock_units = kStockUnits;
  TradeGenerator generator(shape);
  const auto ready = (*server)->set_up(generator);
  if (!ready) return ready.error();
  const auto requests = make_requests((*server)->key(), shape);
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    auto run = read_run(load, requests, R"("on_hand":")");
    if (!run) return run.error();
    run->numbers = {{"fdatasync_us", static_cast<std::int64_t>((*server)->fdatasync_us())},
                    {"connections", load.connections}};
    runs.push_back(std::move(*run));
  }
  clear_progress();
  return median_run(std::move(runs));
}

// A day's trade stands in the cache; nobody sells meanwhile.
Result<BenchResult> bench_dashboard(const BenchOptions& options) {
  LoadedTrade trade;
  trade.sales = kDashboardSales;
  auto server = loaded_server(options, trade);
  if (!server) return server.error();
  const auto settled = wait_for_views(**server);
  if (!settled) return settled.error();
  LoadOptions load;
  load.connections = options.connections == 0 ? kDashboardReaders : options.connections;
  load.url = (*server)->url();
  load.duration = options.run_time();
  const auto requests = make_dashboard_requests((*server)->key());
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    auto run = read_run(load, requests, R"("top_products":[{)");
    if (!run) return run.error();
    run->numbers = {{"fdatasync_us", static_cast<std::int64_t>((*server)->fdatasync_us())},
                    {"connections", load.connections},
                    {"sales", static_cast<std::int64_t>(kDashboardSales)},
                    {"bar_us", kDashboardBarUs}};
    runs.push_back(std::move(*run));
  }
  clear_progress();
  return median_run(std::move(runs));
}

}  // namespace till
