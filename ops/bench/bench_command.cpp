#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/bench/bench.h"
#include "ops/commands.h"

namespace till {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::int64_t kSecondUs = 1'000'000;

struct NamedCase {
  std::string_view name;
  BenchCase run;
  bool in_all = true;
};
constexpr std::array kCases = {NamedCase{"ring-up", bench_ring_up},
                               NamedCase{"ring-up-256", bench_ring_up_256},
                               NamedCase{"single", bench_single},
                               NamedCase{"batch", bench_batch},
                               NamedCase{"batch-protobuf", bench_batch_protobuf},
                               NamedCase{"ring-up-domain", bench_ring_up_domain},
                               NamedCase{"batch-domain", bench_batch_domain},
                               NamedCase{"z-close", bench_z_close},
                               NamedCase{"availability", bench_availability},
                               NamedCase{"dashboard", bench_dashboard},
                               NamedCase{"sql-peer", bench_sql_peer},
                               NamedCase{"flood", bench_flood},
                               NamedCase{"open-loop", bench_open_loop},
                               NamedCase{"closed-loop", bench_closed_loop},
                               NamedCase{"rebuild-cache", bench_rebuild_cache},
                               NamedCase{"rebuild-reporting", bench_rebuild_reporting},
                               NamedCase{"tax-report", bench_tax_report},
                               NamedCase{"restart", bench_restart},
                               NamedCase{"cold-books", bench_cold_books},
                               NamedCase{"effects", bench_effects},
                               NamedCase{"webhooks", bench_webhooks},
                               NamedCase{"slow-receiver", bench_slow_receiver},
                               NamedCase{"soak", bench_soak, false},
                               NamedCase{"fdatasync", bench_fdatasync, false}};

// `limit`: what one synced append at a time would allow.
void write_document(JsonWriter& json, std::string_view name, const BenchResult& result) {
  const std::int64_t sync_us = number_of(result.numbers, "fdatasync_us");
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
}

std::string table(std::string_view name, const BenchResult& result) {
  std::vector<std::vector<std::string>> rows = {{"case", std::string(name)},
                                                {"rate", std::to_string(result.rate) + "/s"},
                                                {"p50", std::to_string(result.p50_us) + " us"},
                                                {"p99", std::to_string(result.p99_us) + " us"},
                                                {"acknowledged", std::to_string(result.acknowledged)},
                                                {"positions gained", std::to_string(result.positions_gained)},
                                                {"failed", std::to_string(result.failed)}};
  for (const auto& [key, value] : result.numbers) rows.push_back({key, std::to_string(value)});
  for (const auto& [key, value] : result.peer) rows.push_back({"peer " + key, std::to_string(value)});
  return format_table(rows);
}

int end_of(const BenchResult& result) {
  if (!result.is_void()) return kExitOk;
  return fail(kExitFailed, "void: " + std::to_string(result.failed) + " failed, " +
                               std::to_string(result.acknowledged) + " acknowledged, " +
                               std::to_string(result.positions_gained) + " positions gained");
}

int run_one(const Shell& shell, const NamedCase& one, const BenchOptions& options) {
  const Result<BenchResult> result = one.run(options);
  clear_progress();
  if (!result.ok()) return fail(result.error());
  std::string text;
  JsonWriter json(text);
  if (shell.json()) write_document(json, one.name, result.value());
  print_document(shell.json() ? text : table(one.name, result.value()));
  return end_of(result.value());
}

std::string milliseconds(std::uint64_t micros) {
  if (micros == 0) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms", static_cast<double>(micros) / 1000);
  return text;
}

// The numbers of a case but for those that have a column.
std::string further_numbers(const BenchResult& result) {
  std::string text;
  for (const BenchNumbers* const numbers : {&result.numbers, &result.peer}) {
    for (const auto& [key, value] : *numbers) {
      if (key == "fdatasync_us") continue;
      text += (text.empty() ? "" : ", ") + key + " " + std::to_string(value);
    }
  }
  return text;
}

// One case after the other; one that fails or is void does not keep the others from being measured.
int run_all(const Shell& shell, const BenchOptions& options) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().array("cases");
  std::vector<std::vector<std::string>> rows = {{"case", "rate", "p50", "p99", "F", "further"}};
  std::uint64_t sql_rate = 0, ring_up_rate = 0, domain_rate = 0;
  int worst = kExitOk;
  for (const NamedCase& one : kCases) {
    if (!one.in_all) continue;
    const Result<BenchResult> result = one.run(options);
    clear_progress();
    if (!result.ok()) {
      worst = fail(result.error());
      rows.push_back({std::string(one.name), "failed", "", "", "", result.error().message});
      continue;
    }
    if (const int end = end_of(result.value()); end != kExitOk) worst = end;
    if (one.run == bench_ring_up) ring_up_rate = result.value().rate;
    if (one.run == bench_ring_up_domain) domain_rate = result.value().rate;
    if (one.run == bench_sql_peer) sql_rate = result.value().rate;
    write_document(json, one.name, result.value());
    rows.push_back({std::string(one.name),
                    result.value().is_void() ? "void" : std::to_string(result.value().rate) + "/s",
                    milliseconds(result.value().p50_us), milliseconds(result.value().p99_us),
                    milliseconds(static_cast<std::uint64_t>(number_of(result.value().numbers, "fdatasync_us"))),
                    further_numbers(result.value())});
    if (!shell.json()) say(std::string(one.name) + ": " + std::to_string(result.value().rate) + "/s");
  }
  json.end_array();
  const auto compare = [&](const char* key, const char* words, std::uint64_t rate, std::uint64_t to) {
    const std::uint64_t ratio = to == 0 ? 0 : rate * 1000 / to;
    json.key(key).number(ratio);
    rows.push_back({words, std::to_string(ratio) + " permille", "", "", "", ""});
  };
  compare("ring_up_to_sql_permille", "ring-up to sql-peer", ring_up_rate, sql_rate);
  compare("ring_up_domain_to_ring_up_permille", "ring-up-domain to ring-up", domain_rate, ring_up_rate);
  json.end_object();
  print_document(shell.json() ? text : format_table(rows));
  return worst;
}

