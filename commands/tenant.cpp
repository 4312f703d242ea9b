#include "commands/tenant.h"

#include <array>

namespace till {
namespace {

constexpr EntityKind kTenant = kind_of(schema::TENANT);
constexpr EntityKind kApiKey = kind_of(schema::API_KEY);

// The tenant's own entity has the tenant's name, which stands in the context and not in the command: the engine loads
// it when decide() looks.
void needs_create(const schema::CreateTenant&, std::vector<EntityRef>&) {}

void needs_issue(const schema::IssueApiKey& command, std::vector<EntityRef>& out) {
  out.push_back({kApiKey, command.key_id()});
}

void needs_revoke(const schema::RevokeApiKey& command, std::vector<EntityRef>& out) {
  out.push_back({kApiKey, command.key_id()});
}

Decision decide_create(const schema::CreateTenant& command, const Deciding& deciding) {
  const std::string tenant(deciding.context.tenant);
  if (deciding.books.get<schema::TenantState>(kTenant, tenant) != nullptr) {
    return reject(schema::TENANT_EXISTS, "Tenant " + tenant + " exists already");
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::TENANT, tenant, schema::Event::kTenantCreated)
      .mutable_tenant_created()
      ->set_name(command.name());
  set_answer(accepted, deciding).set_tenant(tenant);
  return accepted;
}

bool same_key(const schema::ApiKeyState& known, const schema::IssueApiKey& command) {
  return !known.revoked() && known.scope() == command.scope() && known.terminal_id() == command.terminal_id() &&
         known.secret_sha256() == command.secret_sha256();
}

// A key that no one could use, or that would do more than a key may, is not issued.
Refusal check_key(const schema::IssueApiKey& command) {
  if (command.scope() == schema::SCOPE_UNSPECIFIED || command.scope() == schema::OPERATOR ||
      !schema::Scope_IsValid(command.scope())) {
    return reject(schema::VALIDATION_FAILED, "Not a scope of a key", "/scope");
  }
  if (command.scope() == schema::TERMINAL && command.terminal_id().empty()) {
    return reject(schema::VALIDATION_FAILED, "A terminal key is bound to one terminal", "/terminal_id");
  }
  if (command.secret_sha256().size() != Hash{}.size()) {
    return reject(schema::VALIDATION_FAILED, "The hash has 32 bytes", "/secret_sha256");
  }
  return std::nullopt;
}

Decision decide_issue(const schema::IssueApiKey& command, const Deciding& deciding) {
  if (auto refusal = check_key(command)) return *refusal;
  const std::string tenant(deciding.context.tenant);
  if (deciding.books.get<schema::TenantState>(kTenant, tenant) == nullptr) {
    return reject(schema::TENANT_NOT_FOUND, "No tenant " + tenant);
  }
  const auto* known = deciding.books.get<schema::ApiKeyState>(kApiKey, command.key_id());
  if (known != nullptr && !same_key(*known, command)) {
    return reject(schema::KEY_ID_REUSED, "Key " + command.key_id() + " was issued otherwise", "/key_id");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::API_KEY, command.key_id(), schema::Event::kApiKeyIssued)
                    .mutable_api_key_issued();
  fact.set_key_id(command.key_id());
  fact.set_scope(command.scope());
  fact.set_terminal_id(command.terminal_id());
  fact.set_secret_sha256(command.secret_sha256());
  auto& answer = set_answer(accepted, deciding);
  answer.set_tenant(tenant);
  answer.set_key_id(command.key_id());
  return accepted;
}

Decision decide_revoke(const schema::RevokeApiKey& command, const Deciding& deciding) {
  if (deciding.books.get<schema::ApiKeyState>(kApiKey, command.key_id()) == nullptr) {
    return reject(schema::KEY_NOT_FOUND, "No key " + command.key_id(), "/key_id");
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::API_KEY, command.key_id(), schema::Event::kApiKeyRevoked)
      .mutable_api_key_revoked()
      ->set_key_id(command.key_id());
  set_answer(accepted, deciding).set_key_id(command.key_id());
  return accepted;
}

void evolve_created(schema::TenantState& state, const schema::TenantCreated& fact, const schema::Record&) {
  state.set_name(fact.name());
}

void evolve_issued(schema::ApiKeyState& state, const schema::ApiKeyIssued& fact, const schema::Record&) {
  state.set_key_id(fact.key_id());
  state.set_scope(fact.scope());
  state.set_terminal_id(fact.terminal_id());
  state.set_secret_sha256(fact.secret_sha256());
}

void evolve_revoked(schema::ApiKeyState& state, const schema::ApiKeyRevoked&, const schema::Record&) {
  state.set_revoked(true);
}

using schema::ApiKeyState;
using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::create_tenant, needs_create, decide_create>(Command::kCreateTenant),
    command_rule<&Command::issue_api_key, needs_issue, decide_issue>(Command::kIssueApiKey),
    command_rule<&Command::revoke_api_key, needs_revoke, decide_revoke>(Command::kRevokeApiKey),
};
constexpr std::array kEvents{
    event_rule<schema::TenantState, &Event::tenant_created, evolve_created>(Event::kTenantCreated, schema::TENANT),
    event_rule<ApiKeyState, &Event::api_key_issued, evolve_issued>(Event::kApiKeyIssued, schema::API_KEY),
    event_rule<ApiKeyState, &Event::api_key_revoked, evolve_revoked>(Event::kApiKeyRevoked, schema::API_KEY),
};
constexpr std::array kStates{state_rule<schema::TenantState>(schema::TENANT), state_rule<ApiKeyState>(schema::API_KEY)};

}  // namespace

const Aggregate& tenant_aggregate() {
  static constexpr Aggregate kAggregate{"tenant", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
