// PINs of employees: set, checked, locked after wrong ones. The rules see neither a PIN nor judge one; commands bring
// what was found out above them, as schema::PinCheck. A wrong PIN is counted for good: the command is accepted, does
// nothing else, and its answer says that it is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

// After so many wrong PINs in a row each further one locks the employee for a while, until a right one or a new PIN.
inline constexpr std::uint32_t kPinFailuresMost = 5;
inline constexpr std::int64_t kPinLockUs = 15LL * 60 * 1'000'000;

const Aggregate& employee_pin_aggregate();

// What a command brings, and where the employee stands in it.
struct PinGiven {
  const schema::PinCheck* check;  // null: no PIN
  std::string pointer;            // to the employee's id
  std::string terminal_id;        // where it was entered
};

// EMPLOYEE_LOCKED; PIN_REQUIRED where a terminal gives none of an employee who has one; PIN_CHANGED_MEANWHILE;
// INVALID_PIN where the employee has none that could be right.
Refusal check_pin(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding);

// Of a PIN that passed check_pin(). Whether it is wrong; then the decision is count_wrong_pin().
bool is_wrong(const PinGiven& given);
Acceptance count_wrong_pin(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding);

// After a right PIN the count of wrong ones begins anew.
void forget_wrong_pins(const schema::EmployeeState& employee, const PinGiven& given, const Deciding& deciding,
                       Acceptance& accepted);

}  // namespace till
