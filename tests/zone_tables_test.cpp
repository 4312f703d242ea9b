// The machine's time zones as tables.
#include "ops/zone_tables.h"

#include <chrono>
#include <cstdint>

#include <catch2/catch.hpp>

namespace till {
namespace {

std::int32_t offset(const ZoneTables& zones, const char* name, int year, unsigned month, unsigned day, int hour) {
  const std::chrono::sys_days days =
      std::chrono::year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  const std::int64_t at = std::chrono::microseconds(days.time_since_epoch()).count() + hour * 3'600'000'000;
  return offset_at(zones.at(name), Micros(at));
}

}  // namespace

TEST_CASE("zone tables know the rules of today and of later years", "[ops][zones]") {
  const auto begin = std::chrono::steady_clock::now();
  auto loaded = load_zone_tables();
  const auto spent = std::chrono::steady_clock::now() - begin;
  REQUIRE(loaded.ok());
  const ZoneTables& zones = loaded.value();
  CHECK(zones.size() > 400);
  CHECK(zones.contains("UTC"));
  CHECK(zones.contains("US/Eastern"));
  CHECK_FALSE(zones.contains("Europe/Atlantis"));
  CHECK(std::chrono::duration_cast<std::chrono::milliseconds>(spent).count() < 3'000);

  CHECK(offset(zones, "Europe/Berlin", 2026, 3, 29, 0) == 3'600);
  CHECK(offset(zones, "Europe/Berlin", 2026, 3, 29, 1) == 7'200);
  CHECK(offset(zones, "America/New_York", 1997, 4, 6, 6) == -18'000);  // 1997: from the first Sunday of April
  CHECK(offset(zones, "America/New_York", 1997, 4, 6, 7) == -14'400);
  CHECK(offset(zones, "Asia/Kolkata", 2026, 7, 1, 0) == 19'800);
  CHECK(offset(zones, "UTC", 2026, 7, 1, 0) == 0);
  // Beyond the list: 25 March 2040 and 31 October 2077 are last Sundays, 11 March 2040 is a second one.
  CHECK(offset(zones, "Europe/Berlin", 2040, 3, 25, 0) == 3'600);
  CHECK(offset(zones, "Europe/Berlin", 2040, 3, 25, 1) == 7'200);
  CHECK(offset(zones, "Europe/Berlin", 2077, 10, 31, 0) == 7'200);
  CHECK(offset(zones, "Europe/Berlin", 2077, 10, 31, 1) == 3'600);
  CHECK(offset(zones, "America/New_York", 2040, 3, 11, 6) == -18'000);
  CHECK(offset(zones, "America/New_York", 2040, 3, 11, 7) == -14'400);
  CHECK(offset(zones, "Australia/Sydney", 2050, 1, 1, 0) == 39'600);
  CHECK(offset(zones, "Australia/Sydney", 2050, 7, 1, 0) == 36'000);
  CHECK(offset(zones, "Asia/Tokyo", 2090, 7, 1, 0) == 32'400);

  for (const auto& [name, zone] : zones) {
    CAPTURE(name);
    for (std::size_t i = 1; i < zone.offsets.size(); ++i) {
      if (zone.offsets[i - 1].first >= zone.offsets[i].first) FAIL("not sorted at " << i);
    }
  }
}

}  // namespace till
