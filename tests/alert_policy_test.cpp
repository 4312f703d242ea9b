// What a tenant is told of: quiet hours by the clock of a place, and the policy as it is kept.
#include "commands/alert_policy.h"

#include <cstdint>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "commands/calendar.h"
#include "tests/memory_books.h"

namespace till::testing {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;

// UTC.
Micros moment(std::int32_t date, std::int64_t hour, std::int64_t minute) {
  return Micros((civil_days(date) * 24 * 60 + hour * 60 + minute) * kMinuteUs);
}

schema::QuietHours quiet_hours(const std::string& from, const std::string& to, const std::string& zone) {
  schema::QuietHours quiet;
  quiet.set_from(from);
  quiet.set_to(to);
  quiet.set_time_zone(zone);
  return quiet;
}

}  // namespace

TEST_CASE("times of day", "[commands][alerts]") {
  CHECK(minute_of_day("00:00") == 0u);
  CHECK(minute_of_day("07:05") == 425u);
  CHECK(minute_of_day("23:59") == 1439u);
  for (const char* text : {"", "7:05", "24:00", "12:60", "12-30", "12:3", "12:300", "ab:cd", "-1:00", "+1:00"}) {
    CAPTURE(text);
    CHECK_FALSE(minute_of_day(text).has_value());
  }
}

TEST_CASE("quiet hours end by the clock of their place, also over midnight", "[commands][alerts]") {
  const ZoneTables zones = test_zones();
  const auto night = quiet_hours("22:00", "07:00", "Europe/Berlin");
  const auto until = [&](Micros now) { return quiet_until(night, now, zones); };
  CHECK_FALSE(until(moment(20260302, 20, 59)).has_value());
  CHECK(until(moment(20260302, 21, 0)) == moment(20260303, 6, 0));
  CHECK(until(moment(20260302, 23, 30)) == moment(20260303, 6, 0));
  CHECK(until(moment(20260303, 5, 59)) == moment(20260303, 6, 0));
  CHECK_FALSE(until(moment(20260303, 6, 0)).has_value());
  CHECK_FALSE(until(moment(20260303, 12, 0)).has_value());
  const auto noon = quiet_hours("12:00", "13:30", "UTC");
  CHECK_FALSE(quiet_until(noon, moment(20260302, 11, 59), zones).has_value());
  CHECK(quiet_until(noon, moment(20260302, 12, 0), zones) == moment(20260302, 13, 30));
  CHECK_FALSE(quiet_until(noon, moment(20260302, 13, 30), zones).has_value());
}

TEST_CASE("a night in which the clocks change ends at its time of day", "[commands][alerts]") {
  const ZoneTables zones = test_zones();
  const auto night = quiet_hours("22:00", "07:00", "Europe/Berlin");
  // 00:00 in winter, until 07:00 in summer; 00:30 in summer, until 07:00 in winter.
  CHECK(quiet_until(night, moment(20260328, 23, 0), zones) == moment(20260329, 5, 0));
  CHECK(quiet_until(night, moment(20261024, 22, 30), zones) == moment(20261025, 6, 0));
}

TEST_CASE("the end of quiet hours lies ahead all through a year", "[commands][alerts]") {
  const ZoneTables zones = test_zones();
  for (const char* zone : {"Europe/Berlin", "America/New_York", "UTC"}) {
    const auto night = quiet_hours("01:30", "02:30", zone);
    for (Micros now = moment(20260101, 0, 0); now < moment(20270101, 0, 0); now = Micros(now.value() + 7 * kMinuteUs)) {
      const std::optional<Micros> end = quiet_until(night, now, zones);
      if (!end) continue;
      if (*end <= now || end->value() - now.value() > 120 * kMinuteUs) {
        CAPTURE(zone, now.value(), end->value());
        CHECK(false);
      }
    }
  }
}

TEST_CASE("without quiet hours it is never quiet, and a zone that is gone counts as UTC", "[commands][alerts]") {
  const ZoneTables zones = test_zones();
  CHECK_FALSE(quiet_until({}, moment(20260302, 0, 0), zones).has_value());
  CHECK_FALSE(quiet_until(quiet_hours("10:00", "10:00", "UTC"), moment(20260302, 10, 0), zones).has_value());
  CHECK(quiet_until(quiet_hours("10:00", "11:00", "Europe/Atlantis"), moment(20260302, 10, 0), zones) ==
        moment(20260302, 11, 0));
}

TEST_CASE("a policy replaces the one before as a whole", "[commands][alerts]") {
  MemoryTill till;
  schema::Command command;
  auto& set = *command.mutable_set_alert_policy();
  set.set_sealed("who");
  set.add_muted(schema::Alert::LOW_STOCK);
  *set.mutable_quiet_hours() = quiet_hours("22:00", "07:00", "UTC");
  set.mutable_over_short_limit()->set_amount(500);
  set.mutable_over_short_limit()->set_currency("EUR");
  auto& rate = *set.add_rates();
  rate.set_kind(schema::Alert::OVER_SHORT);
  rate.set_most(1);
  rate.set_interval_seconds(60);
  const auto state = [&till]() -> const schema::AlertPolicyState& {
    return *till.books().get<schema::AlertPolicyState>(kind_of(schema::ALERT_POLICY), kAlertPolicyId);
  };
  REQUIRE(std::holds_alternative<Acceptance>(till.send(command).decision));
  CHECK(state().version() == 1);
  CHECK(state().sealed() == "who");
  CHECK(state().muted_size() == 1);
  CHECK(state().quiet_hours().from() == "22:00");
  CHECK(state().over_short_limit().amount() == 500);
  CHECK(state().rates(0).most() == 1);
  command.mutable_set_alert_policy()->Clear();
  REQUIRE(std::holds_alternative<Acceptance>(till.send(command).decision));
  CHECK(state().version() == 2);
  CHECK(state().sealed().empty());
  CHECK(state().muted().empty());
  CHECK_FALSE(state().has_quiet_hours());
  CHECK_FALSE(state().has_over_short_limit());
  CHECK(state().rates().empty());
}

}  // namespace till::testing
