#include "api/operator_keys.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>

#include "api/command_submit.h"
#include "api/problem.h"
#include "api/wire_values.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::string_view kActor = "operator";
constexpr unsigned kCreated = 201;
// The directory of keys follows the log within milliseconds.
constexpr std::chrono::seconds kCredentialsWait{5};

schema::Problem problem_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::kRejected:
      return make_problem(outcome.rejection);
    case OutcomeKind::kOverloaded:
      return make_problem(schema::OVERLOADED);
    case OutcomeKind::kNotReady:
      return make_problem(schema::NOT_READY);
    case OutcomeKind::kDiskReserve:
      return make_problem(schema::DISK_RESERVE_REACHED);
    case OutcomeKind::kOutcomeUnknown:
      return make_problem(schema::OUTCOME_UNKNOWN);
    case OutcomeKind::kTooLarge:
      return make_problem(schema::TRANSACTION_TOO_LARGE);
    case OutcomeKind::kCrashed:
      return make_problem(schema::COMMAND_CRASHED);
    case OutcomeKind::kAccepted:
    case OutcomeKind::kReplayed:
    case OutcomeKind::kKeyReused:
      break;
  }
  return make_problem(schema::INTERNAL_ERROR);
}

// TERMINAL for "terminal" or "TERMINAL"; nothing for what no key can have.
std::optional<schema::Scope> scope_of(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  schema::Scope scope = schema::SCOPE_UNSPECIFIED;
  if (!schema::Scope_Parse(upper, &scope)) return std::nullopt;
  if (scope == schema::SCOPE_UNSPECIFIED || scope == schema::OPERATOR) return std::nullopt;
  return scope;
}

OperatorAnswer invalid_member(std::string_view name, std::string_view code) {
  FieldErrors errors;
  errors.add(std::string("/").append(name), code);
  const schema::Problem problem = make_problem(errors);
  return {problem.status(), problem_json(problem)};
}

class KeyRoutes {
 public:
  KeyRoutes(Engine& engine, Credentials& credentials) : engine_(engine), credentials_(credentials) {}

  OperatorAnswer create_tenant(const OperatorRequest& request);
  OperatorAnswer suspend_tenant(const OperatorRequest& request);
  OperatorAnswer resume_tenant(const OperatorRequest& request);
  OperatorAnswer delete_tenant(const OperatorRequest& request);
  OperatorAnswer list_tenants() const;
  OperatorAnswer issue_key(const OperatorRequest& request);
  OperatorAnswer list_keys(const OperatorRequest& request) const;
  OperatorAnswer revoke_key(const OperatorRequest& request);

 private:
  OperatorAnswer change_tenant(const OperatorRequest& request, std::unique_ptr<schema::Command> command);
  // Blocks until the command is durable and the directory of keys has followed; a problem where it was not accepted.
  std::optional<OperatorAnswer> submit(std::string_view tenant, std::unique_ptr<schema::Command> command,
                                       std::string& position);

  Engine& engine_;
  Credentials& credentials_;
};

std::optional<OperatorAnswer> KeyRoutes::submit(std::string_view tenant, std::unique_ptr<schema::Command> command,
                                                std::string& position) {
  CommandRequest request;
  request.tenant = tenant;
  request.key = random_command_key();
  request.body = std::move(command);
  request.actor = kActor;
  std::vector<CommandRequest> requests;
  requests.push_back(std::move(request));
  auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> answered = promise->get_future();
  engine_.submit(std::move(requests),
                 [promise](std::vector<Outcome>&& outcomes) { promise->set_value(std::move(outcomes.front())); });
  const Outcome outcome = answered.get();
  if (outcome.kind != OutcomeKind::kAccepted) {
    const schema::Problem problem = problem_of(outcome);
    return OperatorAnswer{problem.status(), problem_json(problem)};
  }
  const LogPoint durable = engine_.feed().durable();
  position = position_text(durable.log_id, durable.epoch, outcome.position);
  // Where the directory of keys does not follow in time it will later: what is done is done, and a secret is shown
  // once.
  static_cast<void>(credentials_.wait_for(outcome.position, kCredentialsWait));
  return std::nullopt;
}

OperatorAnswer KeyRoutes::create_tenant(const OperatorRequest& request) {
  const std::string_view tenant = request.text("tenant");
  const std::string_view name = request.text("name");
  if (tenant.empty()) return invalid_member("tenant", field_code::kRequired);
  if (!is_tenant_id(tenant)) return invalid_member("tenant", field_code::kInvalidFormat);
  if (!is_text(name)) return invalid_member("name", field_code::kInvalidFormat);
  auto command = std::make_unique<schema::Command>();
  command->mutable_create_tenant()->set_name(std::string(name.empty() ? tenant : name));
  std::string position;
  if (auto problem = submit(tenant, std::move(command), position)) return *problem;
  OperatorAnswer answer{kCreated, {}};
  JsonWriter(answer.body).begin_object().member("tenant", tenant).member("position", position).end_object();
  return answer;
}

OperatorAnswer KeyRoutes::change_tenant(const OperatorRequest& request, std::unique_ptr<schema::Command> command) {
  const std::string_view tenant = request.text("tenant");
  if (!is_tenant_id(tenant)) return invalid_member("tenant", field_code::kInvalidFormat);
  std::string position;
  if (auto problem = submit(tenant, std::move(command), position)) return *problem;
  OperatorAnswer answer;
  JsonWriter(answer.body).begin_object().member("tenant", tenant).member("position", position).end_object();
  return answer;
}