int run_bench(Shell& shell, const std::string& name, BenchOptions options) {
  options.shell = &shell;
  if (name == kAll) return run_all(shell, options);
  const auto* const found =
      std::find_if(kCases.begin(), kCases.end(), [&](const NamedCase& one) { return name == one.name; });
  return run_one(shell, *found, options);
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
  const auto seconds = std::make_shared<unsigned>(0);
  const auto options = std::make_shared<BenchOptions>();
  std::vector<std::string> names;
  for (const auto& one : kCases) names.emplace_back(one.name);
  names.emplace_back(kAll);
  *name = kAll;
  bench->add_option("case", *name, "What to measure")->check(CLI::IsMember(names))->capture_default_str();
  bench->add_option("--seconds", *seconds, "Length of a run; 0: what the case calls for")->check(CLI::Range(0, 86'400));
  bench->add_option("--connections", options->connections, "Connections; 0: what the case calls for")
      ->check(CLI::Range(0, 5000));
  bench->add_option("--runs", options->runs, "Runs; the median counts")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  bench->add_option("--sales", options->sales, "Sales in the log of rebuild, restart and tax-report")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  bench->add_option("--items", options->items, "Stock items of cold-books")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  bench->add_option("--per-second", options->per_second, "Sales a second of an open loop; 0: what the case calls for")
      ->check(CLI::Range(0, 100'000));
  bench->add_flag("--full-stack", options->full_stack, "With reporting (MariaDB) and relay (NATS) at work");
  bench->add_option("--dir", options->directory, "Where the private server's data go; default /var/tmp");
  bench->callback([&shell, name, seconds, options] {
    options->seconds = std::chrono::seconds(*seconds);
    shell.run = [&shell, name, options] { return run_bench(shell, *name, *options); };
  });
}

}  // namespace till
