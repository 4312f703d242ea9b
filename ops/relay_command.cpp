#include "ops/relay_command.h"

#include <CLI/CLI.hpp>

#include "api/metrics.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"

namespace till {
namespace {

OperatorAnswer relay_answer(const Relay* relay) {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.key("configured").boolean(relay != nullptr);
  if (relay != nullptr) {
    const RelayStatus status = relay->status();
    const LogPoint& at = status.follower.at;
    json.member("state", state_name(status.follower.state));
    json.member("position", position_text(at.log_id, at.epoch, at.position));
    json.key("lag").number(status.lag);
    json.key("stream_sequence").number(status.stream_sequence);
    json.key("published").number(status.published);
    if (!status.follower.error.empty()) json.member("error", status.follower.error);
  }
  json.end_object();
  return answer;
}

int relay_status(const Shell& shell) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto status = ask_operator(**client, "GET", "/operator/relay");
  if (!status) return fail(status.error());
  if (shell.json()) {
    print_document(status->json());
    return kExitOk;
  }
  if (!(*status)["configured"].boolean()) {
    print_document("no NATS server is configured");
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows = {{"STATE", "POSITION", "LAG", "SEQUENCE", "PUBLISHED", "ERROR"}};
  rows.emplace_back();
  for (const char* name : {"state", "position", "lag", "stream_sequence", "published", "error"}) {
    rows.back().emplace_back((*status)[name].text());
  }
  print_document(format_table(rows));
  return kExitOk;
}

}  // namespace

void add_relay_route(OperatorApi& api, const Relay* relay) {
  api.add("GET", "/operator/relay", [relay](const OperatorRequest&) { return relay_answer(relay); });
}

void add_relay_command(CLI::App& app, Shell& shell) {
  CLI::App* const relay = app.add_subcommand("relay", "The copy of the events in JetStream");
  relay->require_subcommand(1);
  CLI::App* const status = relay->add_subcommand("status", "Position, lag and state");
  status->callback([&shell] { shell.run = [&shell] { return relay_status(shell); }; });
}

}  // namespace till
