#include "commands/calendar.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace till {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::int64_t kHoursPerDay = 24;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

std::int32_t offset_at(const ZoneTable& zone, Micros at) {
  if (zone.offsets.empty()) return 0;
  const auto after =
      std::ranges::upper_bound(zone.offsets, at.value(), {}, &std::pair<std::int64_t, std::int32_t>::first);
  return after == zone.offsets.begin() ? after->second : std::prev(after)->second;
}

// Years are counted from March, so that the leap day is the last of its year (Howard Hinnant, "chrono-compatible
// low-level date algorithms").
std::int32_t civil_date(std::int64_t days) {
  constexpr std::int64_t kDaysToEpoch = 719'468;  // from 0000-03-01
  constexpr std::int64_t kDaysPerEra = 146'097;   // 400 years
  const std::int64_t shifted = days + kDaysToEpoch;
  const std::int64_t era = floor_divide(shifted, kDaysPerEra);
  const std::int64_t day_of_era = shifted - era * kDaysPerEra;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return static_cast<std::int32_t>(year * 10'000 + month * 100 + day);
}

std::int64_t civil_days(std::int32_t date) {
  const std::chrono::year_month_day day{std::chrono::year(date / 10'000),
                                        std::chrono::month(static_cast<unsigned>(date / 100 % 100)),
                                        std::chrono::day(static_cast<unsigned>(date % 100))};
  return std::chrono::sys_days(day).time_since_epoch().count();
}

std::int32_t read_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() != kForm.size()) return 0;
  std::int32_t date = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return 0;
    if (kForm[i] == 'd') date = date * 10 + (text[i] - '0');
  }
  const std::chrono::year_month_day day{std::chrono::year(date / 10'000),
                                        std::chrono::month(static_cast<unsigned>(date / 100 % 100)),
                                        std::chrono::day(static_cast<unsigned>(date % 100))};
  return date >= 10'000 && day.ok() ? date : 0;
}

BusinessTime business_time(Micros at, const ZoneTable* zone, std::uint32_t cutoff_hour) {
  const std::int64_t offset = zone == nullptr ? 0 : offset_at(*zone, at);
  const std::int64_t local_hours = floor_divide(floor_divide(at.value(), kMicrosPerSecond) + offset, kSecondsPerHour);
  const std::int64_t days = floor_divide(local_hours, kHoursPerDay);
  const std::int64_t business_days = floor_divide(local_hours - static_cast<std::int64_t>(cutoff_hour), kHoursPerDay);
  return {civil_date(business_days), static_cast<std::uint32_t>(local_hours - days * kHoursPerDay)};
}

}  // namespace till
