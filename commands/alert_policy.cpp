#include "commands/alert_policy.h"

#include <algorithm>
#include <array>
#include <string>

#include "commands/amounts.h"

namespace till {
namespace {

using schema::Alert;
using schema::AlertPolicyState;
using schema::QuietHours;

constexpr EntityKind kAlertPolicy = kind_of(schema::ALERT_POLICY);
constexpr std::uint32_t kHoursPerDay = 24;
constexpr std::uint32_t kMinutesPerHour = 60;
constexpr std::int64_t kMinutesPerDay = 24 * 60;
constexpr std::int64_t kMicrosPerMinute = 60'000'000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

void needs_set(const schema::SetAlertPolicy&, std::vector<EntityRef>& out) {
  out.push_back({kAlertPolicy, std::string(kAlertPolicyId)});
}

bool is_alert_kind(int kind) {
  return kind != Alert::KIND_UNSPECIFIED && Alert::Kind_IsValid(kind);
}

Refusal check_time_of_day(const std::string& text, const std::string& pointer) {
  if (minute_of_day(text)) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "A time of day is 00:00 to 23:59", pointer);
}

Refusal check_quiet_hours(const QuietHours& quiet, const Deciding& deciding) {
  if (auto refusal = check_time_of_day(quiet.from(), "/quiet_hours/from")) return refusal;
  if (auto refusal = check_time_of_day(quiet.to(), "/quiet_hours/to")) return refusal;
  if (quiet.from() == quiet.to()) {
    return reject(schema::VALIDATION_FAILED, "Quiet hours end at another time than they begin", "/quiet_hours/to");
  }
  if (deciding.zones.contains(quiet.time_zone())) return std::nullopt;
  return reject(schema::TIME_ZONE_UNKNOWN, "No IANA time zone " + quiet.time_zone(), "/quiet_hours/time_zone");
}

Refusal check_rates(const schema::SetAlertPolicy& command) {
  for (int i = 0; i < command.rates_size(); ++i) {
    const schema::AlertRate& rate = command.rates(i);
    const auto pointer = [i](const char* field) { return item_pointer("rates", static_cast<std::size_t>(i), field); };
    const auto before = command.rates().begin() + i;
    const auto same = [&rate](const schema::AlertRate& other) { return other.kind() == rate.kind(); };
    if (!is_alert_kind(rate.kind()) || std::any_of(command.rates().begin(), before, same)) {
      return reject(schema::VALIDATION_FAILED, "A rate is of a kind of alert, each kind once", pointer("kind"));
    }
    if (rate.most() == 0 || rate.most() > kAlertRateMost) {
      return reject(schema::VALIDATION_FAILED, "A rate is 1 to " + std::to_string(kAlertRateMost) + " messages",
                    pointer("most"));
    }
    if (rate.interval_seconds() == 0 || rate.interval_seconds() > kAlertIntervalMost) {
      return reject(schema::VALIDATION_FAILED, "An interval is 1 to " + std::to_string(kAlertIntervalMost) + " seconds",
                    pointer("interval_seconds"));
    }
  }
  return std::nullopt;
}

Refusal check_policy(const schema::SetAlertPolicy& command, const Deciding& deciding) {
  for (int i = 0; i < command.muted_size(); ++i) {
    if (is_alert_kind(command.muted(i))) continue;
    return reject(schema::VALIDATION_FAILED, "Not a kind of alert", item_pointer("muted", static_cast<std::size_t>(i)));
  }
  if (command.has_quiet_hours()) {
    if (auto refusal = check_quiet_hours(command.quiet_hours(), deciding)) return refusal;
  }
  if (command.has_over_short_limit()) {
    if (auto refusal = check_amount(command.over_short_limit(), 0, "/over_short_limit")) return refusal;
  }
  return check_rates(command);
}

// From the command to its event, and from there to the state.
template <class From, class To>
void copy_policy(const From& from, To& to) {
  to.set_sealed(from.sealed());
  *to.mutable_muted() = from.muted();
  to.clear_quiet_hours();
  if (from.has_quiet_hours()) *to.mutable_quiet_hours() = from.quiet_hours();
  to.clear_over_short_limit();
  if (from.has_over_short_limit()) *to.mutable_over_short_limit() = from.over_short_limit();
  *to.mutable_rates() = from.rates();
}

Decision decide_set(const schema::SetAlertPolicy& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<AlertPolicyState>(kAlertPolicy, kAlertPolicyId);
  const std::uint64_t version = known == nullptr ? 0 : known->version();
  if (auto refusal = check_expected_version(command, version, "The alert policy")) return *std::move(refusal);
  if (auto refusal = check_policy(command, deciding)) return *std::move(refusal);
  Acceptance accepted;
  copy_policy(command, *add_event(accepted, deciding, schema::ALERT_POLICY, std::string(kAlertPolicyId),
                                  schema::Event::kAlertPolicySet)
                            .mutable_alert_policy_set());
  set_answer(accepted, deciding);
  return accepted;
}

void evolve_set(AlertPolicyState& state, const schema::AlertPolicySet& fact, const schema::Record&) {
  copy_policy(fact, state);
  state.set_version(state.version() + 1);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::set_alert_policy, needs_set, decide_set>(Command::kSetAlertPolicy),
};
constexpr std::array kEvents{
    event_rule<AlertPolicyState, &Event::alert_policy_set, evolve_set>(Event::kAlertPolicySet, schema::ALERT_POLICY),
};
constexpr std::array kStates{state_rule<AlertPolicyState>(schema::ALERT_POLICY)};

}  // namespace