OperatorAnswer KeyRoutes::suspend_tenant(const OperatorRequest& request) {
  const std::string_view reason = request.text("reason");
  if (!is_text(reason)) return invalid_member("reason", field_code::kInvalidFormat);
  auto command = std::make_unique<schema::Command>();
  command->mutable_suspend_tenant()->set_reason(std::string(reason));
  return change_tenant(request, std::move(command));
}

OperatorAnswer KeyRoutes::resume_tenant(const OperatorRequest& request) {
  auto command = std::make_unique<schema::Command>();
  command->mutable_resume_tenant();
  return change_tenant(request, std::move(command));
}

OperatorAnswer KeyRoutes::delete_tenant(const OperatorRequest& request) {
  const std::string_view reason = request.text("reason");
  if (!is_text(reason)) return invalid_member("reason", field_code::kInvalidFormat);
  // Nothing brings a deleted tenant back, so its name is given twice.
  if (request.text("confirm") != request.text("tenant")) return invalid_member("confirm", field_code::kInvalidValue);
  auto command = std::make_unique<schema::Command>();
  command->mutable_delete_tenant()->set_reason(std::string(reason));
  return change_tenant(request, std::move(command));
}

OperatorAnswer KeyRoutes::list_tenants() const {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().array("tenants");
  for (const std::string& tenant : credentials_.tenants()) json.string(tenant);
  json.end_array().end_object();
  return answer;
}

OperatorAnswer KeyRoutes::issue_key(const OperatorRequest& request) {
  const std::string_view tenant = request.text("tenant");
  const std::optional<schema::Scope> scope = scope_of(request.text("scope"));
  std::string_view terminal = request.text("terminal");
  if (terminal.empty()) terminal = request.text("terminal_id");
  if (!is_tenant_id(tenant)) return invalid_member("tenant", field_code::kInvalidFormat);
  if (!scope) return invalid_member("scope", field_code::kInvalidValue);
  if (!terminal.empty() && (!is_id(terminal) || *scope != schema::TERMINAL)) {
    return invalid_member("terminal", field_code::kInvalidValue);
  }
  const NewApiKey made = make_api_key();
  auto command = std::make_unique<schema::Command>();
  schema::IssueApiKey& issue = *command->mutable_issue_api_key();
  issue.set_key_id(made.key_id);
  issue.set_scope(*scope);
  issue.set_terminal_id(std::string(terminal));
  issue.set_secret_sha256(made.secret_sha256);
  std::string position;
  if (auto problem = submit(tenant, std::move(command), position)) return *problem;
  OperatorAnswer answer{kCreated, {}};
  JsonWriter json(answer.body);
  json.begin_object().member("key_id", made.key_id).member("key", made.key).member("tenant", tenant);
  json.member("scope", schema::Scope_Name(*scope));
  if (!terminal.empty()) json.member("terminal", terminal);
  json.member("position", position).end_object();
  return answer;
}

OperatorAnswer KeyRoutes::list_keys(const OperatorRequest& request) const {
  const std::string_view tenant = request.text("tenant");
  if (!credentials_.tenant_exists(tenant)) return operator_problem(schema::TENANT_NOT_FOUND, {});
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().array("keys");
  for (const KeyInfo& key : credentials_.keys(tenant)) {
    json.begin_object().member("key_id", key.key_id).member("tenant", key.tenant);
    json.member("scope", schema::Scope_Name(key.scope));
    if (!key.terminal.empty()) json.member("terminal", key.terminal);
    json.key("revoked").boolean(key.revoked).end_object();
  }
  json.end_array().end_object();
  return answer;
}

OperatorAnswer KeyRoutes::revoke_key(const OperatorRequest& request) {
  const std::string_view tenant = request.text("tenant");
  const std::string_view key_id = request.text("key_id");
  if (!is_tenant_id(tenant)) return invalid_member("tenant", field_code::kInvalidFormat);
  if (!is_id(key_id)) return invalid_member("key_id", field_code::kInvalidFormat);
  auto command = std::make_unique<schema::Command>();
  command->mutable_revoke_api_key()->set_key_id(std::string(key_id));
  std::string position;
  if (auto problem = submit(tenant, std::move(command), position)) return *problem;
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().member("key_id", key_id).member("tenant", tenant).key("revoked").boolean(true);
  json.member("position", position).end_object();
  return answer;
}

}  // namespace

void add_key_routes(OperatorApi& api, Engine& engine, Credentials& credentials) {
  const auto routes = std::make_shared<KeyRoutes>(engine, credentials);
  api.add("POST", "/operator/tenants",
          [routes](const OperatorRequest& request) { return routes->create_tenant(request); });
  api.add("POST", "/operator/tenants/suspend",
          [routes](const OperatorRequest& request) { return routes->suspend_tenant(request); });
  api.add("POST", "/operator/tenants/resume",
          [routes](const OperatorRequest& request) { return routes->resume_tenant(request); });
  api.add("POST", "/operator/tenants/delete",
          [routes](const OperatorRequest& request) { return routes->delete_tenant(request); });
  api.add("GET", "/operator/tenants", [routes](const OperatorRequest&) { return routes->list_tenants(); });
  api.add("POST", "/operator/keys", [routes](const OperatorRequest& request) { return routes->issue_key(request); });
  api.add("GET", "/operator/keys", [routes](const OperatorRequest& request) { return routes->list_keys(request); });
  api.add("POST", "/operator/keys/revoke",
          [routes](const OperatorRequest& request) { return routes->revoke_key(request); });
}

}  // namespace till
