// Cases about getting back: a view rebuilt from the log, and a start after a kill.
#include <algorithm>
#include <thread>

#include "ops/bench/bench_server.h"
#include "ops/bench/load_data_peer.h"
#include "ops/bench/loaded_server.h"
#include "ops/bench/server_probe.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kJobPoll{50};
constexpr std::chrono::minutes kJobTimeout{60};

Result<JsonNode> run_job(BenchServer& server, const std::string& job) {
  const auto end = std::chrono::steady_clock::now() + kJobTimeout;
  while (std::chrono::steady_clock::now() < end) {
    auto state = ask_operator(server.operator_client(), "GET", "/operator/jobs/" + job);
    if (!state || (*state)["state"].text() == "done") return state;
    if ((*state)["state"].text() != "running") {
      return Error{ErrorKind::kPoison, "the rebuild ended: " + std::string((*state)["error"].text())};
    }
    std::this_thread::sleep_for(kJobPoll);
  }
  return Error{ErrorKind::kUnavailable, "the rebuild did not end in time"};
}

Result<BenchResult> bench_rebuild(const BenchOptions& options, const char* view, bool with_mysql) {
  auto server = loaded_server(options, {.with_mysql = with_mysql});
  if (!server) return server.error();
  // So that the rebuild has the machine for itself.
  const auto settled = wait_for_views(**server);
  if (!settled) return settled.error();
  const auto head = (*server)->head();
  if (!head) return head.error();
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    auto job = ask_operator((*server)->operator_client(), "POST", "/operator/views/rebuild",
                            std::string(R"({"view":")") + view + R"("})");
    if (!job) return job.error();
    auto done = run_job(**server, std::string((*job)["job"].text()));
    if (!done) return done.error();
    const auto elapsed_ms = std::max<std::int64_t>((*done)["elapsed_ms"].integer(), 1);
    BenchResult run;
    run.rate = *head * 1000 / static_cast<std::uint64_t>(elapsed_ms);
    run.numbers = {{"fdatasync_us", static_cast<std::int64_t>((*server)->fdatasync_us())},
                   {"transactions", static_cast<std::int64_t>(*head)},
                   {"elapsed_ms", elapsed_ms}};
    runs.push_back(std::move(run));
  }
  BenchResult result = median_run(std::move(runs));
  if (with_mysql) {
    const auto rows_a_second = [&](std::uint64_t rows) {
      return rows * result.rate / std::max<std::uint64_t>(*head, 1);
    };
    const auto peer = measure_load_data((*server)->services().mysql, (*server)->data());
    if (!peer) return peer.error();
    const std::uint64_t own = rows_a_second(peer->rows);
    result.numbers.emplace_back("rows", static_cast<std::int64_t>(peer->rows));
    result.numbers.emplace_back("rows_per_second", static_cast<std::int64_t>(own));
    result.peer.emplace_back("load_data_rows_per_second", static_cast<std::int64_t>(peer->rows_per_second));
    result.peer.emplace_back("of_load_data_permille",
                             static_cast<std::int64_t>(own * 1000 / std::max<std::uint64_t>(peer->rows_per_second, 1)));
  }
  return result;
}

}  // namespace

Result<BenchResult> bench_rebuild_cache(const BenchOptions& options) {
  return bench_rebuild(options, "read_cache", false);
}

Result<BenchResult> bench_rebuild_reporting(const BenchOptions& options) {
  return bench_rebuild(options, "reporting", true);
}

// rate: transactions of the whole log a second until ready. acknowledged and positions_gained compare the head before
// and after, so that a lost transaction makes the run void.
Result<BenchResult> bench_restart(const BenchOptions& options) {
  auto server = loaded_server(options, {});
  if (!server) return server.error();
  std::vector<BenchResult> runs;
  for (unsigned i = 0; i < options.runs; ++i) {
    auto before = (*server)->head();
    if (!before) return before.error();
    auto took = (*server)->kill_and_restart();
    if (!took) return took.error();
    auto after = (*server)->head();
    if (!after) return after.error();
    BenchResult run;
    run.acknowledged = *before;
    run.positions_gained = *after;
    const auto ready_ms = std::max<std::int64_t>(took->count(), 1);
    run.rate = *after * 1000 / static_cast<std::uint64_t>(ready_ms);
    run.numbers = {{"fdatasync_us", static_cast<std::int64_t>((*server)->fdatasync_us())},
                   {"transactions", static_cast<std::int64_t>(*after)},
                   {"ready_ms", ready_ms}};
    runs.push_back(std::move(run));
  }
  return median_run(std::move(runs));
}

}  // namespace till