const Aggregate& alert_policy_aggregate() {
  static constexpr Aggregate kAggregate{"alert_policy", kCommands, kEvents, kStates};
  return kAggregate;
}

std::optional<std::uint32_t> minute_of_day(std::string_view text) {
  constexpr std::string_view kForm = "dd:dd";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return std::nullopt;
  }
  const auto digits = [text](std::size_t at) {
    return static_cast<std::uint32_t>((text[at] - '0') * 10 + (text[at + 1] - '0'));
  };
  const std::uint32_t hour = digits(0);
  const std::uint32_t minute = digits(3);
  if (hour >= kHoursPerDay || minute >= kMinutesPerHour) return std::nullopt;
  return hour * kMinutesPerHour + minute;
}

std::optional<Micros> quiet_until(const QuietHours& quiet, Micros now, const ZoneTables& zones) {
  const std::optional<std::uint32_t> from = minute_of_day(quiet.from());
  const std::optional<std::uint32_t> to = minute_of_day(quiet.to());
  if (!from || !to || *from == *to) return std::nullopt;
  const auto zone = zones.find(quiet.time_zone());
  const auto offset_us = [&](Micros at) {
    return zone == zones.end() ? std::int64_t{0} : offset_at(zone->second, at) * kMicrosPerSecond;
  };
  const std::int64_t local_us = now.value() + offset_us(now);
  const std::int64_t day_us = kMinutesPerDay * kMicrosPerMinute;
  const std::int64_t midnight_us = local_us - ((local_us % day_us) + day_us) % day_us;
  const std::int64_t minute = (local_us - midnight_us) / kMicrosPerMinute;
  const bool over_midnight = *from > *to;
  const bool inside = over_midnight ? minute >= *from || minute < *to : minute >= *from && minute < *to;
  if (!inside) return std::nullopt;
  const std::int64_t end_day_us = over_midnight && minute >= *from ? midnight_us + day_us : midnight_us;
  const std::int64_t end_local_us = end_day_us + std::int64_t{*to} * kMicrosPerMinute;
  const std::int64_t end_us = end_local_us - offset_us(Micros(end_local_us - offset_us(now)));
  return Micros(std::max(end_us, now.value() + kMicrosPerMinute));
}

}  // namespace till
