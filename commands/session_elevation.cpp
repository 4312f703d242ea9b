#include "commands/session_elevation.h"

#include <algorithm>
#include <array>

#include "commands/authority.h"
#include "commands/employee.h"
#include "commands/employee_pin.h"

namespace till {
namespace {

using schema::SessionState;

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// The employee behind the session is learnt from it.
void needs_elevate(const schema::ElevateSession& command, std::vector<EntityRef>& out) {
  need_session(command.session_id(), out);
  out.push_back({kEmployee, command.approver_id()});
}

Refusal check_elevation(const schema::ElevateSession& command) {
  if (command.permission() == schema::PERMISSION_UNSPECIFIED || !schema::Permission_IsValid(command.permission())) {
    return reject(schema::VALIDATION_FAILED, "Not a permission", "/permission");
  }
  if (command.seconds() == 0 || command.seconds() > kElevationSecondsMost) {
    return reject(schema::VALIDATION_FAILED, "A permission is lent for 1 to 900 seconds", "/seconds");
  }
  return std::nullopt;
}

// Somebody else, who has the permission in this store. At a terminal nobody approves without a PIN: an employee is
// named by an id that others know.
Refusal check_approver(const schema::ElevateSession& command, const SessionState& session,
                       const schema::EmployeeState* approver, const Deciding& deciding) {
  const bool by_terminal = deciding.context.actor_scope == static_cast<std::uint32_t>(schema::TERMINAL);
  if (command.approver_id() != session.employee_id() && approver != nullptr && !approver->disabled() &&
      works_in(*approver, session.store_id()) && has_permission(*approver, command.permission()) &&
      (approver->pin_version() > 0 || !by_terminal)) {
    return std::nullopt;
  }
  return reject(schema::APPROVER_INVALID,
                "Employee " + command.approver_id() + " cannot lend " + schema::Permission_Name(command.permission()) +
                    " to session " + command.session_id(),
                "/approver_id");
}

Decision decide_elevate(const schema::ElevateSession& command, const Deciding& deciding) {
  const Micros now = deciding.context.recorded_at;
  if (auto refusal = check_session(deciding, command.session_id(), now)) return *std::move(refusal);
  if (auto refusal = check_elevation(command)) return *std::move(refusal);
  const SessionState& session = *find_session(deciding, command.session_id());
  const auto* approver = find_employee(deciding, command.approver_id());
  if (auto refusal = check_approver(command, session, approver, deciding)) return *std::move(refusal);
  const PinGiven pin{command.has_pin_check() ? &command.pin_check() : nullptr, "/approver_id", session.terminal_id()};
  if (auto refusal = check_pin(*approver, pin, deciding)) return *std::move(refusal);
  if (is_wrong(pin)) return count_wrong_pin(*approver, pin, deciding);

  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::SESSION, command.session_id(), schema::Event::kPermissionElevated)
                    .mutable_permission_elevated();
  fact.set_session_id(command.session_id());
  fact.set_employee_id(session.employee_id());
  fact.set_approver_id(command.approver_id());
  fact.set_permission(command.permission());
  fact.set_one_shot(command.one_shot());
  fact.set_expires_at_us(now.value() + command.seconds() * kMicrosPerSecond);
  fact.set_store_id(session.store_id());
  fact.set_terminal_id(session.terminal_id());
  forget_wrong_pins(*approver, pin, deciding, accepted);
  auto& answer = set_answer(accepted, deciding);
  answer.set_session_id(command.session_id());
  answer.set_expires_at_us(fact.expires_at_us());
  return accepted;
}

void remove_elevation(SessionState& state, schema::Permission permission) {
  auto& elevations = *state.mutable_elevations();
  const auto found =
      std::ranges::find_if(elevations, [&](const auto& elevation) { return elevation.permission() == permission; });
  if (found != elevations.end()) elevations.erase(found);
}

// The latest loan of a permission takes the place of an earlier one, so that there are at most as many as permissions.
void evolve_elevated(SessionState& state, const schema::PermissionElevated& fact, const schema::Record&) {
  remove_elevation(state, fact.permission());
  auto& elevation = *state.add_elevations();
  elevation.set_permission(fact.permission());
  elevation.set_approver_id(fact.approver_id());
  elevation.set_one_shot(fact.one_shot());
  elevation.set_expires_at_us(fact.expires_at_us());
}

void evolve_used(SessionState& state, const schema::ElevationUsed& fact, const schema::Record&) {
  remove_elevation(state, fact.permission());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::elevate_session, needs_elevate, decide_elevate>(Command::kElevateSession),
};
constexpr std::array kEvents{
    event_rule<SessionState, &Event::permission_elevated, evolve_elevated>(Event::kPermissionElevated, schema::SESSION),
    event_rule<SessionState, &Event::elevation_used, evolve_used>(Event::kElevationUsed, schema::SESSION),
};

}  // namespace

const Aggregate& session_elevation_aggregate() {
  static constexpr Aggregate kAggregate{"session_elevation", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
