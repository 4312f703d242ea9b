#include "commands/authority.h"

#include <algorithm>
#include <string>

namespace till {
namespace {

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
constexpr EntityKind kSession = kind_of(schema::SESSION);

Rejection session_over(std::string_view session_id, std::string_view why) {
  return reject(schema::SESSION_EXPIRED, "Session " + std::string(session_id) + " " + std::string(why), "/session_id");
}

const schema::SessionState::Elevation* find_elevation(const schema::SessionState& session,
                                                      schema::Permission permission, Micros at) {
  const auto found = std::ranges::find_if(session.elevations(), [&](const auto& elevation) {
    return elevation.permission() == permission && at.value() < elevation.expires_at_us();
  });
  return found == session.elevations().end() ? nullptr : &*found;
}

void use_up(const schema::SessionState& session, const schema::SessionState::Elevation& elevation,
            const Deciding& deciding, Acceptance& acceptance) {
  auto& used = *add_event(acceptance, deciding, schema::SESSION, session.session_id(), schema::Event::kElevationUsed)
                    .mutable_elevation_used();
  used.set_session_id(session.session_id());
  used.set_employee_id(session.employee_id());
  used.set_approver_id(elevation.approver_id());
  used.set_permission(elevation.permission());
}

// Whether the session lasts at `at`.
Refusal check_lasting(const Deciding& deciding, const schema::SessionState& session, std::string_view session_id,
                      Micros at) {
  if (at.value() < session.started_at_us()) return session_over(session_id, "had not begun");
  if (session.status() == schema::SessionState::ENDED && at.value() >= session.ended_at_us()) {
    return session_over(session_id, "was ended");
  }
  const auto* employee = deciding.books.get<schema::EmployeeState>(kEmployee, session.employee_id());
  if (employee == nullptr || employee->disabled() || employee->session_epoch() != session.session_epoch()) {
    return session_over(session_id, "was revoked");
  }
  if (at.value() >= session.expires_at_us()) return session_over(session_id, "has expired");
  return std::nullopt;
}

}  // namespace

const schema::SessionState* find_session(const Deciding& deciding, std::string_view session_id) {
  return deciding.books.get<schema::SessionState>(kSession, session_id);
}

void need_session(std::string_view session_id, std::vector<EntityRef>& out) {
  if (!session_id.empty()) out.push_back({kSession, std::string(session_id)});
}

std::string_view employee_of(const Deciding& deciding, std::string_view session_id) {
  const auto* session = session_id.empty() ? nullptr : find_session(deciding, session_id);
  return session == nullptr ? std::string_view() : std::string_view(session->employee_id());
}

Refusal check_session_open(const Deciding& deciding, std::string_view session_id, Micros at) {
  const auto* session = find_session(deciding, session_id);
  if (session == nullptr) {
    return reject(schema::SESSION_NOT_FOUND, "No session " + std::string(session_id), "/session_id");
  }
  const std::string_view bound = deciding.context.bound_terminal;
  if (!bound.empty() && bound != session->terminal_id()) {
    return reject(schema::TERMINAL_NOT_PERMITTED,
                  "This key is bound to terminal " + std::string(bound) + ", the session is of another", "/session_id");
  }
  return or_note(deciding, check_lasting(deciding, *session, session_id, at));
}

Refusal check_session(const Deciding& deciding, std::string_view session_id, Micros at) {
  if (auto refusal = check_session_open(deciding, session_id, at)) return refusal;
  if (find_session(deciding, session_id)->status() != schema::SessionState::LOCKED) return std::nullopt;
  return or_note(deciding,
                 reject(schema::SESSION_LOCKED, "Session " + std::string(session_id) + " is locked", "/session_id"));
}

Refusal check_named_session(const Deciding& deciding, std::string_view session_id) {
  if (session_id.empty()) return std::nullopt;
  return check_session(deciding, session_id, deciding.context.recorded_at);
}

Refusal authorize(const Deciding& deciding, std::string_view session_id, schema::Permission permission, Micros at,
                  Acceptance& acceptance, std::string_view store_id) {
  const bool by_session = deciding.context.actor_scope == static_cast<std::uint32_t>(schema::TERMINAL);
  if (session_id.empty()) {
    if (!by_session) return std::nullopt;
    return reject(schema::PERMISSION_DENIED, "A terminal needs the session of an employee who may do this",
                  "/session_id");
  }
  if (auto refusal = check_session(deciding, session_id, at)) return refusal;
  if (!by_session) return std::nullopt;
  const auto& session = *find_session(deciding, session_id);
  if (!store_id.empty() && session.store_id() != store_id) {
    return reject(schema::PERMISSION_DENIED, "Session " + std::string(session_id) + " is of another store",
                  "/session_id");
  }
  if (std::ranges::find(session.permissions(), static_cast<int>(permission)) != session.permissions().end()) {
    return std::nullopt;
  }
  const auto* elevation = find_elevation(session, permission, at);
  if (elevation == nullptr) {
    return reject(schema::PERMISSION_DENIED,
                  "Session " + std::string(session_id) + " lacks the permission " + schema::Permission_Name(permission),
                  "/session_id");
  }
  if (elevation->one_shot()) use_up(session, *elevation, deciding, acceptance);
  return std::nullopt;
}

}  // namespace till
