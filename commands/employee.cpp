#include "commands/employee.h"

#include <algorithm>
#include <array>

namespace till {
namespace {

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
constexpr EntityKind kStore = kind_of(schema::STORE);

void needs_upsert(const schema::UpsertEmployee& command, std::vector<EntityRef>& out) {
  out.push_back({kEmployee, command.employee_id()});
  for (const std::string& store : command.stores()) out.push_back({kStore, store});
}

template <class Body>
void needs_employee(const Body& command, std::vector<EntityRef>& out) {
  out.push_back({kEmployee, command.employee_id()});
}

Refusal check_lists(const schema::UpsertEmployee& command, BooksReader& books) {
  if (command.stores_size() > kStoresMost) {
    return reject(schema::VALIDATION_FAILED, "An employee has a list of at most 200 stores", "/stores");
  }
  for (int i = 0; i < command.stores_size(); ++i) {
    if (books.get<schema::StoreState>(kStore, command.stores(i)) != nullptr) continue;
    return reject(schema::STORE_NOT_FOUND, "No store " + command.stores(i),
                  item_pointer("stores", static_cast<std::size_t>(i)));
  }
  for (int i = 0; i < command.permissions_size(); ++i) {
    const int permission = command.permissions(i);
    if (permission != schema::PERMISSION_UNSPECIFIED && schema::Permission_IsValid(permission)) continue;
    return reject(schema::VALIDATION_FAILED, "Not a permission",
                  item_pointer("permissions", static_cast<std::size_t>(i)));
  }
  if (command.session_limit() > kSessionsMost) {
    return reject(schema::VALIDATION_FAILED, "At most 32 sessions are open at once", "/session_limit");
  }
  return std::nullopt;
}

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::ranges::find(list, value) != list.end();
}

// Whether the change takes a store or a permission away: sessions that began with it must not outlive that.
bool takes_away(const schema::EmployeeState& known, const schema::EmployeeUpserted& fact) {
  const auto lost_store = [&](const std::string& store) { return !contains(fact.stores(), store); };
  const auto lost_permission = [&](int permission) { return !contains(fact.permissions(), permission); };
  const bool fewer_stores =
      !fact.stores().empty() && (known.stores().empty() || std::ranges::any_of(known.stores(), lost_store));
  return fewer_stores || std::ranges::any_of(known.permissions(), lost_permission);
}

Decision decide_upsert(const schema::UpsertEmployee& command, const Deciding& deciding) {
  if (auto refusal = check_lists(command, deciding.books)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::EMPLOYEE, command.employee_id(), schema::Event::kEmployeeUpserted)
                    .mutable_employee_upserted();
  fact.set_employee_id(command.employee_id());
  fact.set_sealed(command.sealed());
  for (const std::string& store : command.stores()) {
    if (!contains(fact.stores(), store)) fact.add_stores(store);
  }
  for (const int permission : command.permissions()) {
    if (!contains(fact.permissions(), permission)) fact.add_permissions(static_cast<schema::Permission>(permission));
  }
  fact.set_session_limit(command.session_limit());
  if (const auto* known = find_employee(deciding, command.employee_id())) {
    fact.set_session_epoch(known->session_epoch() + (takes_away(*known, fact) ? 1 : 0));
  }
  set_answer(accepted, deciding).set_employee_id(command.employee_id());
  return accepted;
}

// One of the events that share EmployeeStanding; `ends_sessions` where the employee's sessions are over by it.
Decision decide_standing(const std::string& employee_id, const Deciding& deciding, schema::Event::EventCase type,
                         schema::EmployeeStanding* (schema::Event::*fact_of)(), bool ends_sessions) {
  const auto* known = find_employee(deciding, employee_id);
  if (known == nullptr) return reject_employee_not_found(employee_id, "/employee_id");
  Acceptance accepted;
  auto& fact = *(add_event(accepted, deciding, schema::EMPLOYEE, employee_id, type).*fact_of)();
  fact.set_employee_id(employee_id);
  fact.set_session_epoch(known->session_epoch() + (ends_sessions ? 1 : 0));
  set_answer(accepted, deciding).set_employee_id(employee_id);
  return accepted;
}

Decision decide_disable(const schema::DisableEmployee& command, const Deciding& deciding) {
  return decide_standing(command.employee_id(), deciding, schema::Event::kEmployeeDisabled,
                         &schema::Event::mutable_employee_disabled, true);
}

Decision decide_enable(const schema::EnableEmployee& command, const Deciding& deciding) {
  return decide_standing(command.employee_id(), deciding, schema::Event::kEmployeeEnabled,
                         &schema::Event::mutable_employee_enabled, false);
}

// One number is raised, however many sessions there are; each looks at it when it is used, so the revocation wins over
// whatever a view still shows.
Decision decide_revoke(const schema::RevokeSessions& command, const Deciding& deciding) {
  return decide_standing(command.employee_id(), deciding, schema::Event::kSessionsRevoked,
                         &schema::Event::mutable_sessions_revoked, true);
}

void set_epoch(schema::EmployeeState& state, std::uint64_t epoch) {
  if (state.session_epoch() != epoch) state.clear_sessions();
  state.set_session_epoch(epoch);
}

void evolve_upserted(schema::EmployeeState& state, const schema::EmployeeUpserted& fact, const schema::Record&) {
  state.set_employee_id(fact.employee_id());
  state.set_sealed(fact.sealed());
  *state.mutable_stores() = fact.stores();
  *state.mutable_permissions() = fact.permissions();
  state.set_session_limit(fact.session_limit());
  set_epoch(state, fact.session_epoch());
}

void evolve_disabled(schema::EmployeeState& state, const schema::EmployeeStanding& fact, const schema::Record&) {
  state.set_disabled(true);
  set_epoch(state, fact.session_epoch());
}

void evolve_enabled(schema::EmployeeState& state, const schema::EmployeeStanding&, const schema::Record&) {
  state.set_disabled(false);
}

void evolve_revoked(schema::EmployeeState& state, const schema::EmployeeStanding& fact, const schema::Record&) {
  set_epoch(state, fact.session_epoch());
}

void evolve_signed_in(schema::EmployeeState& state, const schema::EmployeeSignIn& fact, const schema::Record& record) {
  auto& sessions = *state.mutable_sessions();
  const auto over = std::remove_if(sessions.begin(), sessions.end(), [&](const auto& session) {
    return record.recorded_at_us() >= session.expires_at_us();
  });
  sessions.erase(over, sessions.end());
  auto& session = *sessions.Add();
  session.set_session_id(fact.session_id());
  session.set_expires_at_us(fact.expires_at_us());
}

void evolve_signed_out(schema::EmployeeState& state, const schema::EmployeeSignIn& fact, const schema::Record&) {
  auto& sessions = *state.mutable_sessions();
  const auto ended =
      std::ranges::find_if(sessions, [&](const auto& session) { return session.session_id() == fact.session_id(); });
  if (ended != sessions.end()) sessions.erase(ended);
}

using schema::Command;
using schema::EmployeeState;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::upsert_employee, needs_upsert, decide_upsert>(Command::kUpsertEmployee),
    command_rule<&Command::disable_employee, needs_employee<schema::DisableEmployee>, decide_disable>(
        Command::kDisableEmployee),
    command_rule<&Command::enable_employee, needs_employee<schema::EnableEmployee>, decide_enable>(
        Command::kEnableEmployee),
    command_rule<&Command::revoke_sessions, needs_employee<schema::RevokeSessions>, decide_revoke>(
        Command::kRevokeSessions),
};
constexpr std::array kEvents{
    event_rule<EmployeeState, &Event::employee_upserted, evolve_upserted>(Event::kEmployeeUpserted, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::employee_disabled, evolve_disabled>(Event::kEmployeeDisabled, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::employee_enabled, evolve_enabled>(Event::kEmployeeEnabled, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::sessions_revoked, evolve_revoked>(Event::kSessionsRevoked, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::employee_signed_in, evolve_signed_in>(Event::kEmployeeSignedIn, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::employee_signed_out, evolve_signed_out>(Event::kEmployeeSignedOut,
                                                                              schema::EMPLOYEE),
};
constexpr std::array kStates{state_rule<EmployeeState>(schema::EMPLOYEE)};

}  // namespace

const Aggregate& employee_aggregate() {
  static constexpr Aggregate kAggregate{"employee", kCommands, kEvents, kStates};
  return kAggregate;
}

const schema::EmployeeState* find_employee(const Deciding& deciding, std::string_view employee_id) {
  return deciding.books.get<schema::EmployeeState>(kEmployee, employee_id);
}

std::string employee_person(std::string_view employee_id) {
  return std::string("employee/").append(employee_id);
}

Rejection reject_employee_not_found(std::string_view employee_id, std::string pointer) {
  return reject(schema::EMPLOYEE_NOT_FOUND, "No employee " + std::string(employee_id), std::move(pointer));
}

bool works_in(const schema::EmployeeState& employee, std::string_view store_id) {
  return employee.stores().empty() || contains(employee.stores(), store_id);
}

bool has_permission(const schema::EmployeeState& employee, schema::Permission permission) {
  return contains(employee.permissions(), static_cast<int>(permission));
}

Refusal check_works_in(const schema::EmployeeState& employee, std::string_view store_id) {
  if (employee.disabled()) {
    return reject(schema::EMPLOYEE_DISABLED, "Employee " + employee.employee_id() + " is disabled", "/employee_id");
  }
  if (works_in(employee, store_id)) return std::nullopt;
  return reject(schema::NOT_ASSIGNED,
                "Employee " + employee.employee_id() + " does not work in store " + std::string(store_id), "/store_id");
}

}  // namespace till
