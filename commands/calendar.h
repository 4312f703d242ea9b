// Which day a moment belongs to. Time zones come in as plain tables, so that the answer depends on nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/vocabulary.h"

namespace till {

// Offsets of one zone from UTC. Sorted by time; the offset of a pair holds from its moment on, the first one's before
// it too. Empty: always UTC.
struct ZoneTable {
  std::vector<std::pair<std::int64_t, std::int32_t>> offsets;  // from (microseconds UTC), seconds east of UTC
};

// By IANA name. Made by the shell at start, never changed afterwards; read by any thread.
using ZoneTables = std::map<std::string, ZoneTable, std::less<>>;

// Seconds east of UTC at a moment.
std::int32_t offset_at(const ZoneTable& zone, Micros at);

// yyyymmdd of a count of days since 1970-01-01, proleptic Gregorian. For years 1 to 9999.
std::int32_t civil_date(std::int64_t days);

// The count of days of a yyyymmdd that civil_date() makes.
std::int64_t civil_days(std::int32_t date);

// yyyymmdd of "2026-11-23"; 0 for what is not a date of the years 1 to 9999.
std::int32_t read_date(std::string_view text);

struct BusinessTime {
  std::int32_t business_date = 0;  // yyyymmdd
  std::uint32_t local_hour = 0;    // 0-23 on the wall clock
};

// The business day of a moment: the local date, less one day before the cut-off hour. Null `zone`: UTC.
BusinessTime business_time(Micros at, const ZoneTable* zone, std::uint32_t cutoff_hour);

}  // namespace till
