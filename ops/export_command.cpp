#include "ops/export_command.h"

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "engine/position_text.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"
#include "projections/effects/export_verify.h"

namespace till {
namespace {

OperatorAnswer verify_answer(Feed& feed, const ExportFollower& follower, const std::atomic<bool>& stopping) {
  const Result<ExportReport> report = verify_export(feed, follower.directory(), &stopping);
  if (!report.ok()) return operator_problem(report.error());
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("ok").boolean(report->ok());
  json.member("position", position_text(report->at.log_id, report->at.epoch, report->at.position));
  json.key("batches").number(report->batches).key("files").number(report->files).key("rows").number(report->rows);
  json.key("bytes").number(report->bytes).key("faults").number(report->faults).array("told");
  for (const std::string& fault : report->told) json.string(fault);
  json.end_array().end_object();
  return answer;
}

int verify(const Shell& shell) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto report = ask_operator(**client, "POST", "/operator/export/verify");
  if (!report) return fail(report.error());
  if (shell.json()) {
    print_document(report->json());
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const char* name : {"position", "batches", "files", "rows", "bytes", "faults"}) {
      rows.push_back({name, std::string((*report)[name].text())});
    }
    for (const JsonNode& fault : (*report)["told"].items()) rows.push_back({"fault", std::string(fault.text())});
    print_document(format_table(rows));
  }
  return (*report)["ok"].boolean() ? kExitOk : kExitDifference;
}

}  // namespace

void add_export_route(OperatorApi& api, Feed& feed, const ExportFollower& follower) {
  const std::atomic<bool>& stopping = api.stopping();
  api.add("POST", "/operator/export/verify",
          [&feed, &follower, &stopping](const OperatorRequest&) { return verify_answer(feed, follower, stopping); });
}

void add_export_command(CLI::App& app, Shell& shell) {
  CLI::App* const exported = app.add_subcommand("export", "The analytics export: files for a warehouse");
  exported->require_subcommand(1);
  CLI::App* const check =
      exported->add_subcommand("verify", "Compares manifest, files and log; exit 3 where they differ");
  check->callback([&shell] { shell.run = [&shell] { return verify(shell); }; });
}

}  // namespace till
