#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/server_access.h"
#include "ops/stop_signal.h"
#include "ops/terminal_probe.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

struct DemoArguments {
  TradeShape shape{.stores = 53, .terminals_per_store = 4, .products = 2000, .customers = 500};
  std::uint64_t rate = 20;  // sales a second
  std::int32_t once = 0;    // yyyymmdd: one day of `sales`, then end
  std::size_t sales = 5000;
};

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Sales fall due evenly; what is due is sent as one batch.
Status trade_until_stopped(BatchSender& sender, TradeGenerator& generator, std::uint64_t rate, StopSignal& stop) {
  constexpr std::chrono::milliseconds kTick{100};
  constexpr std::uint64_t kBurstMost = 2000;  // after a pause of the server, the rest is left out
  constexpr auto kShowEvery = std::chrono::seconds(1);
  CommandStream stream(sender);
  const auto sink = stream.sink();
  const auto start = std::chrono::steady_clock::now();
  auto shown = start;
  std::uint64_t made = 0;
  std::uint64_t left_out = 0;
  while (!stop.wait(kTick)) {
    const auto now = std::chrono::steady_clock::now();
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count();
    const std::uint64_t due = static_cast<std::uint64_t>(elapsed) * rate / 1000 - made - left_out;
    const std::uint64_t now_made = std::min(due, kBurstMost);
    for (std::uint64_t i = 0; i < now_made && !stream.failed(); ++i) {
      generator.make_sale(generator.draw_terminal(), now_us(), sink);
    }
    made += now_made;
    left_out += due - now_made;
    const auto status = stream.finish();
    if (!status) return status;
    if (now - shown >= kShowEvery) {
      draw_progress("sales", made, 0);
      shown = now;
    }
  }
  return {};
}

// `probes`: refusals that were asked for.
std::string summary(const TradeGenerator& generator, const BatchSender& sender, std::uint64_t probes) {
  const auto& totals = generator.totals();
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("sales").number(totals.completed).key("voids").number(totals.voids);
  json.object("net").key("amount").number(totals.all.net).member("currency", kTradeCurrency).end_object();
  json.key("accepted").number(sender.counts().accepted).key("rejected").number(sender.counts().rejected - probes);
  json.member("position", sender.last_position()).end_object();
  return text;
}

int run_demo(const Shell& shell, const DemoArguments& arguments) {
  StopSignal stop;
  auto sender = open_sender(shell.options);
  if (!sender) return fail(sender.error());
  TradeGenerator generator(arguments.shape);
  CommandStream stream(*sender);
  generator.make_setup(stream.sink());
  auto status = stream.finish();
  if (status && sender->counts().rejected > 0) {
    return fail(kExitFailed, "the chain could not be set up; the key must have the scope admin or manager");
  }
  if (status) status = continue_terminals(*sender, generator);
  const auto probes = sender->counts().rejected;
  if (status && arguments.once != 0) {
    generator.make_day(arguments.once, arguments.sales, stream.sink());
    status = stream.finish();
  } else if (status) {
    say("trading; stop with Ctrl-C");
    status = trade_until_stopped(*sender, generator, arguments.rate, stop);
  }
  clear_progress();
  if (!status) return fail(status.error());
  if (shell.json()) {
    print_document(summary(generator, *sender, probes));
  } else {
    say("traded " + summary(generator, *sender, probes));
  }
  return sender->counts().rejected == probes ? kExitOk : kExitFailed;
}

bool is_date(std::int32_t date) {
  return date >= 19700101 && date <= 99991231 && date_of(midnight_us(date)) == date;
}

}  // namespace

void add_demo_command(CLI::App& app, Shell& shell) {
  auto* demo = app.add_subcommand("demo", "Trades like a chain of stores, until stopped");
  const auto arguments = std::make_shared<DemoArguments>();
  const auto once = std::make_shared<std::string>();
  demo->add_option("--stores", arguments->shape.stores, "How many stores")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  demo->add_option("--terminals", arguments->shape.terminals_per_store, "Terminals a store")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  demo->add_option("--products", arguments->shape.products, "Products of the catalogue")
      ->check(CLI::Range(1, 99'999))
      ->capture_default_str();
  demo->add_option("--rate", arguments->rate, "Sales a second")->check(CLI::Range(1, 10'000))->capture_default_str();
  demo->add_option("--seed", arguments->shape.seed, "Same seed, same chain and trade")->capture_default_str();
  demo->add_option("--once", *once, "Only one trading day, as 2026-11-23, then end");
  demo->add_option("--sales", arguments->sales, "Sales of that day")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  demo->callback([&shell, arguments, once] {
    if (!once->empty()) {
      std::string digits = *once;
      std::erase(digits, '-');
      const bool numeric = digits.size() == 8 && digits.find_first_not_of("0123456789") == std::string::npos;
      arguments->once = numeric ? std::stoi(digits) : 0;
      if (!is_date(arguments->once)) throw CLI::ValidationError("--once", "is a date as 2026-11-23");
    }
    shell.run = [&shell, arguments] { return run_demo(shell, *arguments); };
  });
}

}  // namespace till
