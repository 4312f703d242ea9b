// Stores and their policies. Stream: store/<store_id>.
#pragma once

#include <cstdint>

#include "commands/rules.h"

namespace till {

const Aggregate& store_aggregate();

// What holds where a store has set no policy: no sale below zero stock, UTC, days that end at midnight.
schema::StorePolicy::Stock stock_rule(const schema::StoreState& store);
BusinessTime business_time_of(const schema::StoreState& store, Micros at, const ZoneTables& zones);

}  // namespace till
