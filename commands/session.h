// Sessions of employees at terminals. Stream: session/<session_id>. What a session permits is asked through
// authority.h; what others lend it stands in session_elevation.h.
#pragma once

#include <cstdint>

#include "commands/employee_pin.h"
#include "commands/rules.h"

namespace till {

inline constexpr std::uint32_t kSessionSeconds = 8 * 3'600;  // where the command states none
inline constexpr std::uint32_t kSessionSecondsMost = 24 * 3'600;

const Aggregate& session_aggregate();

}  // namespace till
