// When and on which business day an event happened, for rows of events that do not say so themselves.
#pragma once

#include <cstdint>

#include "projections/reporting/sql_text.h"
#include "schemas/record.pb.h"

namespace till::reporting {

// Microseconds since 1970 UTC: the client's time, or when it was recorded where the client named none.
inline std::int64_t moment_of(const schema::Record& record) {
  return record.occurred_at_us() != 0 ? record.occurred_at_us() : record.recorded_at_us();
}

// yyyymmdd; the day in UTC where the record has no business date.
inline std::int32_t business_day_of(const schema::Record& record) {
  return record.business_date() != 0 ? record.business_date() : utc_day(moment_of(record));
}

}  // namespace till::reporting
