// till subscribers: a thin client of the operator routes of ops/subscribers.h.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"

namespace till {
namespace {

constexpr std::string_view kSubscribersRoute = "/operator/subscribers";

struct SubscriberArguments {
  std::string tenant;
  std::string name;
  bool only_new = false;
};

std::string subscriber_body(const SubscriberArguments& arguments, bool with_start) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("tenant", arguments.tenant).member("name", arguments.name);
  if (with_start) json.member("start", arguments.only_new ? "new" : "oldest");
  json.end_object();
  return body;
}

Result<JsonNode> ask_subscribers(const Shell& shell, std::string_view method, const std::string& target,
                                 const std::string& body = {}) {
  auto client = open_operator(shell);
  if (!client) return client.error();
  return ask_operator(**client, method, target, body);
}

void show_members(const JsonNode& answer, std::initializer_list<std::string_view> shown) {
  std::vector<std::vector<std::string>> rows;
  for (const auto name : shown) rows.push_back({std::string(name), std::string(answer[name].text())});
  print_document(format_table(rows));
}

int add_subscriber(const Shell& shell, const SubscriberArguments& arguments) {
  auto answer = ask_subscribers(shell, "POST", std::string(kSubscribersRoute), subscriber_body(arguments, true));
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document(answer->json());
    return kExitOk;
  }
  show_members(*answer, {"user", "password", "server", "stream", "consumer", "domain"});
  if (!(*answer)["applied"].boolean()) {
    say("put this among the accounts of your nats-server and let it read its configuration twice:");
    print_document((*answer)["configuration"].text());
  }
  return kExitOk;
}

int revoke_subscriber(const Shell& shell, const SubscriberArguments& arguments) {
  auto answer =
      ask_subscribers(shell, "POST", std::string(kSubscribersRoute) + "/revoke", subscriber_body(arguments, false));
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document(answer->json());
    return kExitOk;
  }
  show_members(*answer, {"tenant", "name"});
  if (!(*answer)["applied"].boolean()) {
    say("take the account " + std::string((*answer)["user"].text()) + " out of your nats-server's configuration");
  }
  return kExitOk;
}

int list_subscribers(const Shell& shell) {
  auto answer = ask_subscribers(shell, "GET", std::string(kSubscribersRoute));
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document((*answer)["subscribers"].json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows = {{"TENANT", "NAME", "USER", "WAITING", "UNACKNOWLEDGED"}};
  for (const auto& subscriber : (*answer)["subscribers"].items()) {
    rows.emplace_back();
    for (const char* name : {"tenant", "name", "user", "waiting", "unacknowledged"}) {
      rows.back().emplace_back(subscriber[name].text());
    }
  }
  print_document(format_table(rows));
  return kExitOk;
}

// What a nats-server of one's own needs, whole.
int show_configuration(const Shell& shell) {
  auto answer = ask_subscribers(shell, "GET", std::string(kSubscribersRoute));
  if (!answer) return fail(answer.error());
  const std::string exports((*answer)["exports"].text());
  const std::string accounts((*answer)["configuration"].text());
  std::string document;
  if (shell.json()) {
    JsonWriter(document).begin_object().member("exports", exports).member("accounts", accounts).end_object();
  } else {
    document = "# In the account TILL, which Till's own user and its stream belong to:\n#   exports: ";
    for (const char c : exports) document += c == '\n' ? std::string("\n#   ") : std::string(1, c);
    document += "\n# Among the accounts:\n" + accounts;
    if (document.back() == '\n') document.pop_back();
  }
  print_document(document);
  return kExitOk;
}

using SubscriberOptions = std::shared_ptr<SubscriberArguments>;

void add_subscriber_name(CLI::App& command, const SubscriberOptions& arguments) {
  command.add_option("tenant", arguments->tenant, "Whose events")->required();
  command.add_option("name", arguments->name, "Its name among the tenant's, 1-32 of A-Z a-z 0-9 -")->required();
}

void run_when_chosen(CLI::App& command, Shell& shell, std::function<int()> run) {
  command.callback([&shell, run = std::move(run)] { shell.run = run; });
}

}  // namespace

void add_subscriber_command(CLI::App& app, Shell& shell) {
  const auto arguments = std::make_shared<SubscriberArguments>();
  auto* subscribers = app.add_subcommand("subscribers", "Partners that read a tenant's events from NATS");
  subscribers->require_subcommand(1);
  auto* add = subscribers->add_subcommand("add", "Makes a NATS user and a consumer, and shows the password, once");
  add_subscriber_name(*add, arguments);
  add->add_flag("--new", arguments->only_new, "Only events from now on, not all that the stream holds");
  run_when_chosen(*add, shell, [&shell, arguments] { return add_subscriber(shell, *arguments); });
  auto* list = subscribers->add_subcommand("list", "Shows all of them and how far behind they are");
  run_when_chosen(*list, shell, [&shell] { return list_subscribers(shell); });
  auto* revoke = subscribers->add_subcommand("revoke", "Ends one: user and consumer");
  add_subscriber_name(*revoke, arguments);
  run_when_chosen(*revoke, shell, [&shell, arguments] { return revoke_subscriber(shell, *arguments); });
  auto* config = subscribers->add_subcommand("config", "Prints what the configuration of another nats-server needs");
  run_when_chosen(*config, shell, [&shell] { return show_configuration(shell); });
}

}  // namespace till
