// Business days of stores, opened and closed by people. Stream: store_day/<store>/<yyyymmdd>.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& store_day_aggregate();

// For needs() of a command whose business date is told by it.
void need_store_day(std::string_view store_id, std::int32_t business_date, std::vector<EntityRef>& out);

// STORE_DAY_NOT_OPEN or STORE_DAY_CLOSED, at no field, where the day is not open. For commands of a store that works by
// days.
Refusal check_day_open(const Deciding& deciding, std::string_view store_id, std::int32_t business_date);

}  // namespace till
