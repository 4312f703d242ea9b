// Permissions that employees lend to a session of somebody else, for a while or for one use.
#pragma once

#include <cstdint>

#include "commands/rules.h"

namespace till {

inline constexpr std::uint32_t kElevationSecondsMost = 15 * 60;

const Aggregate& session_elevation_aggregate();

}  // namespace till
