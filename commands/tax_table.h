// Tax rates by code. Stream: tax/<tax code>. A rate holds from the midnight that begins a local date until the next
// one's; the sums are made by commands/tax.h.
#pragma once

#include "commands/calendar.h"
#include "commands/rules.h"

namespace till {

// Rates of one code, past and to come.
inline constexpr int kTaxRulesMost = 64;
// Ten times the price: excise duties are above the whole of it.
inline constexpr std::uint32_t kTaxRateMostPpm = 10'000'000;

const Aggregate& tax_table_aggregate();

// The rate on a local date (yyyymmdd); null before the first one.
const schema::TaxRule* tax_rate_at(const schema::TaxState& state, std::int32_t local_date);

// The rate at a moment in a store: by the date on its wall, whatever its business day.
const schema::TaxRule* tax_rate_at(const schema::TaxState& state, const schema::StoreState& store, Micros at,
                                   const ZoneTables& zones);

}  // namespace till
