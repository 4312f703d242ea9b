#include "engine/intake.h"

#include <algorithm>

namespace till {

Intake::Intake(std::size_t tenant_commands, std::size_t slice_commands)
    : tenant_commands_(tenant_commands), slice_commands_(slice_commands) {}

bool Intake::admit(const SubmissionPtr& submission) {
  const std::size_t count = submission->commands.size();
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  const auto known = queues_.find(submission->tenant());
  // One submission larger than the whole queue is let in when the queue is empty.
  if (known != queues_.end() && known->second.undecided + count > tenant_commands_) return false;
  Queue& queue = known != queues_.end() ? known->second : queues_[submission->tenant()];
  queue.undecided += count;
  undecided_ += count;
  return true;
}

void Intake::enqueue(SubmissionPtr submission, bool front) {
  const std::lock_guard lock(mutex_);
  Queue& queue = queues_.find(submission->tenant())->second;
  if (front) {
    queue.submissions.push_front(std::move(submission));
  } else {
    queue.submissions.push_back(std::move(submission));
  }
  if (!queue.in_turn) {
    queue.in_turn = true;
    turns_.push_back(&queue);
  }
  woken_ = true;
  if (sleeping_) wake_.notify_one();
}

void Intake::push(SubmissionPtr submission) {
  enqueue(std::move(submission), false);
}

void Intake::push_front(SubmissionPtr submission) {
  enqueue(std::move(submission), true);
}

void Intake::release(const std::string& tenant, std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto known = queues_.find(tenant);
  known->second.undecided -= count;
  undecided_ -= count;
  // Without undecided commands nothing of the tenant is queued anywhere.
  if (known->second.undecided == 0) queues_.erase(known);
}

void Intake::take(std::size_t most_commands, std::vector<Slice>& out) {
  out.clear();
  const std::lock_guard lock(mutex_);
  woken_ = false;
  std::size_t taken = 0;
  for (std::size_t turns = turns_.size(); turns > 0 && taken < most_commands; --turns) {
    Queue& queue = *turns_.front();
    turns_.pop_front();
    std::size_t left = slice_commands_;
    while (left > 0 && !queue.submissions.empty()) {
      SubmissionPtr& first = queue.submissions.front();
      const std::size_t count = std::min(first->commands.size() - first->next, left);
      left -= count;
      taken += count;
      out.push_back({std::move(first), count});
      queue.submissions.pop_front();
    }
    queue.in_turn = !queue.submissions.empty();
    if (queue.in_turn) turns_.push_back(&queue);
  }
  if (!turns_.empty()) woken_ = true;
}

std::size_t Intake::size() const {
  const std::lock_guard lock(mutex_);
  return undecided_;
}

void Intake::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  wake_.wait_for(lock, timeout, [&] { return woken_; });
  sleeping_ = false;
  woken_ = false;
}

void Intake::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  if (sleeping_) wake_.notify_one();
}

void Intake::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  woken_ = true;
  wake_.notify_one();
}

}  // namespace till
