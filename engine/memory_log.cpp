#include "engine/memory_log.h"

#include "engine/control_record.h"
#include "engine/transaction.h"

namespace till {
namespace {

class MemoryCursor : public Log::Cursor {
 public:
  MemoryCursor(const MemoryLog& log, Position from, Position last) : log_(log), next_(from), last_(last) {}
  bool next() override {
    if (next_ > last_) return false;
    Result<std::string> record = log_.read(next_);
    TILL_ASSERT(record.ok());
    bytes_ = std::move(record.value());
    at_ = next_;
    next_ = next_.next();
    return true;
  }
  Position position() const override { return at_; }
  std::string_view bytes() const override { return bytes_; }
  Status status() const override { return {}; }

 private:
  const MemoryLog& log_;
  Position next_;
  Position at_;
  const Position last_;
  std::string bytes_;
};

}  // namespace

MemoryLog::MemoryLog(const LogId& log_id, Micros created_at) : log_id_(log_id) {
  LogPoint genesis;
  genesis.log_id = log_id;
  genesis.hash = genesis_chain(log_id);
  schema::Control control;
  control.mutable_log_created()->set_oldest_reader_version(kRecordVersion);
  ChainedRecord first = make_control_record(genesis, Epoch(1), created_at, control);
  records_.push_back(std::move(first.stored.bytes));
  head_ = first.point;
}

LogPoint MemoryLog::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

Status MemoryLog::append(std::span<const StoredRecord> group, const LogPoint& new_head) {
  const std::lock_guard lock(mutex_);
  if (failed_) return Error{ErrorKind::kOutcomeUnknown, "log: a write failed before"};
  if (group.empty()) return {};
  TILL_ASSERT(group.front().position == head_.position.next() && group.back().position == new_head.position);
  for (const StoredRecord& record : group) records_.push_back(record.bytes);
  head_ = new_head;
  if (fail_in_ != 0 && --fail_in_ == 0) {
    failed_ = true;
    return Error{ErrorKind::kOutcomeUnknown, "log: the write was made to fail"};
  }
  return {};
}

Result<std::string> MemoryLog::read(Position position) const {
  const std::lock_guard lock(mutex_);
  if (position == Position() || position > head_.position) return Error{ErrorKind::kNotFound, "beyond the head"};
  return records_[position.value() - 1];
}

std::unique_ptr<Log::Cursor> MemoryLog::cursor(Position from) const {
  return std::make_unique<MemoryCursor>(*this, from, head().position);
}

}  // namespace till
