#include "engine/log_feed.h"

#include "engine/control_record.h"

namespace till {

LogFeed::LogFeed(const Log& log, const Domain& domain, std::size_t ring_transactions, std::size_t ring_bytes)
    : log_(log),
      domain_(domain),
      ring_transactions_(ring_transactions),
      ring_bytes_(ring_bytes),
      durable_(log.head()) {}

LogPoint LogFeed::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

bool LogFeed::wait(Position after, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t seen = wakes_;
  moved_.wait_for(lock, timeout, [&] { return durable_.position > after || wakes_ != seen; });
  return durable_.position > after;
}

void LogFeed::wake() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  moved_.notify_all();
}

void LogFeed::publish(std::vector<TransactionPtr>&& group, const LogPoint& durable) {
  // Freed outside the lock: dropping a transaction frees its arena.
  std::vector<TransactionPtr> dropped;
  {
    const std::lock_guard lock(mutex_);
    for (TransactionPtr& transaction : group) {
      bytes_ += transaction->stored_bytes();
      ring_.push_back(std::move(transaction));
    }
    while (ring_.size() > ring_transactions_ || bytes_ > ring_bytes_) {
      bytes_ -= ring_.front()->stored_bytes();
      dropped.push_back(std::move(ring_.front()));
      ring_.pop_front();
    }
    durable_ = durable;
    moved_.notify_all();
  }
}

bool LogFeed::read_ring(Position after, std::size_t max_count, std::size_t max_bytes,
                        std::vector<TransactionPtr>& out) {
  const std::lock_guard lock(mutex_);
  if (durable_.position <= after) return true;
  if (ring_.empty() || ring_.front()->position() > after.next()) return false;
  std::size_t index = after.next().value() - ring_.front()->position().value();
  std::size_t bytes = 0;
  for (; index < ring_.size() && out.size() < max_count && bytes < max_bytes; ++index) {
    out.push_back(ring_[index]);
    bytes += ring_[index]->stored_bytes();
  }
  return true;
}

Status LogFeed::read(Position after, std::size_t max_count, std::size_t max_bytes, std::vector<TransactionPtr>& out) {
  out.clear();
  if (read_ring(after, max_count, max_bytes, out)) return {};
  const auto cursor = log_.cursor(after.next());
  const Position last = durable().position;
  std::size_t bytes = 0;
  while (out.size() < max_count && bytes < max_bytes && cursor->next() && cursor->position() <= last) {
    const Position expected = out.empty() ? after.next() : out.back()->position().next();
    if (cursor->position() != expected) {
      return Error{ErrorKind::kCorrupt, "log: position " + std::to_string(expected.value()) + " is missing"};
    }
    Result<TransactionPtr> transaction = Transaction::decode(cursor->bytes(), domain_);
    if (!transaction.ok()) return transaction.error();
    bytes += cursor->bytes().size();
    out.push_back(std::move(*transaction));
  }
  if (Status status = cursor->status(); !status.ok()) return status;
  if (out.empty() && last > after) {
    return Error{ErrorKind::kCorrupt, "log: position " + std::to_string(after.next().value()) + " is missing"};
  }
  return {};
}

Result<LogPoint> LogFeed::point_at(Position position) {
  if (position == Position()) {
    LogPoint genesis;
    genesis.log_id = log_.id();
    genesis.hash = genesis_chain(log_.id());
    return genesis;
  }
  const Result<std::string> stored = log_.read(position);
  if (!stored.ok()) return stored.error();
  return claimed_point(stored.value());
}

}  // namespace till
