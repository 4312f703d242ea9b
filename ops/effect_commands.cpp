#include <spdlog/spdlog.h>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "api/command_submit.h"
#include "engine/json_writer.h"
#include "ops/app.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/effect_worker.h"
#include "ops/json_log_lines.h"
#include "ops/operator_client.h"
#include "ops/services.h"
#include "ops/stop_signal.h"

namespace till {
namespace {

// Options of all; each subcommand uses its own.
struct EffectArguments {
  std::string effect;
  std::string id;
  std::string from;
  std::string to;
  std::string tenant;
  std::string target;
  std::string event;
  std::string reason;
  std::string services;
  std::vector<std::string> only;
  int rate = 0;  // 0: the server's
  bool all = false;
  bool ignore_ledger = false;
  bool dry_run = false;
};
using EffectOptions = std::shared_ptr<EffectArguments>;

std::string body_of(const EffectArguments& given) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  for (const auto& [name, value] : {std::pair<std::string_view, const std::string*>{"effect", &given.effect},
                                    {"from", &given.from},
                                    {"to", &given.to},
                                    {"tenant", &given.tenant},
                                    {"target", &given.target},
                                    {"event", &given.event},
                                    {"reason", &given.reason}}) {
    if (!value->empty()) json.member(name, *value);
  }
  if (given.rate > 0) json.key("rate").number(std::int64_t{given.rate});
  if (given.ignore_ledger) json.key("ignore_ledger").boolean(true);
  if (given.dry_run) json.key("dry_run").boolean(true);
  json.end_object();
  return body;
}

// Letters that a query or a path may have as they are; delivery ids and names have no others, times have colons.
std::string query_of(const EffectArguments& given) {
  std::string query;
  for (const auto& [name, value] : {std::pair<std::string_view, const std::string*>{"effect", &given.effect},
                                    {"tenant", &given.tenant},
                                    {"target", &given.target},
                                    {"event", &given.event}}) {
    if (value->empty()) continue;
    query.append(query.empty() ? "?" : "&").append(name).append("=").append(*value);
  }
  return query;
}

void print_rows(const JsonNode& items, std::initializer_list<const char*> names, std::vector<std::string> headings) {
  std::vector<std::vector<std::string>> rows = {std::move(headings)};
  for (const JsonNode& item : items.items()) {
    std::vector<std::string> row;
    for (const char* name : names) row.emplace_back(item[name].text());
    rows.push_back(std::move(row));
  }
  print_document(format_table(rows));
}

int list_effects(const Shell& shell) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto answer = ask_operator(**client, "GET", "/operator/effects");
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document((*answer)["effects"].json());
    return kExitOk;
  }
  if ((*answer)["effects"].items().empty()) {
    print_document("no NATS server is configured, so there are no effects");
    return kExitOk;
  }
  print_rows((*answer)["effects"],
             {"effect", "state", "position", "lag", "in_hand", "waiting", "held", "dead", "done", "failed", "rate",
              "oldest_pending", "error"},
             {"EFFECT", "STATE", "POSITION", "LAG", "IN HAND", "WAITING", "HELD", "DEAD", "DONE", "FAILED", "RATE",
              "OLDEST PENDING", "ERROR"});
  return kExitOk;
}

// Asks, then shows numbers that the answer has as "name value" lines.
int ask_and_show(const Shell& shell, const std::string& target, const EffectArguments& given,
                 std::initializer_list<const char*> shown) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto answer = ask_operator(**client, "POST", target, body_of(given));
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document(answer->json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const char* name : shown) {
    if (answer->has(name)) rows.push_back({name, std::string((*answer)[name].text())});
  }
  for (const JsonNode& example : (*answer)["examples"].items())
    rows.push_back({"delivery", std::string(example.text())});
  print_document(format_table(rows));
  return kExitOk;
}

int list_letters(const Shell& shell, const EffectArguments& given) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  std::string query = query_of(given);
  for (;;) {
    auto answer = ask_operator(**client, "GET", "/operator/dead-letters" + query);
    if (!answer) return fail(answer.error());
    if (shell.json()) {
      for (const JsonNode& letter : (*answer)["dead_letters"].items()) print_document(letter.json());
    } else {
      print_rows((*answer)["dead_letters"], {"dead_letter_id", "tenant", "event", "attempts", "last_at", "error"},
                 {"ID", "TENANT", "EVENT", "ATTEMPTS", "LAST", "ERROR"});
    }
    const std::string next((*answer)["next"].text());
    if (next.empty()) return kExitOk;
    query = query_of(given);
    query.append(query.empty() ? "?" : "&").append("after=").append(next);
  }
}

int show_letter(const Shell& shell, const EffectArguments& given) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto answer = ask_operator(**client, "GET", "/operator/dead-letters/" + given.id);
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document(answer->json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : answer->members()) {
    rows.push_back({name, value.is_object() ? value.json() : std::string(value.text())});
  }
  print_document(format_table(rows));
  return kExitOk;
}

int redrive_letters(const Shell& shell, const EffectArguments& given) {
  if (!given.id.empty()) {
    return ask_and_show(shell, "/operator/dead-letters/" + given.id + "/redrive", given, {"deliveries", "position"});
  }
  const bool some = !given.effect.empty() || !given.tenant.empty() || !given.target.empty() || !given.event.empty();
  if (!some && !given.all) return fail(kExitUsage, "name a dead letter, a filter, or --all");
  return ask_and_show(shell, "/operator/dead-letters/redrive", given, {"deliveries", "position"});
}

void add_filter(CLI::App* command, const EffectOptions& given) {
  command->add_option("--effect", given->effect, "Of this effect");
  command->add_option("--tenant", given->tenant, "Of this tenant");
  command->add_option("--target", given->target, "To this receiver");
  command->add_option("--event", given->event, "Of this event, such as SaleCompleted");
}

