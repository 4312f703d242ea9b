#include "commands/tenant.h"

#include <array>

namespace till {
namespace {

constexpr EntityKind kTenant = kind_of(schema::TENANT);
constexpr EntityKind kApiKey = kind_of(schema::API_KEY);

// The tenant's own entity has the tenant's name, which stands in the context and not in the command: the engine loads
// it when decide() looks.
template <class Body>
void needs_tenant(const Body&, std::vector<EntityRef>&) {}

// Null where there is none, or none any more.
const schema::TenantState* find_tenant(BooksReader& books, std::string_view tenant) {
  const auto* state = books.get<schema::TenantState>(kTenant, tenant);
  return state == nullptr || state->deleted() ? nullptr : state;
}

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
  if (find_tenant(deciding.books, tenant) == nullptr) {
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

Decision decide_suspend(const schema::SuspendTenant& command, const Deciding& deciding) {
  const std::string tenant(deciding.context.tenant);
  if (find_tenant(deciding.books, tenant) == nullptr) {
    return reject(schema::TENANT_NOT_FOUND, "No tenant " + tenant);
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::TENANT, tenant, schema::Event::kTenantSuspended)
      .mutable_tenant_suspended()
      ->set_reason(command.reason());
  set_answer(accepted, deciding).set_tenant(tenant);
  return accepted;
}

Decision decide_resume(const schema::ResumeTenant&, const Deciding& deciding) {
  const std::string tenant(deciding.context.tenant);
  if (find_tenant(deciding.books, tenant) == nullptr) {
    return reject(schema::TENANT_NOT_FOUND, "No tenant " + tenant);
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::TENANT, tenant, schema::Event::kTenantResumed).mutable_tenant_resumed();
  set_answer(accepted, deciding).set_tenant(tenant);
  return accepted;
}

Decision decide_delete(const schema::DeleteTenant& command, const Deciding& deciding) {
  const std::string tenant(deciding.context.tenant);
  if (find_tenant(deciding.books, tenant) == nullptr) {
    return reject(schema::TENANT_NOT_FOUND, "No tenant " + tenant);
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::TENANT, tenant, schema::Event::kTenantDeleted)
      .mutable_tenant_deleted()
      ->set_reason(command.reason());
  set_answer(accepted, deciding).set_tenant(tenant);
  return accepted;
}

void evolve_created(schema::TenantState& state, const schema::TenantCreated& fact, const schema::Record&) {
  state.set_name(fact.name());
}

void evolve_suspended(schema::TenantState& state, const schema::TenantStanding&, const schema::Record&) {
  state.set_suspended(true);
}

void evolve_resumed(schema::TenantState& state, const schema::TenantStanding&, const schema::Record&) {
  state.set_suspended(false);
}

void evolve_deleted(schema::TenantState& state, const schema::TenantStanding&, const schema::Record&) {
  state.set_deleted(true);
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
using schema::TenantState;

constexpr std::array kCommands{
    operator_rule<&Command::create_tenant, needs_tenant<schema::CreateTenant>, decide_create>(Command::kCreateTenant),
    operator_rule<&Command::issue_api_key, needs_issue, decide_issue>(Command::kIssueApiKey),
    operator_rule<&Command::revoke_api_key, needs_revoke, decide_revoke>(Command::kRevokeApiKey),
    operator_rule<&Command::suspend_tenant, needs_tenant<schema::SuspendTenant>, decide_suspend>(
        Command::kSuspendTenant),
    operator_rule<&Command::resume_tenant, needs_tenant<schema::ResumeTenant>, decide_resume>(Command::kResumeTenant),
    operator_rule<&Command::delete_tenant, needs_tenant<schema::DeleteTenant>, decide_delete>(Command::kDeleteTenant),
};
constexpr std::array kEvents{
    event_rule<TenantState, &Event::tenant_created, evolve_created>(Event::kTenantCreated, schema::TENANT),
    event_rule<TenantState, &Event::tenant_suspended, evolve_suspended>(Event::kTenantSuspended, schema::TENANT),
    event_rule<TenantState, &Event::tenant_resumed, evolve_resumed>(Event::kTenantResumed, schema::TENANT),
    event_rule<TenantState, &Event::tenant_deleted, evolve_deleted>(Event::kTenantDeleted, schema::TENANT),
    event_rule<ApiKeyState, &Event::api_key_issued, evolve_issued>(Event::kApiKeyIssued, schema::API_KEY),
    event_rule<ApiKeyState, &Event::api_key_revoked, evolve_revoked>(Event::kApiKeyRevoked, schema::API_KEY),
};
constexpr std::array kStates{state_rule<TenantState>(schema::TENANT), state_rule<ApiKeyState>(schema::API_KEY)};

}  // namespace

const Aggregate& tenant_aggregate() {
  static constexpr Aggregate kAggregate{"tenant", kCommands, kEvents, kStates};
  return kAggregate;
}

Refusal check_not_suspended(const DecideContext& context, BooksReader& books) {
  const auto* tenant = books.get<schema::TenantState>(kTenant, context.tenant);
  if (tenant != nullptr && tenant->deleted()) {
    return reject(schema::TENANT_DELETED, "Tenant " + std::string(context.tenant) + " was deleted");
  }
  if (tenant == nullptr || !tenant->suspended()) return std::nullopt;
  return reject(schema::TENANT_SUSPENDED, "Tenant " + std::string(context.tenant) + " is suspended");
}

}  // namespace till
