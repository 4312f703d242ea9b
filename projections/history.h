// Whether rows that were made from a log belong to the log at hand.
#pragma once

#include <cstdint>

#include "engine/follower.h"
#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

enum class History : std::uint8_t {
  kSame,   // the point is in the log: rows go on from it
  kOther,  // of another log, or of an epoch that this log has left behind: rows are to be made anew
  kLost,   // of this log and of an epoch that it has not left: it lacks what was durable once, and must not be followed
};

// Position 0 is in every log. kUnavailable where the log cannot tell now.
Result<History> compare_history(Feed& feed, const LogPoint& at);

}  // namespace till
