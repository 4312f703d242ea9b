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

// What happened at `at`, on that business day of a store whose policy asks for open days: STORE_DAY_NOT_OPEN where
// nobody opened the day, STORE_DAY_CLOSED where it was closed by then; at no field. A sale that comes in late counts
// from when it was rung up.
Refusal check_works_on(const Deciding& deciding, std::string_view store_id, const schema::StorePolicy& policy,
                       std::int32_t business_date, Micros at);

}  // namespace till
