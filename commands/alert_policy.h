// What a tenant is told of by itself, where, and when not. Stream: alert_policy/default.
//
// Who is told comes sealed; nothing here reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "commands/rules.h"

namespace till {

inline constexpr std::uint32_t kAlertRateMost = 100;                      // messages of a kind in an interval
inline constexpr std::uint32_t kAlertIntervalMost = 24 * 3600;            // seconds
inline constexpr std::uint32_t kAlertRateDefault = 5;                     // where a policy says nothing of the kind
inline constexpr std::uint32_t kAlertIntervalDefault = 10 * 60;           // seconds
inline constexpr std::string_view kAlertPolicyId = "default";             // the only id of such a state
inline constexpr std::string_view kAlertPerson = "alert_policy/default";  // among the persons of a tenant: who is told

const Aggregate& alert_policy_aggregate();

// Minutes since midnight of "22:00"; nothing for what is not a time of day.
std::optional<std::uint32_t> minute_of_day(std::string_view text);

// The end of the quiet hours that `now` lies in, after `now`; nothing outside of them. A zone that the tables have lost
// counts as UTC. Where the clocks change before the end, it may still be quiet then: ask again.
std::optional<Micros> quiet_until(const schema::QuietHours& quiet, Micros now, const ZoneTables& zones);

}  // namespace till
