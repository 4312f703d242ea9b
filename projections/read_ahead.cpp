#include "projections/read_ahead.h"

#include <utility>

namespace till {

ReadAhead::Batch ReadAhead::fetch(Position after) {
  Batch batch{after, {}, {}};
  batch.status = feed_.read(after, max_count_, max_bytes_, batch.transactions);
  return batch;
}

Status ReadAhead::read(Position after, std::vector<TransactionPtr>& out) {
  out.clear();
  Batch batch;
  if (next_.valid()) batch = next_.get();
  // What was the end of the log may have become more.
  if (batch.after != after || !batch.status.ok() || batch.transactions.empty()) batch = fetch(after);
  out = std::move(batch.transactions);
  if (batch.status.ok() && !out.empty()) {
    next_ = std::async(std::launch::async, [this, end = out.back()->position()] { return fetch(end); });
  }
  return batch.status;
}

}  // namespace till
