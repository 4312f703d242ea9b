// Stores and their policies. Stream: store/<store_id>.
#pragma once

#include <cstdint>

#include "commands/rules.h"

namespace till {

const Aggregate& store_aggregate();

// What holds where a store has set no policy: no sale below zero stock, UTC, days that end at midnight.
schema::StorePolicy::Stock stock_rule(const schema::StoreState& store);
BusinessTime business_time_of(const schema::StoreState& store, Micros at, const ZoneTables& zones);

// STORE_NOT_FOUND at `pointer`, or the store.
Refusal find_store(BooksReader& books, std::string_view store_id, std::string_view pointer,
                   const schema::StoreState*& store);

// The store's business date of now.
void set_business_date(Acceptance& acceptance, const Deciding& deciding, const schema::StoreState& store);

}  // namespace till
