#include "engine/commit.h"

#include <chrono>

namespace till {

void Committer::Group::clear() {
  records.clear();
  transactions.clear();
  answers.clear();
  bytes = 0;
}

Committer::Committer(Log& log, LogFeed& feed, CommitOptions options, std::function<void()> on_room,
                     std::function<void(const Error&)> on_failure)
    : log_(log),
      feed_(feed),
      options_(options),
      on_room_(std::move(on_room)),
      on_failure_(std::move(on_failure)),
      head_(log.head()) {}

void Committer::note_answer(const SubmissionPtr& submission) {
  if (!forming_.answers.empty() && forming_.answers.back().submission == submission) {
    ++forming_.answers.back().count;
  } else {
    forming_.answers.push_back({submission, 1});
  }
}

void Committer::add(StoredRecord&& record, TransactionPtr transaction, const SubmissionPtr& submission) {
  const std::lock_guard lock(mutex_);
  head_ = transaction->point();
  forming_.bytes += record.bytes.size();
  forming_.records.push_back(std::move(record));
  forming_.transactions.push_back(std::move(transaction));
  note_answer(submission);
}

void Committer::add_answer(const SubmissionPtr& submission) {
  const std::lock_guard lock(mutex_);
  note_answer(submission);
}

void Committer::flush_turn() {
  const std::lock_guard lock(mutex_);
  if (forming_.empty()) return;
  ready_ = true;
  if (idle_) wake_.notify_one();
}

bool Committer::has_room() const {
  const std::lock_guard lock(mutex_);
  return forming_.records.size() < options_.group_transactions && forming_.bytes < options_.group_bytes;
}

void Committer::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
}

void Committer::wait() {
  std::unique_lock lock(mutex_);
  idle_ = true;
  wake_.wait(lock, [&] { return ready_ || stopping_; });
  idle_ = false;
}

Stage::Step Committer::step() {
  {
    const std::lock_guard lock(mutex_);
    if (!ready_ && !(stopping_ && !forming_.empty())) return stopping_ ? Step::kDone : Step::kIdle;
    ready_ = false;
    std::swap(writing_, forming_);
  }
  on_room_();
  if (write(writing_)) answer(writing_);
  writing_.clear();
  return Step::kWorked;
}

bool Committer::write(Group& group) {
  if (failed_) {
    fail(group);
    return false;
  }
  if (group.records.empty()) return true;
  const LogPoint head = group.transactions.back()->point();
  const auto before = std::chrono::steady_clock::now();
  if (Status appended = log_.append(group.records, head); !appended.ok()) {
    failed_ = true;
    fail(group);
    on_failure_(appended.error());
    return false;
  }
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - before);
  groups_.fetch_add(1, std::memory_order_relaxed);
  transactions_.fetch_add(group.records.size(), std::memory_order_relaxed);
  bytes_.fetch_add(group.bytes, std::memory_order_relaxed);
  sync_us_total_.fetch_add(static_cast<std::uint64_t>(spent.count()), std::memory_order_relaxed);
  sync_us_last_.store(static_cast<std::uint64_t>(spent.count()), std::memory_order_relaxed);
  group_last_.store(group.records.size(), std::memory_order_relaxed);
  feed_.publish(std::move(group.transactions), head);
  return true;
}

void Committer::answer(Group& group) {
  for (const Answer& answer : group.answers) answer.submission->finish(answer.count);
}

// Nobody learns what was decided: the books ran ahead of a log that may not hold it.
void Committer::fail(Group& group) {
  for (const Answer& answer : group.answers) {
    answer.submission->log_failed.store(true, std::memory_order_relaxed);
    answer.submission->finish(answer.count);
  }
}

}  // namespace till
