// The log in memory, for tests and simulations: same contract as the RocksDB one, durable as long as the object lives.
#pragma once

#include <deque>
#include <mutex>
#include <string>

#include "engine/log.h"

namespace till {

class MemoryLog : public Log {
 public:
  // A new log of epoch 1 with its first control record.
  explicit MemoryLog(const LogId& log_id, Micros created_at = Micros(0));

  const LogId& id() const override { return log_id_; }
  Epoch epoch() const override { return head().epoch; }
  LogPoint head() const override;
  Status append(std::span<const StoredRecord> group, const LogPoint& new_head) override;
  Result<std::string> read(Position position) const override;
  std::unique_ptr<Cursor> cursor(Position from) const override;

  // The n-th append from now on fails with an outcome that nobody knows (its records are stored); 0: never.
  void fail_append(unsigned nth) { fail_in_ = nth; }

 private:
  const LogId log_id_;
  mutable std::mutex mutex_;
  std::deque<std::string> records_;
  LogPoint head_;
  unsigned fail_in_ = 0;
  bool failed_ = false;
};

}  // namespace till
