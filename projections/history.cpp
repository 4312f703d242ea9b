#include "projections/history.h"

namespace till {

Result<History> compare_history(Feed& feed, const LogPoint& at) {
  if (at.position == Position()) return History::kSame;
  const Result<LogPoint> known = feed.point_at(at.position);
  if (!known.ok() && known.error().kind == ErrorKind::kUnavailable) return known.error();
  if (known.ok() && known.value() == at) return History::kSame;
  // A restore, a cut or an accepted loss opens a new epoch, which says that former points are void. Without one, or
  // with a later one known to the rows, this is an older copy of the log, or a fork of it.
  const LogPoint durable = feed.durable();
  return durable.log_id == at.log_id && durable.epoch <= at.epoch ? History::kLost : History::kOther;
}

}  // namespace till
