#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"

namespace till {
namespace {

// Options of all; each subcommand uses its own.
struct KeyArguments {
  std::string tenant;
  std::string reason;
  std::string confirm;
  std::string name;
  std::string scope;
  std::string terminal;
  std::string key_id;
};

std::string body_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object();
  for (const auto& [name, value] : members) {
    if (!value.empty()) writer.member(name, value);
  }
  writer.end_object();
  return body;
}

// Asks, then shows the members of `shown` as a JSON document or as "name value" lines.
int ask_and_show(const Shell& shell, std::string_view target, const std::string& body,
                 std::initializer_list<std::string_view> shown) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto answer = ask_operator(**client, "POST", target, body);
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document(answer->json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto name : shown) {
    const auto& value = (*answer)[name];
    if (!value.text().empty()) rows.push_back({std::string(name), std::string(value.text())});
  }
  print_document(format_table(rows));
  return kExitOk;
}

int list_keys(const Shell& shell, const KeyArguments& arguments) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  // Tenant ids need no escaping: the server refuses any other letter.
  auto answer = ask_operator(**client, "GET", "/operator/keys?tenant=" + arguments.tenant);
  if (!answer) return fail(answer.error());
  if (shell.json()) {
    print_document((*answer)["keys"].json());
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows = {{"KEY", "SCOPE", "TERMINAL", "STATE"}};
  for (const auto& key : (*answer)["keys"].items()) {
    rows.push_back({std::string(key["key_id"].text()), std::string(key["scope"].text()),
                    std::string(key["terminal"].text()), key["revoked"].boolean() ? "revoked" : "valid"});
  }
  print_document(format_table(rows));
  return kExitOk;
}

// One line a transaction, up to the head that the log had at the beginning.
int export_tenant(const Shell& shell, const KeyArguments& arguments) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  std::int64_t head = -1;
  for (std::int64_t from = 1; head < 0 || from <= head;) {
    auto page = ask_operator(**client, "GET",
                             "/operator/tenants/export?tenant=" + arguments.tenant + "&from=" + std::to_string(from));
    if (!page) return fail(page.error());
    if (head < 0) head = (*page)["head"].integer();
    for (const auto& line : (*page)["lines"].items()) print_document(line.json());
    const std::int64_t next = (*page)["next"].integer();
    if (next <= from) break;
    from = next;
  }
  return kExitOk;
}

using Arguments = std::shared_ptr<KeyArguments>;

void add_tenant_commands(CLI::App& app, Shell& shell, const Arguments& arguments) {
  auto* tenant = app.add_subcommand("tenant", "Tenants of this server");
  tenant->require_subcommand(1);
  auto* tenant_add = tenant->add_subcommand("add", "Makes a tenant");
  tenant_add->add_option("tenant", arguments->tenant, "Its id, [a-z0-9-]{1,32}")->required();
  tenant_add->add_option("--name", arguments->name, "Its name for people");
  when_chosen(tenant_add, shell, [&shell, arguments] {
    return ask_and_show(shell, "/operator/tenants", body_of({{"tenant", arguments->tenant}, {"name", arguments->name}}),
                        {"tenant", "position"});
  });

  auto* suspend = tenant->add_subcommand("suspend", "Refuses a tenant's commands; it can still read");
  suspend->add_option("tenant", arguments->tenant, "Its id")->required();
  suspend->add_option("--reason", arguments->reason, "Why, for the log");
  when_chosen(suspend, shell, [&shell, arguments] {
    return ask_and_show(shell, "/operator/tenants/suspend",
                        body_of({{"tenant", arguments->tenant}, {"reason", arguments->reason}}),
                        {"tenant", "position"});
  });

  auto* resume = tenant->add_subcommand("resume", "Takes a suspended tenant's commands again");
  resume->add_option("tenant", arguments->tenant, "Its id")->required();
  when_chosen(resume, shell, [&shell, arguments] {
    return ask_and_show(shell, "/operator/tenants/resume", body_of({{"tenant", arguments->tenant}}),
                        {"tenant", "position"});
  });

  auto* everything =
      tenant->add_subcommand("export", "Writes all that the log holds of a tenant, one JSON line a transaction");
  everything->add_option("tenant", arguments->tenant, "Its id")->required();
  when_chosen(everything, shell, [&shell, arguments] { return export_tenant(shell, *arguments); });

  auto* remove = tenant->add_subcommand("delete", "Ends a tenant for good and destroys the keys of all its persons");
  remove->add_option("tenant", arguments->tenant, "Its id")->required();
  remove->add_option("--confirm", arguments->confirm, "Its id once more")->required();
  remove->add_option("--reason", arguments->reason, "Why, for the log");
  when_chosen(remove, shell, [&shell, arguments] {
    return ask_and_show(
        shell, "/operator/tenants/delete",
        body_of({{"tenant", arguments->tenant}, {"confirm", arguments->confirm}, {"reason", arguments->reason}}),
        {"tenant", "position"});
  });
}

}  // namespace

void add_key_commands(CLI::App& app, Shell& shell) {
  const auto arguments = std::make_shared<KeyArguments>();
  add_tenant_commands(app, shell, arguments);
  auto* key = app.add_subcommand("key", "API keys of a tenant");
  key->require_subcommand(1);
  auto* add = key->add_subcommand("add", "Makes a key and shows it, once");
  add->add_option("--tenant", arguments->tenant, "Whose key")->required();
  add->add_option("--scope", arguments->scope, "terminal, manager, reporting or admin")
      ->required()
      ->check(CLI::IsMember({"terminal", "manager", "reporting", "admin"}, CLI::ignore_case));
  add->add_option("--terminal", arguments->terminal, "The only terminal it may act for");
  when_chosen(add, shell, [&shell, arguments] {
    return ask_and_show(
        shell, "/operator/keys",
        body_of({{"tenant", arguments->tenant}, {"scope", arguments->scope}, {"terminal", arguments->terminal}}),
        {"key_id", "key", "tenant", "scope", "terminal"});
  });
  auto* list = key->add_subcommand("list", "Shows a tenant's keys, without their secrets");
  list->add_option("--tenant", arguments->tenant, "Whose keys")->required();
  when_chosen(list, shell, [&shell, arguments] { return list_keys(shell, *arguments); });
  auto* revoke = key->add_subcommand("revoke", "Ends a key");
  revoke->add_option("--tenant", arguments->tenant, "Whose key")->required();
  revoke->add_option("key_id", arguments->key_id, "The key's id")->required();
  when_chosen(revoke, shell, [&shell, arguments] {
    return ask_and_show(shell, "/operator/keys/revoke",
                        body_of({{"tenant", arguments->tenant}, {"key_id", arguments->key_id}}), {"key_id", "tenant"});
  });
}

}  // namespace till
