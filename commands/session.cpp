#include "commands/session.h"

#include <algorithm>
#include <array>

#include "commands/authority.h"
#include "commands/employee.h"
#include "commands/store.h"
#include "commands/terminal.h"

namespace till {
namespace {

using schema::SessionState;

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
constexpr EntityKind kSession = kind_of(schema::SESSION);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

void needs_start(const schema::StartSession& command, std::vector<EntityRef>& out) {
  out.push_back({kSession, command.session_id()});
  out.push_back({kEmployee, command.employee_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
}

// The employee behind the session is learnt from it.
template <class Body>
void needs_session(const Body& command, std::vector<EntityRef>& out) {
  need_session(command.session_id(), out);
}

std::int64_t live_sessions(const schema::EmployeeState& employee, Micros now) {
  return std::ranges::count_if(employee.sessions(),
                               [&](const auto& session) { return now.value() < session.expires_at_us(); });
}

Refusal check_start(const schema::StartSession& command, const schema::EmployeeState* employee,
                    const schema::StoreState* store, const Deciding& deciding) {
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  if (auto refusal = check_terminal(deciding, command.terminal_id(), command.store_id())) return refusal;
  if (employee == nullptr) return reject_employee_not_found(command.employee_id(), "/employee_id");
  if (auto refusal = check_works_in(*employee, command.store_id())) return refusal;
  if (command.ttl_seconds() > kSessionSecondsMost) {
    return reject(schema::VALIDATION_FAILED, "A session lasts at most 24 hours", "/ttl_seconds");
  }
  const std::uint32_t most = employee->session_limit() == 0 ? kSessionsMost : employee->session_limit();
  if (live_sessions(*employee, deciding.context.recorded_at) >= most) {
    return reject(schema::SESSION_LIMIT,
                  "Employee " + command.employee_id() + " has " + std::to_string(most) + " open sessions",
                  "/employee_id");
  }
  return std::nullopt;
}

void write_started(const schema::StartSession& command, const schema::EmployeeState& employee, const Deciding& deciding,
                   Acceptance& accepted) {
  const std::int64_t now = deciding.context.recorded_at.value();
  const std::int64_t seconds = command.ttl_seconds() == 0 ? kSessionSeconds : command.ttl_seconds();
  auto& fact = *add_event(accepted, deciding, schema::SESSION, command.session_id(), schema::Event::kSessionStarted)
                    .mutable_session_started();
  fact.set_session_id(command.session_id());
  fact.set_employee_id(command.employee_id());
  fact.set_store_id(command.store_id());
  fact.set_terminal_id(command.terminal_id());
  fact.set_started_at_us(now);
  fact.set_expires_at_us(now + seconds * kMicrosPerSecond);
  *fact.mutable_permissions() = employee.permissions();
  fact.set_session_epoch(employee.session_epoch());
  auto& signed_in =
      *add_event(accepted, deciding, schema::EMPLOYEE, command.employee_id(), schema::Event::kEmployeeSignedIn)
           .mutable_employee_signed_in();
  signed_in.set_employee_id(command.employee_id());
  signed_in.set_session_id(command.session_id());
  signed_in.set_expires_at_us(fact.expires_at_us());
  auto& answer = set_answer(accepted, deciding);
  answer.set_session_id(command.session_id());
  answer.set_employee_id(command.employee_id());
  answer.set_expires_at_us(fact.expires_at_us());
}

Decision decide_start(const schema::StartSession& command, const Deciding& deciding) {
  if (const auto* known = find_session(deciding, command.session_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::SESSION_ID_REUSED, "Session " + command.session_id() + " was started otherwise",
                  "/session_id");
  }
  const auto* employee = find_employee(deciding, command.employee_id());
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (auto refusal = check_start(command, employee, store, deciding)) return *std::move(refusal);
  const PinGiven pin{command.has_pin_check() ? &command.pin_check() : nullptr, "/employee_id", command.terminal_id()};
  if (auto refusal = check_pin(*employee, pin, deciding)) return *std::move(refusal);
  if (is_wrong(pin)) return count_wrong_pin(*employee, pin, deciding);
  Acceptance accepted;
  write_started(command, *employee, deciding, accepted);
  forget_wrong_pins(*employee, pin, deciding, accepted);
  accepted.business_date = business_time_of(*store, deciding.context.recorded_at, deciding.zones).business_date;
  return accepted;
}

void add_moved(const SessionState& session, const Deciding& deciding, schema::Event::EventCase type,
               schema::SessionMoved* (schema::Event::*fact_of)(), Acceptance& accepted) {
  auto& fact = *(add_event(accepted, deciding, schema::SESSION, session.session_id(), type).*fact_of)();
  fact.set_session_id(session.session_id());
  fact.set_employee_id(session.employee_id());
  fact.set_store_id(session.store_id());
  fact.set_terminal_id(session.terminal_id());
  set_answer(accepted, deciding).set_session_id(session.session_id());
}

Decision decide_lock(const schema::LockSession& command, const Deciding& deciding) {
  if (auto refusal = check_session(deciding, command.session_id(), deciding.context.recorded_at)) return *refusal;
  Acceptance accepted;
  add_moved(*find_session(deciding, command.session_id()), deciding, schema::Event::kSessionLocked,
            &schema::Event::mutable_session_locked, accepted);
  return accepted;
}

Decision decide_unlock(const schema::UnlockSession& command, const Deciding& deciding) {
  if (auto refusal = check_session_open(deciding, command.session_id(), deciding.context.recorded_at)) return *refusal;
  const SessionState& session = *find_session(deciding, command.session_id());
  if (session.status() != SessionState::LOCKED) {
    return reject(schema::SESSION_NOT_LOCKED, "Session " + command.session_id() + " is not locked", "/session_id");
  }
  const auto& employee = *find_employee(deciding, session.employee_id());
  const PinGiven pin{command.has_pin_check() ? &command.pin_check() : nullptr, "/session_id", session.terminal_id()};
  if (auto refusal = check_pin(employee, pin, deciding)) return *std::move(refusal);
  if (is_wrong(pin)) return count_wrong_pin(employee, pin, deciding);
  Acceptance accepted;
  add_moved(session, deciding, schema::Event::kSessionUnlocked, &schema::Event::mutable_session_unlocked, accepted);
  forget_wrong_pins(employee, pin, deciding, accepted);
  return accepted;
}

Decision decide_end(const schema::EndSession& command, const Deciding& deciding) {
  if (auto refusal = check_session_open(deciding, command.session_id(), deciding.context.recorded_at)) return *refusal;
  const SessionState& session = *find_session(deciding, command.session_id());
  Acceptance accepted;
  add_moved(session, deciding, schema::Event::kSessionEnded, &schema::Event::mutable_session_ended, accepted);
  auto& signed_out =
      *add_event(accepted, deciding, schema::EMPLOYEE, session.employee_id(), schema::Event::kEmployeeSignedOut)
           .mutable_employee_signed_out();
  signed_out.set_employee_id(session.employee_id());
  signed_out.set_session_id(session.session_id());
  signed_out.set_expires_at_us(session.expires_at_us());
  return accepted;
}

void evolve_started(SessionState& state, const schema::SessionStarted& fact, const schema::Record& record) {
  state.set_session_id(fact.session_id());
  state.set_employee_id(fact.employee_id());
  state.set_store_id(fact.store_id());
  state.set_terminal_id(fact.terminal_id());
  state.set_status(SessionState::ACTIVE);
  state.set_started_at_us(fact.started_at_us());
  state.set_expires_at_us(fact.expires_at_us());
  *state.mutable_permissions() = fact.permissions();
  state.set_session_epoch(fact.session_epoch());
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_locked(SessionState& state, const schema::SessionMoved&, const schema::Record&) {
  state.set_status(SessionState::LOCKED);
}

void evolve_unlocked(SessionState& state, const schema::SessionMoved&, const schema::Record&) {
  state.set_status(SessionState::ACTIVE);
}

void evolve_ended(SessionState& state, const schema::SessionMoved&, const schema::Record& record) {
  state.set_status(SessionState::ENDED);
  state.set_ended_at_us(record.recorded_at_us());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::start_session, needs_start, decide_start>(Command::kStartSession),
    command_rule<&Command::lock_session, needs_session<schema::LockSession>, decide_lock>(Command::kLockSession),
    command_rule<&Command::unlock_session, needs_session<schema::UnlockSession>, decide_unlock>(
        Command::kUnlockSession),
    command_rule<&Command::end_session, needs_session<schema::EndSession>, decide_end>(Command::kEndSession),
};
constexpr std::array kEvents{
    event_rule<SessionState, &Event::session_started, evolve_started>(Event::kSessionStarted, schema::SESSION),
    event_rule<SessionState, &Event::session_locked, evolve_locked>(Event::kSessionLocked, schema::SESSION),
    event_rule<SessionState, &Event::session_unlocked, evolve_unlocked>(Event::kSessionUnlocked, schema::SESSION),
    event_rule<SessionState, &Event::session_ended, evolve_ended>(Event::kSessionEnded, schema::SESSION),
};
constexpr std::array kStates{state_rule<SessionState>(schema::SESSION)};

}  // namespace

const Aggregate& session_aggregate() {
  static constexpr Aggregate kAggregate{"session", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
