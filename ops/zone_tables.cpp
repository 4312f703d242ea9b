#include "ops/zone_tables.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

// Debian's library reads the system's compiled zones, and its header must be told so, or the two disagree on layouts.
#ifndef USE_OS_TZDB
#define USE_OS_TZDB 1
#endif
#include <date/tz.h>

namespace till {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
// Years of the database's list that show the rule still in force; eleven of them meet every weekday of 1 March.
constexpr int kRuleFirstYear = 2027;
constexpr int kListLastYear = 2037;
constexpr int kExtendedToYear = 2100;

// Days since 1970 of 1 March: years counted from there have their leap day at the end.
std::int64_t march_day(int year) {
  const std::chrono::sys_days day =
      std::chrono::year_month_day{std::chrono::year(year), std::chrono::March, std::chrono::day(1)};
  return day.time_since_epoch().count();
}

std::int64_t march_us(int year) {
  return march_day(year) * kSecondsPerDay * kMicrosPerSecond;
}

// A listed year, March to February, whose weekdays fall on the same dates.
int year_like(int year) {
  int like = kRuleFirstYear;
  while (like < kListLastYear && (march_day(year) - march_day(like)) % 7 != 0) ++like;
  return like;
}

// Rules such as "last Sunday of March" repeat on years that begin with the same weekday.
void extend(ZoneTable& zone) {
  if (zone.offsets.empty()) return;
  const std::int64_t last = zone.offsets.back().first;
  if (last < march_us(kListLastYear) || last >= march_us(kListLastYear + 1)) return;
  const std::vector<std::pair<std::int64_t, std::int32_t>> listed = zone.offsets;
  for (int year = kListLastYear + 1; year < kExtendedToYear; ++year) {
    const int like = year_like(year);
    for (const auto& [at, offset] : listed) {
      if (at < march_us(like) || at >= march_us(like + 1)) continue;
      zone.offsets.emplace_back(at - march_us(like) + march_us(year), offset);
    }
  }
}

ZoneTable table_of(const date::time_zone& zone) {
  ZoneTable table;
  const date::sys_seconds end{std::chrono::seconds(march_us(kExtendedToYear) / kMicrosPerSecond)};
  for (date::sys_seconds at{std::chrono::seconds(0)}; at < end;) {
    const date::sys_info info = zone.get_info(at);
    const auto offset = static_cast<std::int32_t>(info.offset.count());
    // Changes of name or of the daylight flag alone are none of the offset.
    if (table.offsets.empty() || table.offsets.back().second != offset) {
      table.offsets.emplace_back(at.time_since_epoch().count() * kMicrosPerSecond, offset);
    }
    if (info.end <= at) break;
    at = info.end;
  }
  extend(table);
  return table;
}

}  // namespace

// The library reports a missing or damaged database by exceptions; they end here.
Result<ZoneTables> load_zone_tables() {
  try {
    ZoneTables tables;
    for (const date::time_zone& zone : date::get_tzdb().zones) tables.emplace(zone.name(), table_of(zone));
    tables.try_emplace("UTC");
    return tables;
  } catch (const std::exception& trouble) {
    return Error{ErrorKind::kInvalid,
                 std::string("The time zones cannot be read (is tzdata installed?): ") + trouble.what()};
  }
}

}  // namespace till
