// What people ask of effects. The log says who asked for what and why; what follows the log does it
// (projections/effects/ effect_actions.h). Whether there is such a dead letter is not known here. Stream:
// effect_actions/<effect>, or effect_actions/all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "commands/rules.h"

namespace till {

inline constexpr std::size_t kEffectReasonMost = 256;      // bytes
inline constexpr std::uint32_t kRedriveRateMost = 10'000;  // a second
inline constexpr std::uint32_t kRedriveRateDefault = 100;

// Under which actions over all tenants are recorded; no tenant can have the name.
inline constexpr std::string_view kServerTenant = "_server";

const Aggregate& effect_action_aggregate();

}  // namespace till