void add_switch(CLI::App* effects, Shell& shell, const EffectOptions& given, const std::string& word,
                const char* help) {
  CLI::App* const command = effects->add_subcommand(word, help);
  command->add_option("effect", given->effect, "Its name, as in `effects list`")->required();
  command->add_option("--reason", given->reason, "Why; stands in the log")->required();
  when_chosen(command, shell, [&shell, given, word] {
    return ask_and_show(shell, "/operator/effects/" + given->effect + "/" + word, *given, {"position"});
  });
}

constexpr std::chrono::seconds kStopLook{60};

// Delivers until SIGINT or SIGTERM.
int run_worker(const Shell& shell, const EffectArguments& given) {
  Result<ServerConfig> config = load_config(DataLayout(shell.options.data).config);
  if (!config.ok()) return fail(config.error());
  if (!given.services.empty()) {
    Result<ServiceSettings> services = read_services(given.services);
    if (!services.ok()) return fail(services.error());
    config->services = *services;
  }
  if (config->services.nats_url.empty()) return fail(kExitUsage, "no NATS server is configured");
  if (Status logging = use_json_log_lines(config->log_level); !logging.ok()) return fail(logging.error());
  StopSignal stop;
  EffectWorkerOptions options;
  options.data = shell.options.data;
  options.names = given.only;
  options.worker = "worker-" + random_command_key();
  options.stream.url = config->services.nats_url;
  options.settings = config->effects;
  Result<std::unique_ptr<EffectWorker>> worker = EffectWorker::open(std::move(options));
  if (!worker.ok()) {
    return worker.error().kind == ErrorKind::kUnavailable ? fail(kExitUnreachable, worker.error().message)
                                                          : fail(worker.error());
  }
  (*worker)->start();
  spdlog::info("delivering");
  while (!stop.wait(kStopLook)) {
  }
  (*worker)->stop();
  return kExitOk;
}

void add_effects(CLI::App& app, Shell& shell, const EffectOptions& given) {
  CLI::App* const effects = app.add_subcommand("effects", "What is done outside for events of the log");
  effects->require_subcommand(1);
  when_chosen(effects->add_subcommand("list", "Position, lag, what waits and what failed"), shell,
              [&shell] { return list_effects(shell); });
  add_switch(effects, shell, given, "pause", "Delivers nothing until it is resumed");
  add_switch(effects, shell, given, "resume", "Goes on where it was paused");
  CLI::App* const run = effects->add_subcommand("run", "Delivers in a process of its own, beside others");
  run->add_option("--only", given->only, "Effects, as in `effects list`")->required()->delimiter(',');
  run->add_option("--services", given->services, "File that names the NATS server instead of till.toml");
  when_chosen(run, shell, [&shell, given] { return run_worker(shell, *given); });
  CLI::App* const replay = effects->add_subcommand("replay", "Delivers what is missing of a range of the log");
  replay->add_option("effect", given->effect, "Its name")->required();
  replay->add_option("--from", given->from, "Position or time (RFC 3339), included")->required();
  replay->add_option("--to", given->to, "Position or time, included; the log's end if left out");
  replay->add_option("--tenant", given->tenant, "Of this tenant only");
  replay->add_flag("--ignore-ledger", given->ignore_ledger, "Also what was delivered already");
  replay->add_flag("--dry-run", given->dry_run, "Only says what it would deliver");
  replay->add_option("--reason", given->reason, "Why; stands in the log");
  when_chosen(replay, shell, [&shell, given] {
    if (given->reason.empty() && !given->dry_run) return fail(kExitUsage, "--reason is needed: it stands in the log");
    return ask_and_show(shell, "/operator/effects/" + given->effect + "/replay", *given,
                        {"events", "known", "deliveries", "position"});
  });
}

void add_dead_letters(CLI::App& app, Shell& shell, const EffectOptions& given) {
  CLI::App* const letters = app.add_subcommand("dead-letters", "Deliveries that were given up");
  letters->require_subcommand(1);
  CLI::App* const list = letters->add_subcommand("list", "By effect and event");
  add_filter(list, given);
  when_chosen(list, shell, [&shell, given] { return list_letters(shell, *given); });
  CLI::App* const show = letters->add_subcommand("show", "One of them, with its record");
  show->add_option("id", given->id, "As in `dead-letters list`")->required();
  when_chosen(show, shell, [&shell, given] { return show_letter(shell, *given); });
  CLI::App* const redrive = letters->add_subcommand("redrive", "Lets them be tried again, in their order");
  redrive->add_option("id", given->id, "One of them");
  add_filter(redrive, given);
  redrive->add_flag("--all", given->all, "All of them");
  redrive->add_option("--rate", given->rate, "So many a second")->check(CLI::Range(1, 10'000));
  redrive->add_flag("--dry-run", given->dry_run, "Only says how many");
  redrive->add_option("--reason", given->reason, "Why; stands in the log");
  when_chosen(redrive, shell, [&shell, given] {
    if (given->reason.empty() && !given->dry_run) return fail(kExitUsage, "--reason is needed: it stands in the log");
    return redrive_letters(shell, *given);
  });
  CLI::App* const discard = letters->add_subcommand("discard", "Gives one up for good");
  discard->add_option("id", given->id, "As in `dead-letters list`")->required();
  discard->add_option("--reason", given->reason, "Why; stands in the log")->required();
  when_chosen(discard, shell, [&shell, given] {
    return ask_and_show(shell, "/operator/dead-letters/" + given->id + "/discard", *given, {"deliveries", "position"});
  });
}

}  // namespace

void add_effect_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<EffectArguments>();
  add_effects(app, shell, given);
  add_dead_letters(app, shell, given);
}

}  // namespace till
