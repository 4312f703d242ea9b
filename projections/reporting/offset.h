// The row of projection_offset: from how much of which log a set of tables was made.
#pragma once

#include <string>
#include <string_view>

#include "engine/follower.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

struct Offset {
  LogPoint point;      // position 0: nothing was applied, the rest is empty
  std::string layout;  // of the tables, see schema.h
};

enum class OffsetLock : std::uint8_t { kNone, kForUpdate };

// As the caller's transaction sees it. kInvalid where there is no readable row.
Result<Offset> read_offset(SqlConnection& connection, std::string_view prefix, OffsetLock lock);

Status write_offset(SqlConnection& connection, std::string_view prefix, const LogPoint& point);

// kHistoryMismatch where rows that stand at `point` are not of the log behind `feed` (history.h).
Status check_history(Feed& feed, const LogPoint& point);

// What check_history() says of a point that is not in the log.
Error history_mismatch(const LogPoint& point);

}  // namespace till::reporting
