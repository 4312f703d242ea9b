#include "engine/intake.h"

#include <algorithm>

namespace till {

Intake::Intake(std::size_t tenant_commands, std::size_t slice_commands)
    : tenant_commands_(tenant_commands), slice_commands_(slice_commands) {}

void Intake::enqueue(const SubmissionPtr& submission, bool front) {
  Queue& queue = queues_[submission->tenant()];
  const std::size_t count = submission->commands.size() - submission->next;
  if (front) {
    queue.submissions.push_front(submission);
  } else {
    queue.submissions.push_back(submission);
  }
  queue.commands += count;
  commands_ += count;
  if (!queue.in_turn) {
    queue.in_turn = true;
    turns_.push_back(&queue);
  }
  woken_ = true;
  if (sleeping_) wake_.notify_one();
}

bool Intake::push(SubmissionPtr submission) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  const auto queue = queues_.find(submission->tenant());
  // One submission larger than the whole queue is let in when the queue is empty.
  if (queue != queues_.end() && queue->second.commands != 0 &&
      queue->second.commands + submission->commands.size() > tenant_commands_) {
    return false;
  }
  enqueue(submission, false);
  return true;
}

void Intake::push_front(SubmissionPtr submission) {
  const std::lock_guard lock(mutex_);
  enqueue(submission, true);
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
      const std::size_t waiting = first->commands.size() - first->next;
      const std::size_t count = std::min(waiting, left);
      left -= count;
      taken += count;
      queue.commands -= waiting;
      commands_ -= waiting;
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
  return commands_;
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
