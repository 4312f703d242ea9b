// Durable transactions to followers: a bounded ring of decoded recent ones, the log behind it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/log.h"

namespace till {

class LogFeed : public Feed {
 public:
  LogFeed(const Log& log, const Domain& domain, std::size_t ring_transactions, std::size_t ring_bytes);

  Status read(Position after, std::size_t max_count, std::size_t max_bytes, std::vector<TransactionPtr>& out) override;
  LogPoint durable() const override;
  bool wait(Position after, std::chrono::milliseconds timeout) override;
  void wake() override;
  Result<LogPoint> point_at(Position position) override;

  // A group has become durable; in order, from the commit thread.
  void publish(std::vector<TransactionPtr>&& group, const LogPoint& durable);

 private:
  bool read_ring(Position after, std::size_t max_count, std::size_t max_bytes, std::vector<TransactionPtr>& out);

  const Log& log_;
  const Domain& domain_;
  const std::size_t ring_transactions_;
  const std::size_t ring_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<TransactionPtr> ring_;
  std::size_t bytes_ = 0;
  LogPoint durable_;
  std::uint64_t wakes_ = 0;
};

}  // namespace till
