#include "commands/employee_pin.h"

#include <algorithm>
#include <array>

#include "commands/employee.h"

namespace till {
namespace {

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
// Of crypto_pwhash_str().
constexpr int kPinHashBytesMost = 128;

void needs_set(const schema::SetEmployeePin& command, std::vector<EntityRef>& out) {
  out.push_back({kEmployee, command.employee_id()});
}

Decision decide_set(const schema::SetEmployeePin& command, const Deciding& deciding) {
  const auto* known = find_employee(deciding, command.employee_id());
  if (known == nullptr) return reject_employee_not_found(command.employee_id(), "/employee_id");
  const auto bytes = command.pin_hash().size();
  if (bytes == 0 || bytes > kPinHashBytesMost || !command.pin().empty()) {
    return reject(schema::VALIDATION_FAILED, "A PIN is hashed before it comes here", "/pin");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::EMPLOYEE, command.employee_id(), schema::Event::kEmployeePinSet)
                    .mutable_employee_pin_set();
  fact.set_employee_id(command.employee_id());
  fact.set_pin_hash(command.pin_hash());
  fact.set_pin_version(known->pin_version() + 1);
  set_answer(accepted, deciding).set_employee_id(command.employee_id());
  return accepted;
}

void evolve_set(schema::EmployeeState& state, const schema::EmployeePinSet& fact, const schema::Record&) {
  state.set_pin_hash(fact.pin_hash());
  state.set_pin_version(fact.pin_version());
  state.clear_pin_failures();
  state.clear_locked_until_us();
}

void evolve_checked(schema::EmployeeState& state, const schema::PinChecked& fact, const schema::Record&) {
  state.set_pin_failures(fact.failures_after());
  if (fact.locked_until_us() != 0) {
    state.set_locked_until_us(fact.locked_until_us());
  } else {
    state.clear_locked_until_us();
  }
}

bool by_terminal(const Deciding& deciding) {
  return deciding.context.actor_scope == static_cast<std::uint32_t>(schema::TERMINAL);
}

using schema::Command;
using schema::EmployeeState;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::set_employee_pin, needs_set, decide_set>(Command::kSetEmployeePin),
};
constexpr std::array kEvents{
    event_rule<EmployeeState, &Event::employee_pin_set, evolve_set>(Event::kEmployeePinSet, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::pin_refused, evolve_checked>(Event::kPinRefused, schema::EMPLOYEE),
    event_rule<EmployeeState, &Event::pin_accepted, evolve_checked>(Event::kPinAccepted, schema::EMPLOYEE),
};

}  // namespace

const Aggregate& employee_pin_aggregate() {
  static constexpr Aggregate kAggregate{"employee_pin", kCommands, kEvents, {}};
  return kAggregate;
}

Refusal check_pin(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding) {
  const std::string& id = employee.employee_id();
  if (deciding.context.recorded_at.value() < employee.locked_until_us()) {
    return reject(schema::EMPLOYEE_LOCKED, "Employee " + id + " is locked after wrong PINs", given.pointer);
  }
  if (given.check == nullptr) {
    if (employee.pin_version() == 0 || !by_terminal(deciding)) return std::nullopt;
    return reject(schema::PIN_REQUIRED, "Employee " + id + " has a PIN", "/pin");
  }
  if (given.check->pin_version() != employee.pin_version()) {
    return reject(schema::PIN_CHANGED_MEANWHILE, "The PIN of employee " + id + " was changed while it was checked",
                  "/pin");
  }
  if (employee.pin_version() == 0) return reject(schema::INVALID_PIN, "Employee " + id + " has no PIN", "/pin");
  return std::nullopt;
}

bool is_wrong(const PinGiven& given) {
  return given.check != nullptr && !given.check->matches();
}

Acceptance count_wrong_pin(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding) {
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::EMPLOYEE, employee.employee_id(), schema::Event::kPinRefused)
                    .mutable_pin_refused();
  fact.set_employee_id(employee.employee_id());
  fact.set_failures_after(std::min(employee.pin_failures() + 1, kPinFailuresMost));
  if (fact.failures_after() == kPinFailuresMost) {
    fact.set_locked_until_us(deciding.context.recorded_at.value() + kPinLockUs);
  }
  fact.set_terminal_id(given.terminal_id);
  set_answer(accepted, deciding).set_refused(schema::INVALID_PIN);
  return accepted;
}

void forget_wrong_pins(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding,
                       Acceptance& accepted) {
  if (given.check == nullptr || employee.pin_failures() == 0) return;
  auto& fact = *add_event(accepted, deciding, schema::EMPLOYEE, employee.employee_id(), schema::Event::kPinAccepted)
                    .mutable_pin_accepted();
  fact.set_employee_id(employee.employee_id());
  fact.set_terminal_id(given.terminal_id);
}

}  // namespace till
