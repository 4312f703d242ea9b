// Cases that ring up sales: one a request at many connections, one at a time, and in batches.
#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "api/load_client.h"
#include "ops/bench/bench_server.h"
#include "ops/bench/sale_requests.h"

namespace till {
namespace {

constexpr std::size_t kBatch = 500;

struct SalesLoad {
  unsigned connections;
  std::size_t sales_per_request;  // 1: POST /v1/sales
};

// "position":"<log>-<epoch>-<number>" in an answer; 0 where there is none.
std::uint64_t position_in(std::string_view body) {
  constexpr std::string_view kName = R"("position":")";
  const auto start = body.find(kName);
  if (start == std::string_view::npos) return 0;
  const auto end = body.find('"', start + kName.size());
  if (end == std::string_view::npos) return 0;
  const auto text = body.substr(start + kName.size(), end - start - kName.size());
  const auto number = text.substr(text.rfind('-') + 1);
  std::uint64_t position = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), position);
  return parsed.ec == std::errc{} ? position : 0;
}

// How many items of a batch's answer were accepted: each has its status and a position.
std::uint64_t accepted_in(std::string_view body) {
  constexpr std::string_view kAccepted = R"("status":201)";
  std::uint64_t accepted = 0;
  for (auto at = body.find(kAccepted); at != std::string_view::npos; at = body.find(kAccepted, at)) {
    at += kAccepted.size();
    if (position_in(body.substr(at)) > 0) ++accepted;
  }
  return accepted;
}

// One run of a load; the sequences go on from run to run.
class SalesRun {
 public:
  SalesRun(BenchServer& server, SaleRequests& requests, const SalesLoad& load)
      : server_(server), requests_(requests), load_(load), turn_(load.connections), terminal_of_(load.connections) {}

  Result<BenchResult> run(std::chrono::seconds duration) {
    auto before = server_.head();
    if (!before) return before.error();
    LoadOptions options;
    options.url = server_.url();
    options.connections = load_.connections;
    options.duration = duration;
    options.drain_timeout = std::chrono::seconds(30);
    LoadCallbacks callbacks;
    callbacks.next = [this](unsigned connection, std::string& out) { return next(connection, out); };
    callbacks.answered = [this](const LoadAnswer& answer) { answered(answer); };
    auto load = run_load(options, callbacks);
    if (!load) return load.error();
    auto after = server_.head();
    if (!after) return after.error();
    result_.failed += load->lost + load->unanswered;
    result_.positions_gained = *after - *before;
    result_.rate = load->elapsed_us == 0 ? 0 : result_.acknowledged * 1'000'000 / load->elapsed_us;
    fill_percentiles(latencies_us_, result_);
    return result_;
  }

 private:
  // Each connection has terminals of its own, so that their order holds.
  bool next(unsigned connection, std::string& out) {
    const std::size_t own = (requests_.terminal_count() - connection + load_.connections - 1) / load_.connections;
    const std::size_t terminal = connection + load_.connections * (turn_[connection]++ % own);
    terminal_of_[connection] = terminal;
    if (load_.sales_per_request == 1) {
      requests_.append_sale(terminal, out);
    } else {
      requests_.append_batch(terminal, load_.sales_per_request, out);
    }
    return true;
  }

  void answered(const LoadAnswer& answer) {
    std::uint64_t accepted = 0;
    if (load_.sales_per_request == 1) {
      accepted = answer.status == kCreated && position_in(answer.body) > 0 ? 1 : 0;
    } else if (answer.status == kOk) {
      accepted = accepted_in(answer.body);
    }
    result_.acknowledged += accepted;
    const std::size_t refused = load_.sales_per_request - accepted;
    if (refused > 0) requests_.take_back(terminal_of_[answer.connection], refused);
    result_.failed += refused;
    latencies_us_.push_back(static_cast<std::uint32_t>(answer.latency_us));
  }

  BenchServer& server_;
  SaleRequests& requests_;
  const SalesLoad load_;
  std::vector<std::size_t> turn_;
  std::vector<std::size_t> terminal_of_;
  BenchResult result_;
  std::vector<std::uint32_t> latencies_us_;
};

Result<BenchResult> bench_sales(const BenchOptions& options, const SalesLoad& load) {
  auto server = BenchServer::start(options, options.full_stack, options.full_stack);
  if (!server) return server.error();
  TradeGenerator generator(bench_shape(load.connections));
  const auto ready = (*server)->set_up(generator);
  if (!ready) return ready.error();
  SaleRequests requests(generator, (*server)->key());
  // Caches, connections and the books warm up before the first run that counts.
  constexpr std::chrono::seconds kWarmUp{2};
  auto warm = SalesRun(**server, requests, load).run(kWarmUp);
  if (!warm) return warm.error();
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    draw_progress("run", i, options.runs);
    auto run = SalesRun(**server, requests, load).run(options.seconds);
    if (!run) return run.error();
    run->numbers = {{"fdatasync_us", static_cast<std::int64_t>((*server)->fdatasync_us())},
                    {"connections", load.connections},
                    {"sales_per_request", static_cast<std::int64_t>(load.sales_per_request)}};
    runs.push_back(std::move(*run));
  }
  clear_progress();
  return median_run(std::move(runs));
}

unsigned connections_or(const BenchOptions& options, unsigned usual) {
  return options.connections == 0 ? usual : options.connections;
}

}  // namespace

Result<BenchResult> bench_ring_up(const BenchOptions& options) {
  return bench_sales(options, {connections_or(options, 64), 1});
}

Result<BenchResult> bench_single(const BenchOptions& options) {
  return bench_sales(options, {1, 1});
}

Result<BenchResult> bench_batch(const BenchOptions& options) {
  return bench_sales(options, {connections_or(options, 4), kBatch});
}

}  // namespace till
