#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "api/json_writer.h"
#include "ops/bench/bench.h"
#include "ops/commands.h"

namespace till {
namespace {

struct NamedCase {
  const char* name;
  BenchCase run;
};
constexpr std::array kCases = {NamedCase{"ring-up", bench_ring_up},
                               NamedCase{"single", bench_single},
                               NamedCase{"batch", bench_batch},
                               NamedCase{"availability", bench_availability},
                               NamedCase{"rebuild-cache", bench_rebuild_cache},
                               NamedCase{"rebuild-reporting", bench_rebuild_reporting},
                               NamedCase{"restart", bench_restart},
                               NamedCase{"sql-peer", bench_sql_peer},
                               NamedCase{"fdatasync", bench_fdatasync}};

std::int64_t number_of(const BenchNumbers& numbers, std::string_view name) {
  for (const auto& [key, value] : numbers) {
    if (key == name) return value;
  }
  return 0;
}

// `limit`: what one synced append at a time would allow, and how many of them a second's work would need.
std::string document(const std::string& name, const BenchResult& result) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  const std::int64_t sync_us = number_of(result.numbers, "fdatasync_us");
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("case", name).key("rate").number(result.rate);
  json.key("p50_us").number(result.p50_us).key("p99_us").number(result.p99_us);
  json.key("fdatasync_us").number(sync_us);
  json.key("acknowledged").number(result.acknowledged).key("positions_gained").number(result.positions_gained);
  json.key("failed").number(result.failed).key("void").boolean(result.is_void());
  for (const auto& [key, value] : result.numbers) {
    if (key != "fdatasync_us") json.key(key).number(value);
  }
  json.object("peer");
  for (const auto& [key, value] : result.peer) json.key(key).number(value);
  json.end_object().object("limit");
  if (sync_us > 0) json.key("fdatasync_per_second").number(kSecondUs / sync_us);
  json.end_object().end_object();
  return text;
}

std::string table(const std::string& name, const BenchResult& result) {
  std::vector<std::vector<std::string>> rows = {{"case", name},
                                                {"rate", std::to_string(result.rate) + "/s"},
                                                {"p50", std::to_string(result.p50_us) + " us"},
                                                {"p99", std::to_string(result.p99_us) + " us"},
                                                {"acknowledged", std::to_string(result.acknowledged)},
                                                {"positions gained", std::to_string(result.positions_gained)},
                                                {"failed", std::to_string(result.failed)}};
  for (const auto& [key, value] : result.numbers) rows.push_back({key, std::to_string(value)});
  return format_table(rows);
}

int run_bench(Shell& shell, const std::string& name, BenchOptions options) {
  options.shell = &shell;
  const auto* const found =
      std::find_if(kCases.begin(), kCases.end(), [&](const NamedCase& one) { return name == one.name; });
  auto result = found->run(options);
  clear_progress();
  if (!result) return fail(result.error());
  print_document(shell.json() ? document(name, *result) : table(name, *result));
  if (!result->is_void()) return kExitOk;
  return fail(kExitFailed, "void: " + std::to_string(result->failed) + " failed, " +
                               std::to_string(result->acknowledged) + " acknowledged, " +
                               std::to_string(result->positions_gained) + " positions gained");
}

}  // namespace

Result<BenchResult> bench_fdatasync(const BenchOptions& options) {
  auto directory = BenchDirectory::make(options.directory);
  if (!directory) return directory.error();
  auto probe = measure_fdatasync_us(directory->path());
  if (!probe) return probe.error();
  BenchResult result;
  result.p50_us = *probe;
  result.rate = 1'000'000 / std::max<std::uint64_t>(*probe, 1);
  result.numbers = {{"fdatasync_us", static_cast<std::int64_t>(*probe)}};
  return result;
}

void add_bench_command(CLI::App& app, Shell& shell) {
  auto* bench = app.add_subcommand("bench", "Measures a server of its own, or the one at --url");
  const auto name = std::make_shared<std::string>();
  const auto seconds = std::make_shared<unsigned>(10);
  const auto options = std::make_shared<BenchOptions>();
  std::vector<std::string> names;
  for (const auto& one : kCases) names.emplace_back(one.name);
  bench->add_option("case", *name, "What to measure")->required()->check(CLI::IsMember(names));
  bench->add_option("--seconds", *seconds, "Length of a run")->check(CLI::Range(1, 3600))->capture_default_str();
  bench->add_option("--connections", options->connections, "Connections; 0: what the case calls for")
      ->check(CLI::Range(0, 5000));
  bench->add_option("--runs", options->runs, "Runs; the median counts")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  bench->add_option("--sales", options->sales, "Sales in the log of rebuild and restart")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  bench->add_flag("--full-stack", options->full_stack, "With reporting (MariaDB) and relay (NATS) at work");
  bench->add_option("--dir", options->directory, "Where the private server's data go; default /var/tmp");
  bench->callback([&shell, name, seconds, options] {
    options->seconds = std::chrono::seconds(*seconds);
    shell.run = [&shell, name, options] { return run_bench(shell, *name, *options); };
  });
}

}  // namespace till
