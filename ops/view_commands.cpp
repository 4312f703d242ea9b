#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kJobPoll{200};

std::string view_body(const std::string& view, const std::string& tenant) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object();
  if (!view.empty()) writer.member("view", view);
  if (!tenant.empty()) writer.member("tenant", tenant);
  writer.end_object();
  return body;
}

int list_views(const Shell& shell) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto views = ask_operator(**client, "GET", "/operator/views");
  if (!views) return fail(views.error());
  if (shell.json()) {
    print_document(views->json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows = {{"VIEW", "GENERATION", "POSITION", "LAG", "STATE", "DIGEST", "ERROR"}};
  for (const auto& view : views->items()) {
    std::vector<std::string> row;
    for (const char* name : {"view", "generation", "position", "lag", "state", "digest", "error"}) {
      row.emplace_back(view[name].text());
    }
    rows.push_back(std::move(row));
  }
  print_document(format_table(rows));
  return kExitOk;
}

// Follows a job to its end; an interrupted client leaves it running.
int follow_job(const Shell& shell, OperatorClient& client, const std::string& job) {
  for (;;) {
    auto state = ask_operator(client, "GET", "/operator/jobs/" + job);
    if (!state) return fail(state.error());
    const auto text = (*state)["state"].text();
    if (text == "running") {
      const std::string what = "job " + job + ": " + std::string((*state)["what"].text());
      draw_progress(what, static_cast<std::uint64_t>((*state)["done"].integer()),
                    static_cast<std::uint64_t>((*state)["total"].integer()), (*state)["eta_ms"].integer(-1));
      std::this_thread::sleep_for(kJobPoll);
      continue;
    }
    clear_progress();
    if (shell.json()) print_document(state->json());
    if (text != "done") return fail(kExitFailed, std::string(text) + ": " + std::string((*state)["error"].text()));
    if (!shell.json()) {
      print_document(std::string((*state)["what"].text()) + " done: " + std::string((*state)["done"].text()) +
                     " transactions in " + std::string((*state)["elapsed_ms"].text()) + " ms");
    }
    return kExitOk;
  }
}

int start_job(const Shell& shell, const char* target, const std::string& body) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto job = ask_operator(**client, "POST", target, body);
  if (!job) return fail(job.error());
  return follow_job(shell, **client, std::string((*job)["job"].text()));
}

int cancel_job(const Shell& shell, const std::string& job) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto state = ask_operator(**client, "POST", "/operator/jobs/" + job + "/cancel");
  if (!state) return fail(state.error());
  if (shell.json()) {
    print_document(state->json());
  } else {
    print_document("job " + job + ", " + std::string((*state)["what"].text()) + ": " +
                   ((*state)["state"].text() == "running" ? "is told to end" : "has ended already"));
  }
  return kExitOk;
}

// A view that merely could not be compared is a failure, not a difference.
int exit_code_of(const JsonNode& proof) {
  if (proof["equal"].boolean()) return kExitOk;
  for (const JsonNode& one : proof["views"].items()) {
    if (!one["equal"].boolean() && one["compared"].boolean()) return kExitDifference;
  }
  return kExitFailed;
}

int verify_views(const Shell& shell, const std::string& view) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto proof = ask_operator(**client, "POST", "/operator/views/verify", view_body(view, {}));
  if (!proof) return fail(proof.error());
  if (shell.json()) {
    print_document(proof->json());
  } else {
    std::vector<std::vector<std::string>> rows = {{"VIEW", "POSITION", "RESULT"}};
    for (const auto& one : (*proof)["views"].items()) {
      const bool compared = one["compared"].boolean();
      std::string result = one["equal"].boolean() ? "equals the log" : compared ? "differs" : "not compared";
      if (one.has("error")) result += ": " + std::string(one["error"].text());
      rows.push_back({std::string(one["view"].text()), std::string(one["position"].text()), result});
      for (const auto& difference : one["differences"].items()) {
        rows.push_back({"", std::string(difference["tenant"].text()),
                        std::string(difference["field"].text()) + " " + std::string(difference["currency"].text()) +
                            ": view " + std::string(difference["view"].text()) + ", log " +
                            std::string(difference["log"].text())});
      }
      for (const auto& broken : one["broken"].items()) {
        rows.push_back(
            {"", std::string(broken["check"].text()),
             std::string(broken["rows"].text()) + " do not add up, as " + std::string(broken["example"].text())});
      }
    }
    print_document(format_table(rows));
  }
  return exit_code_of(*proof);
}

}  // namespace

void add_view_commands(CLI::App& app, Shell& shell) {
  auto* views = app.add_subcommand("views", "Views made from the log");
  views->require_subcommand(1);
  const auto view = std::make_shared<std::string>();
  const auto tenant = std::make_shared<std::string>();

  auto* list = views->add_subcommand("list", "Where each view stands");
  list->callback([&shell] { shell.run = [&shell] { return list_views(shell); }; });

  auto* rebuild = views->add_subcommand("rebuild", "Builds a new generation from the log and switches to it");
  rebuild->add_option("view", *view, "Its name, as in `views list`")->required();
  rebuild->add_option("--tenant", *tenant, "Only this tenant's rows");
  rebuild->callback([&shell, view, tenant] {
    shell.run = [&shell, view, tenant] {
      return start_job(shell, "/operator/views/rebuild", view_body(*view, *tenant));
    };
  });

  auto* rollback = views->add_subcommand("rollback", "Catches the former generation up and switches back to it");
  rollback->add_option("view", *view, "Its name")->required();
  rollback->callback([&shell, view] {
    shell.run = [&shell, view] { return start_job(shell, "/operator/views/rollback", view_body(*view, {})); };
  });

  const auto job = std::make_shared<std::string>();
  auto* cancel = views->add_subcommand("cancel", "Ends a rebuild or rollback that runs; nothing is switched");
  cancel->add_option("job", *job, "Its number, as drawn with its progress")->required();
  cancel->callback([&shell, job] { shell.run = [&shell, job] { return cancel_job(shell, *job); }; });

  auto* verify = views->add_subcommand(
      "verify", "Compares views with the log; exit 3 where they differ, 1 where one is not available");
  verify->add_option("view", *view, "Its name; without it: all");
  verify->callback([&shell, view] { shell.run = [&shell, view] { return verify_views(shell, *view); }; });
}

}  // namespace till
