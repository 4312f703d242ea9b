// Cases with everything on (MariaDB, NATS, read cache): a steady rate, as much as goes, and for a long time.
#include <algorithm>

#include "engine/named_thread.h"
#include "ops/bench/sales_load.h"
#include "ops/bench/server_probe.h"

namespace till {
namespace {

constexpr std::uint32_t kSteadyPerSecond = 4'000, kSoakPerSecond = 2'000;
constexpr std::chrono::seconds kSteadyTime{60}, kSoakTime{3'600};
// Rebuilds of the soak: each this part of the run, one view after the other.
constexpr unsigned kSoakRebuilds = 6;
constexpr unsigned kConnections = 64;
// Connections of an open loop: enough that a free one is there when a request falls due.
constexpr unsigned kOpenConnections = 256;

struct Service {
  std::unique_ptr<BenchServer> server;
  std::unique_ptr<TradeGenerator> generator;
  std::unique_ptr<SaleRequests> requests;
};

Result<Service> start_service(const BenchOptions& options, unsigned connections) {
  BenchServerOptions needs;
  needs.with_mysql = needs.with_nats = true;
  needs.books_bytes = kBooksBytes;
  Result<std::unique_ptr<BenchServer>> server = BenchServer::start(options, needs);
  if (!server.ok()) return server.error();
  Service service;
  service.server = std::move(*server);
  TradeShape chain = bench_shape(connections);
  chain.stock_units = kStockUnits;
  service.generator = std::make_unique<TradeGenerator>(chain);
  if (Status ready = service.server->set_up(*service.generator); !ready.ok()) return ready.error();
  service.requests = std::make_unique<SaleRequests>(*service.generator, service.server->key());
  if (Result<std::chrono::milliseconds> settled = wait_for_views(*service.server); !settled.ok()) {
    return settled.error();
  }
  return service;
}

void add_lags(const std::map<std::string, LagWatch::Lag>& lags, BenchResult& run) {
  for (const auto& [view, lag] : lags) {
    run.numbers.emplace_back(view + "_lag_p99_ms", static_cast<std::int64_t>(lag.p99_ms));
    run.numbers.emplace_back(view + "_lag_first_third_ms", static_cast<std::int64_t>(lag.first_third_ms));
    run.numbers.emplace_back(view + "_lag_last_third_ms", static_cast<std::int64_t>(lag.last_third_ms));
  }
}

// One run with the lags of the views watched, and the time that they need afterwards.
Result<BenchResult> watched_run(Service& service, SalesRun& sales, std::chrono::seconds duration) {
  BenchServer& server = *service.server;
  Result<std::unique_ptr<LagWatch>> watch = LagWatch::start(server);
  if (!watch.ok()) return watch.error();
  Result<BenchResult> run = counted_run(server, sales, duration);
  if (!run.ok()) return run;
  const auto lags = (*watch)->stop();
  const Result<std::chrono::milliseconds> drained = wait_for_views(server);
  if (!drained.ok()) return drained.error();
  run->numbers.emplace_back("fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us()));
  run->numbers.emplace_back("drained_ms", drained.value().count());
  add_lags(lags, *run);
  return run;
}

// Rebuilds one view after the other, evenly over the run. Trouble is met by `failed`.
class Rebuilder {
 public:
  Rebuilder(const BenchServer& server, std::chrono::seconds duration)
      : thread_(named_thread("rebuilder", [this, data = server.data(), duration] { run(data, duration); })) {}
  ~Rebuilder() {
    stopping_ = true;
    thread_.join();
  }
  std::uint64_t begun() const { return begun_; }

 private:
  void run(const std::string& data, std::chrono::seconds duration) {
    Result<std::unique_ptr<OperatorClient>> client = connect_operator(data);
    auto due = std::chrono::steady_clock::now();
    while (client.ok()) {
      due += duration / kSoakRebuilds;
      while (!stopping_ && std::chrono::steady_clock::now() < due) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
      if (stopping_) return;
      const char* const view = begun_ % 2 == 0 ? "read_cache" : "reporting";
      const std::string body = std::string(R"({"view":")") + view + R"("})";
      if (ask_operator(**client, "POST", "/operator/views/rebuild", body).ok()) ++begun_;
    }
  }

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> begun_{0};
  std::thread thread_;
};

}  // namespace

Result<BenchResult> bench_open_loop(const BenchOptions& options) {
  SalesLoad load;
  load.connections = options.connections == 0 ? kOpenConnections : options.connections;
  load.requests_per_second = options.per_second == 0 ? kSteadyPerSecond : options.per_second;
  Result<Service> service = start_service(options, load.connections);
  if (!service.ok()) return service.error();
  SalesRun sales(service->server->url(), *service->requests, load);
  Result<BenchResult> run = watched_run(*service, sales, options.run_time(kSteadyTime));
  if (!run.ok()) return run;
  fill_percentiles(sales.latencies_us(), *run);
  return run;
}

Result<BenchResult> bench_closed_loop(const BenchOptions& options) {
  SalesLoad load;
  load.connections = options.connections == 0 ? kConnections : options.connections;
  Result<Service> service = start_service(options, load.connections);
  if (!service.ok()) return service.error();
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    SalesRun sales(service->server->url(), *service->requests, load);
    Result<BenchResult> run = watched_run(*service, sales, options.run_time());
    if (!run.ok()) return run;
    fill_percentiles(sales.latencies_us(), *run);
    runs.push_back(std::move(*run));
  }
  return median_run(std::move(runs));
}

// Numbers at the start are of the first tenth, those at the end of the last tenth.
Result<BenchResult> bench_soak(const BenchOptions& options) {
  SalesLoad load;
  load.connections = options.connections == 0 ? kOpenConnections : options.connections;
  load.requests_per_second = options.per_second == 0 ? kSoakPerSecond : options.per_second;
  const std::chrono::seconds duration = options.run_time(kSoakTime);
  Result<Service> service = start_service(options, load.connections);
  if (!service.ok()) return service.error();
  BenchServer& server = *service->server;
  SalesRun warm(server.url(), *service->requests, load);
  if (Result<BenchResult> run = watched_run(*service, warm, duration / 10); !run.ok()) return run;
  const auto note = [&](const char* when, BenchNumbers& numbers) {
    const std::string suffix = std::string("_at_") + when;
    numbers.emplace_back("rss_bytes" + suffix, static_cast<std::int64_t>(resident_bytes(server.pid())));
    numbers.emplace_back("open_files" + suffix, static_cast<std::int64_t>(open_files(server.pid())));
    numbers.emplace_back("log_bytes" + suffix, static_cast<std::int64_t>(folder_bytes(server.data() + "/log")));
    numbers.emplace_back("all_bytes" + suffix, static_cast<std::int64_t>(folder_bytes(server.data())));
  };
  BenchNumbers seen;
  note("start", seen);
  seen.emplace_back("p99_us_at_start", static_cast<std::int64_t>(percentile(warm.latencies_us(), 99)));
  SalesRun sales(server.url(), *service->requests, load);
  std::uint64_t rebuilds = 0;
  Result<BenchResult> run = [&] {
    const Rebuilder rebuilder(server, duration);
    Result<BenchResult> result = watched_run(*service, sales, duration);
    rebuilds = rebuilder.begun();
    return result;
  }();
  if (!run.ok()) return run;
  note("end", seen);
  const std::vector<std::uint32_t>& all = sales.latencies_us();
  std::vector<std::uint32_t> last(all.end() - static_cast<std::ptrdiff_t>(all.size() / 10), all.end());
  seen.emplace_back("p99_us_at_end", static_cast<std::int64_t>(percentile(last, 99)));
  const auto per_sale = [&](const char* what) {
    const std::int64_t grown =
        number_of(seen, std::string(what) + "_at_end") - number_of(seen, std::string(what) + "_at_start");
    return grown / static_cast<std::int64_t>(std::max<std::uint64_t>(run->acknowledged, 1));
  };
  seen.emplace_back("log_bytes_per_sale", per_sale("log_bytes"));
  seen.emplace_back("all_bytes_per_sale", per_sale("all_bytes"));
  seen.emplace_back("rebuilds", static_cast<std::int64_t>(rebuilds));
  run->numbers.insert(run->numbers.end(), seen.begin(), seen.end());
  fill_percentiles(sales.latencies_us(), *run);
  return run;
}

}  // namespace till
