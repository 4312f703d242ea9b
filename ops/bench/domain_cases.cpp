// Cases about the rules around a sale: the close of a long shift, and the tax report of a month.
#include <algorithm>
#include <chrono>

#include "api/http_client.h"
#include "commands/money.h"
#include "ops/bench/bench_server.h"
#include "ops/bench/loaded_server.h"
#include "ops/bench/server_probe.h"
#include "ops/server_access.h"

namespace till {
namespace {

constexpr std::size_t kShiftSales = 10'000;
constexpr std::int64_t kCloseBarUs = 50'000;
constexpr std::int64_t kFloatOfShift = 20'000;
constexpr std::size_t kClosingTerminal = 0;

// The report that is asked for, without its dates.
constexpr const char* kTaxReport = "/v1/reports/tax";
constexpr std::int32_t kReportDays = 30;
constexpr unsigned kReportReads = 20;
constexpr std::int64_t kReportBarUs = 1'000'000;

using BenchClock = std::chrono::steady_clock;

std::uint32_t micros_of(BenchClock::duration time) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

HttpHeaders headers_of(const BenchServer& server, const std::string& key) {
  return {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + server.key()}, {"Idempotency-Key", key}};
}

template <class Fill>
void give_shift(const CommandSink& sink, const std::string& key, Fill&& fill) {
  KeyedCommand keyed;
  keyed.idempotency_key = key;
  fill(keyed.command);
  sink(keyed);
}

// A shift from its float to its count, with kShiftSales sales and the voids among them.
void make_shift(TradeGenerator& generator, const std::string& shift, const CommandSink& sink) {
  give_shift(sink, shift, [&](schema::Command& command) {
    auto& open = *command.mutable_open_shift();
    open.set_shift_id(shift);
    open.set_store_id(generator.store_id(kClosingTerminal));
    open.set_terminal_id(generator.terminal_id(kClosingTerminal));
    set_money(*open.mutable_opening_float(), kFloatOfShift, kTradeCurrency);
  });
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  for (std::size_t i = 0; i < kShiftSales; ++i) {
    generator.make_sale(kClosingTerminal, now_us, [&](const KeyedCommand& made) {
      KeyedCommand keyed = made;
      if (keyed.command.has_ring_up_sale()) keyed.command.mutable_ring_up_sale()->set_shift_id(shift);
      sink(keyed);
    });
  }
  give_shift(sink, shift + ".end", [&](schema::Command& command) { command.mutable_end_shift()->set_shift_id(shift); });
  give_shift(sink, shift + ".count", [&](schema::Command& command) {
    command.mutable_count_shift()->set_shift_id(shift);
    command.mutable_count_shift()->set_count_id(shift + "-count");
    auto& cash = *command.mutable_count_shift()->add_counted();
    cash.set_type(schema::Tender::CASH);
    set_money(*cash.mutable_amount(), kFloatOfShift, kTradeCurrency);
  });
}

Result<BenchResult> close_run(BenchServer& server, TradeGenerator& generator, const std::string& shift) {
  const Result<std::uint64_t> before = server.head();
  if (!before.ok()) return before.error();
  auto sender = server.open_sender();
  if (!sender) return sender.error();
  CommandStream stream(*sender);
  make_shift(generator, shift, stream.sink());
  if (Status sent = stream.finish(); !sent.ok()) return sent.error();
  if (Result<std::chrono::milliseconds> settled = wait_for_views(server); !settled.ok()) return settled.error();
  auto client = HttpClient::open(server.url());
  if (!client) return client.error();
  // So that the time is of a connection that stands.
  if (auto alive = client->request("GET", "/livez"); !alive) return alive.error();
  const auto start = BenchClock::now();
  auto closed = client->request("POST", "/v1/shifts/" + shift + "/close", headers_of(server, shift + ".close"), "{}");
  const std::uint32_t took_us = micros_of(BenchClock::now() - start);
  if (!closed) return closed.error();
  const Result<std::uint64_t> after = server.head();
  if (!after.ok()) return after.error();
  BenchResult run;
  run.acknowledged = sender->counts().accepted + (closed->status == kCreated ? 1 : 0);
  run.positions_gained = *after - *before;
  run.failed = sender->counts().rejected + (closed->status == kCreated ? 0 : 1);
  run.p50_us = run.p99_us = took_us;
  run.rate = 1'000'000 / std::max<std::uint64_t>(took_us, 1);
  run.numbers = {{"fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us())},
                 {"sales_of_shift", static_cast<std::int64_t>(kShiftSales)},
                 {"bar_us", kCloseBarUs}};
  return run;
}

Result<BenchResult> report_run(BenchServer& server, HttpClient& client, const std::string& target) {
  BenchResult run;
  std::vector<std::uint32_t> latencies_us;
  const auto begin = BenchClock::now();
  for (unsigned i = 0; i < kReportReads; ++i) {
    const auto start = BenchClock::now();
    auto reply = client.request("GET", target, {{"Authorization", "Bearer " + server.key()}});
    if (!reply) return reply.error();
    latencies_us.push_back(micros_of(BenchClock::now() - start));
    const bool good = reply->status == kOk && reply->body.find(R"("rows":[{)") != std::string::npos;
    if (!good) ++run.failed;
  }
  run.rate = std::uint64_t{kReportReads} * 1'000'000 / std::max<std::uint64_t>(micros_of(BenchClock::now() - begin), 1);
  fill_percentiles(latencies_us, run);
  run.numbers = {{"fdatasync_us", static_cast<std::int64_t>(server.fdatasync_us())},
                 {"days", kReportDays},
                 {"bar_us", kReportBarUs}};
  return run;
}

}  // namespace

// Time of CloseShift alone; the sales of its shift count for what is acknowledged.
Result<BenchResult> bench_z_close(const BenchOptions& options) {
  Result<std::unique_ptr<BenchServer>> started = BenchServer::start(options, {});
  if (!started.ok()) return started.error();
  BenchServer& server = **started;
  TradeGenerator generator(bench_shape(0));
  if (Status ready = server.set_up(generator); !ready.ok()) return ready.error();
  // Of no earlier run on the same server.
  const std::string first = std::to_string(generator.next_sequence(kClosingTerminal));
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    Result<BenchResult> run = close_run(server, generator, "z-close-" + first + "-" + std::to_string(i));
    if (!run.ok()) return run.error();
    runs.push_back(std::move(*run));
  }
  clear_progress();
  return median_run(std::move(runs));
}

Result<BenchResult> bench_tax_report(const BenchOptions& options) {
  LoadedTrade trade;
  trade.with_mysql = true;
  trade.days = kReportDays;
  Result<std::unique_ptr<BenchServer>> server = loaded_server(options, trade);
  if (!server.ok()) return server.error();
  if (Result<std::chrono::milliseconds> settled = wait_for_views(**server); !settled.ok()) return settled.error();
  auto client = HttpClient::open((*server)->url());
  if (!client) return client.error();
  const std::string target =
      std::string(kTaxReport) + "?from=" + date_text_of_day(kReportDays) + "&to=" + date_text_of_day(0);
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    Result<BenchResult> run = report_run(**server, *client, target);
    if (!run.ok()) return run.error();
    run->numbers.emplace_back("sales", static_cast<std::int64_t>(options.sales));
    runs.push_back(std::move(*run));
  }
  return median_run(std::move(runs));
}

}  // namespace till
