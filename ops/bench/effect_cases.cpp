// Cases about what follows a sale outside: the relay and the runtime of effects alone, webhooks with everything on, and
// what a slow receiver does to the tills.
#include <algorithm>
#include <atomic>
#include <thread>

#include "api/http_client.h"
#include "engine/effect_ledger.h"
#include "engine/json_writer.h"
#include "ops/bench/hook_counter.h"
#include "ops/bench/loaded_server.h"
#include "ops/bench/sales_load.h"
#include "ops/bench/server_probe.h"
#include "ops/effect_factory.h"
#include "projections/effects/jetstream_source.h"

namespace till {
namespace {

constexpr std::uint64_t kRelayedSales = 200'000;
constexpr std::chrono::minutes kPassTimeout{10};
constexpr std::uint32_t kHookSalesPerSecond = 1'000;
constexpr std::chrono::seconds kHookTime{30};
constexpr std::chrono::milliseconds kSlowReceiver{2'000};
constexpr unsigned kPairs = 5;
constexpr std::size_t kPassThreads = 2;

// Wants every event and does nothing.
class NoEffect final : public Effect {
 public:
  std::string_view name() const override { return "nothing"; }
  bool wants(std::string_view) const override { return true; }
  DeliveryAttempt deliver(const EffectMessage&, const std::string&) override {
    ++delivered_;
    return {};
  }
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t) const override { return std::nullopt; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  std::atomic<std::uint64_t> delivered_{0};
};

// All that is asked of it here is in the stream.
class NoLog final : public EffectLog {
 public:
  Result<EffectMessage> find(const EventRef&) override { return Error{ErrorKind::kNotFound, "no log"}; }
  Status read(Position after, Position, std::vector<EffectMessage>&, Position& reached) override {
    reached = after;
    return {};
  }
};

struct StreamFigures {
  std::uint64_t sequence = 0;
  std::uint64_t lag = 0;
};

Result<StreamFigures> relay_figures(BenchServer& server) {
  auto relay = ask_operator(server.operator_client(), "GET", "/operator/relay");
  if (!relay) return relay.error();
  return StreamFigures{static_cast<std::uint64_t>((*relay)["stream_sequence"].integer()),
                       static_cast<std::uint64_t>((*relay)["lag"].integer())};
}

Result<LogId> log_id_of(BenchServer& server) {
  auto head = ask_operator(server.operator_client(), "GET", "/operator/log/head");
  if (!head) return head.error();
  LogId id{};
  if (!from_hex((*head)["log_id"].text(), id)) return Error{ErrorKind::kInvalid, "the server tells no log id"};
  return id;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint64_t rate_of(std::uint64_t count, double seconds) {
  return static_cast<std::uint64_t>(static_cast<double>(count) / std::max(seconds, 1e-9));
}

Status register_hook(BenchServer& server, const std::string& url) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("url", url).array("events").string("SaleCompleted").end_array().end_object();
  Result<HttpClient> client = HttpClient::open(server.url(), {});
  if (!client.ok()) return client.error();
  const HttpHeaders headers{
      {"Authorization", "Bearer " + server.key()}, {"Idempotency-Key", url}, {"Content-Type", "application/json"}};
  const auto reply = client->request("POST", "/v1/webhook-endpoints", headers, body);
  if (!reply) return reply.error();
  if (reply->status != kCreated) return Error{ErrorKind::kInvalid, "no endpoint was registered: " + reply->body};
  return {};
}

struct HookedServer {
  std::unique_ptr<HookCounter> hooks;
  std::unique_ptr<BenchServer> server;
  std::unique_ptr<TradeGenerator> generator;
  std::unique_ptr<SaleRequests> requests;
};

// With everything on, and webhooks to one receiver.
Result<HookedServer> start_hooked(const BenchOptions& options, unsigned connections, std::chrono::milliseconds delay) {
  HookedServer made;
  Result<std::unique_ptr<HookCounter>> hooks = HookCounter::start(delay);
  if (!hooks.ok()) return hooks.error();
  made.hooks = std::move(*hooks);
  BenchServerOptions needs;
  needs.with_mysql = needs.with_nats = needs.with_export = true;
  needs.books_bytes = kBooksBytes;
  needs.more_config = "[effects]\nallow_private_addresses = true\n";
  Result<std::unique_ptr<BenchServer>> server = BenchServer::start(options, needs);
  if (!server.ok()) return server.error();
  made.server = std::move(*server);
  TradeShape chain = bench_shape(connections);
  chain.stock_units = kStockUnits;
  made.generator = std::make_unique<TradeGenerator>(chain);
  if (Status ready = made.server->set_up(*made.generator); !ready.ok()) return ready.error();
  made.requests = std::make_unique<SaleRequests>(*made.generator, made.server->key());
  if (auto settled = wait_for_views(*made.server); !settled.ok()) return settled.error();
  if (Status hooked = register_hook(*made.server, made.hooks->url()); !hooked.ok()) return hooked.error();
  return made;
}

Status wait_for_hooks(const HookCounter& hooks, std::uint64_t count) {
  const auto start = std::chrono::steady_clock::now();
  while (hooks.received() < count) {
    if (std::chrono::steady_clock::now() - start > kPassTimeout) {
      return Error{ErrorKind::kUnavailable, "webhooks are missing"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

std::uint64_t p99_of(std::vector<std::uint32_t> values) {
  return percentile(values, 99);
}

}  // namespace

// The stream is filled from the log as fast as it goes; then an effect that does nothing passes all of it.
Result<BenchResult> bench_effects(const BenchOptions& options) {
  LoadedTrade trade;
  trade.sales = std::min(options.sales, kRelayedSales);
  Result<std::unique_ptr<BenchServer>> started = loaded_server(options, trade);
  if (!started.ok()) return started.error();
  BenchServer& server = **started;
  const auto filling = std::chrono::steady_clock::now();
  if (Status attached = server.attach_nats(); !attached.ok()) return attached.error();
  Result<StreamFigures> stream = relay_figures(server);
  while (stream.ok() && (stream->sequence == 0 || stream->lag > 0)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stream = relay_figures(server);
  }
  if (!stream.ok()) return stream.error();
  // With the start of the server in it.
  const double filled = seconds_since(filling);
  const Result<LogId> log_id = log_id_of(server);
  if (!log_id.ok()) return log_id.error();
  Result<std::unique_ptr<EffectLedger>> ledger = EffectLedger::open({.directory = server.data() + "/bench-ledger"});
  if (!ledger.ok()) return ledger.error();
  NoEffect effect;
  NoLog log;
  JetStreamSourceOptions source_options;
  source_options.stream.url = server.services().nats_url;
  source_options.consumer = "bench";
  source_options.log_id = *log_id;
  JetStreamSource source(
      std::move(source_options), [] { return Position(1); }, [](const EventPlace&) { return true; });
  EffectRunnerOptions runner_options;
  runner_options.threads = kPassThreads;
  const auto passing = std::chrono::steady_clock::now();
  EffectRunner runner(effect, **ledger, source, log, effect_time, runner_options);
  runner.start();
  while (effect.delivered() < stream->sequence && seconds_since(passing) < 600) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const double passed = seconds_since(passing);
  runner.stop();
  BenchResult result;
  result.rate = rate_of(effect.delivered(), passed);
  result.failed = effect.delivered() == stream->sequence ? 0 : 1;
  result.numbers = {{"events", static_cast<std::int64_t>(stream->sequence)},
                    {"effect_events_per_second", static_cast<std::int64_t>(result.rate)},
                    {"effect_bar", 30'000},
                    {"relay_events_per_second", static_cast<std::int64_t>(rate_of(stream->sequence, filled))},
                    {"relay_bar", 50'000},
                    {"fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us())}};
  return result;
}

// How long after a sale was recorded its webhook arrives, at a steady rate with everything on.
Result<BenchResult> bench_webhooks(const BenchOptions& options) {
  SalesLoad load;
  load.connections = options.connections == 0 ? 64 : options.connections;
  load.requests_per_second = options.per_second == 0 ? kHookSalesPerSecond : options.per_second;
  Result<HookedServer> hooked = start_hooked(options, load.connections, std::chrono::milliseconds(0));
  if (!hooked.ok()) return hooked.error();
  SalesRun sales(hooked->server->url(), *hooked->requests, load);
  Result<BenchResult> run = counted_run(*hooked->server, sales, options.run_time(kHookTime));
  if (!run.ok()) return run;
  if (Status all = wait_for_hooks(*hooked->hooks, run->acknowledged); !all.ok()) return all.error();
  std::vector<std::uint32_t> latencies = hooked->hooks->latencies_us();
  fill_percentiles(sales.latencies_us(), *run);
  run->numbers.insert(run->numbers.end(),
                      {{"hook_p50_us", static_cast<std::int64_t>(percentile(latencies, 50))},
                       {"hook_p99_us", static_cast<std::int64_t>(percentile(latencies, 99))},
                       {"hook_p99_bar_us", 500'000},
                       {"hooks", static_cast<std::int64_t>(hooked->hooks->received())},
                       {"fdatasync_us", static_cast<std::int64_t>(hooked->server->fdatasync_us())}});
  return run;
}

// Pairs of runs: the receiver answers at once, or after two seconds. Rate and percentiles are those of the slow one.
Result<BenchResult> bench_slow_receiver(const BenchOptions& options) {
  SalesLoad load;
  load.connections = options.connections == 0 ? 64 : options.connections;
  load.requests_per_second = options.per_second == 0 ? kHookSalesPerSecond : options.per_second;
  Result<HookedServer> quick = start_hooked(options, load.connections, std::chrono::milliseconds(0));
  if (!quick.ok()) return quick.error();
  Result<HookedServer> slow = start_hooked(options, load.connections, kSlowReceiver);
  if (!slow.ok()) return slow.error();
  std::vector<std::int64_t> permille;
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < kPairs; ++i) {
    draw_progress("pair", i, kPairs);
    SalesRun beside_quick(quick->server->url(), *quick->requests, load);
    Result<BenchResult> run = counted_run(*quick->server, beside_quick, options.run_time());
    if (!run.ok()) return run;
    if (run->is_void()) return run;
    const std::uint64_t base = p99_of(beside_quick.latencies_us());
    SalesRun beside_slow(slow->server->url(), *slow->requests, load);
    run = counted_run(*slow->server, beside_slow, options.run_time());
    if (!run.ok()) return run;
    fill_percentiles(beside_slow.latencies_us(), *run);
    permille.push_back(static_cast<std::int64_t>(run->p99_us * 1000 / std::max<std::uint64_t>(base, 1)));
    run->numbers.emplace_back("quick_p99_us", static_cast<std::int64_t>(base));
    runs.push_back(std::move(*run));
  }
  clear_progress();
  BenchResult result = median_run(std::move(runs));
  std::ranges::sort(permille);
  result.numbers.insert(result.numbers.end(), {{"p99_to_quick_permille", permille[permille.size() / 2]},
                                               {"p99_to_quick_permille_least", permille.front()},
                                               {"p99_to_quick_permille_most", permille.back()},
                                               {"bar_permille", 1'150}});
  return result;
}

}  // namespace till
