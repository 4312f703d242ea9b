// Business dates from moments, zones and cut-off hours.
#include "commands/calendar.h"

#include <chrono>
#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/memory_books.h"

namespace till {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

Micros moment(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  const std::chrono::sys_days days =
      std::chrono::year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return Micros(std::chrono::microseconds(days.time_since_epoch()).count() + hour * kHourUs + minute * (kHourUs / 60));
}

}  // namespace

TEST_CASE("civil dates agree with the standard library for 400 years", "[commands][calendar]") {
  for (std::int64_t day = -73'000; day < 73'000; ++day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(day)}};
    const auto wanted = static_cast<int>(date.year()) * 10'000 + static_cast<int>(unsigned(date.month())) * 100 +
                        static_cast<int>(unsigned(date.day()));
    if (civil_date(day) != wanted) FAIL("day " << day << ": " << civil_date(day) << " instead of " << wanted);
  }
  CHECK(civil_date(0) == 19'700'101);
  CHECK(civil_date(-1) == 19'691'231);
}

TEST_CASE("offsets hold from their moment on", "[commands][calendar]") {
  const ZoneTables zones = testing::test_zones();
  const ZoneTable& berlin = zones.at("Europe/Berlin");
  CHECK(offset_at(berlin, Micros(-1)) == 3'600);
  CHECK(offset_at(berlin, Micros(moment(2026, 3, 29, 1).value() - 1)) == 3'600);
  CHECK(offset_at(berlin, moment(2026, 3, 29, 1)) == 7'200);
  CHECK(offset_at(berlin, moment(2026, 10, 25, 1)) == 3'600);
  CHECK(offset_at(zones.at("UTC"), moment(2026, 7, 1, 0)) == 0);
}

TEST_CASE("the business day ends at the cut-off hour of the wall clock", "[commands][calendar]") {
  const ZoneTables zones = testing::test_zones();
  const ZoneTable* berlin = &zones.at("Europe/Berlin");
  const ZoneTable* new_york = &zones.at("America/New_York");
  struct Row {
    Micros at;
    const ZoneTable* zone;
    std::uint32_t cutoff;
    std::int32_t date;
    std::uint32_t hour;
  };
  const Row rows[] = {
      {moment(2026, 3, 2, 23, 59), nullptr, 0, 20'260'302, 23},
      {moment(2026, 3, 2, 23, 59), berlin, 0, 20'260'303, 0},
      {moment(2026, 3, 2, 23, 59), berlin, 4, 20'260'302, 0},
      {moment(2026, 3, 3, 2, 59), berlin, 4, 20'260'302, 3},
      {moment(2026, 3, 3, 3, 0), berlin, 4, 20'260'303, 4},
      {moment(2026, 3, 3, 4, 30), new_york, 0, 20'260'302, 23},
      {moment(2026, 3, 29, 0, 30), berlin, 2, 20'260'328, 1},   // before the hour that is skipped
      {moment(2026, 3, 29, 1, 0), berlin, 2, 20'260'329, 3},    // after it
      {moment(2026, 10, 25, 0, 30), berlin, 3, 20'261'024, 2},  // 02:30 for the first time
      {moment(2026, 10, 25, 1, 30), berlin, 3, 20'261'024, 2},  // and for the second
      {moment(2028, 2, 29, 23, 30), berlin, 1, 20'280'229, 0},
      {moment(2026, 1, 1, 0, 0), new_york, 23, 20'251'230, 19},
      {moment(1970, 1, 1, 0, 0), new_york, 0, 19'691'231, 19},
  };
  for (const Row& row : rows) {
    CAPTURE(row.at.value(), row.cutoff);
    const BusinessTime time = business_time(row.at, row.zone, row.cutoff);
    CHECK(time.business_date == row.date);
    CHECK(time.local_hour == row.hour);
  }
}

TEST_CASE("a date is read as people write it", "[commands][calendar]") {
  CHECK(read_date("2026-11-23") == 20'261'123);
  CHECK(read_date("2024-02-29") == 20'240'229);
  CHECK(read_date("0001-01-01") == 10'101);
  CHECK(read_date("9999-12-31") == 99'991'231);
  for (const char* wrong : {"", "2026-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "0000-01-01",
                            "20261123", "2026/11/23", "2026-1-23", "2026-11-23 ", "-026-11-23", "2026-11-2a"}) {
    CAPTURE(wrong);
    CHECK(read_date(wrong) == 0);
  }
}

}  // namespace till
