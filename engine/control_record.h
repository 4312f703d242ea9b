// Records about the log itself (its creation, a new epoch), and the checks every reader makes of a stored record.
#pragma once

#include <string_view>

#include "engine/log.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "schemas/record.pb.h"

namespace till {

// Format version that this program writes, and the newest that it reads.
inline constexpr std::uint32_t kRecordVersion = 1;

struct ChainedRecord {
  StoredRecord stored;
  LogPoint point;
};

// `before` is the point that the record follows; `epoch` that of the new record.
ChainedRecord make_control_record(const LogPoint& before, Epoch epoch, Micros recorded_at,
                                  const schema::Control& control);

// Reads the header of a stored record without its events and checks that it follows `before`: next position, same log,
// an epoch not lower, and the chain value that the bytes give. kCorrupt or kHistoryMismatch name the position.
Result<LogPoint> check_record(std::string_view stored, const LogPoint& before, schema::Record* record_or_null);

// The point that a stored record claims, unchecked: where a scan begins.
Result<LogPoint> claimed_point(std::string_view stored);

}  // namespace till
