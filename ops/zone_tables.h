// The time zones of this machine as plain tables, for the rules, which may not look them up themselves.
#pragma once

#include "commands/calendar.h"
#include "engine/result.h"

namespace till {

// Every zone of the system's IANA database (package tzdata), links such as "US/Eastern" included, and "UTC" always.
// Offsets from 1970; a zone that still changes its clocks in 2037, where the database's own list ends, goes on to 2100
// by the rule of those years. Some 40 ms; call once at start. kInvalid where the database cannot be read.
Result<ZoneTables> load_zone_tables();

}  // namespace till
