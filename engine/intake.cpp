#include "engine/intake.h"

#include <algorithm>
#include <utility>

namespace till {
namespace {

// Batches rest for so long after the last single command was taken.
constexpr std::chrono::milliseconds kSinglesLast{100};
// A rest, in lengths of the turn before it, and the longest.
constexpr int kRestTurns = 2;
constexpr std::chrono::milliseconds kRestMost{20};

}  // namespace

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
  std::deque<SubmissionPtr>& submissions = submission->commands.size() == 1 ? queue.singles : queue.batches;
  if (front) {
    submissions.push_front(std::move(submission));
  } else {
    submissions.push_back(std::move(submission));
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

std::size_t Intake::take_from(std::deque<SubmissionPtr>& submissions, std::size_t most, std::vector<Slice>& out) const {
  std::size_t taken = 0;
  while (taken < most && !submissions.empty()) {
    SubmissionPtr& first = submissions.front();
    const std::size_t count = std::min(first->commands.size() - first->next, most - taken);
    taken += count;
    out.push_back({std::move(first), count});
    submissions.pop_front();
  }
  return taken;
}

std::size_t Intake::take_slice(Queue& queue, Time now, std::vector<Slice>& out) {
  const bool batches = !queue.batches.empty() && !batches_rest(queue, now);
  const std::size_t singles = take_from(queue.singles, batches ? slice_commands_ / 2 : slice_commands_, out);
  if (singles > 0) single_taken_ = now;
  if (!batches) return singles;
  batch_turns_.push_back(queue.batches.front()->tenant());
  return singles + take_from(queue.batches, slice_commands_ - singles, out);
}

void Intake::take(std::size_t most_commands, Time now, std::vector<Slice>& out) {
  out.clear();
  const std::lock_guard lock(mutex_);
  batch_turns_.clear();
  rest_left_.reset();
  turn_began_ = now;
  std::optional<Time> rest_ends;
  std::size_t taken = 0;
  std::size_t resting = 0;
  for (std::size_t turns = turns_.size(); turns > 0 && taken < most_commands; --turns) {
    Queue& queue = *turns_.front();
    turns_.pop_front();
    taken += take_slice(queue, now, out);
    queue.in_turn = !queue.empty();
    if (!queue.in_turn) continue;
    turns_.push_back(&queue);
    if (!queue.singles.empty() || !batches_rest(queue, now)) continue;
    ++resting;
    rest_ends = std::min(rest_ends.value_or(queue.batches_rest_until), queue.batches_rest_until);
  }
  woken_ = turns_.size() > resting;
  if (out.empty() && rest_ends) rest_left_ = *rest_ends - now;
}

void Intake::end_turn(Time now) {
  const std::lock_guard lock(mutex_);
  if (now - single_taken_ > kSinglesLast) return;
  const auto rest = std::min<std::chrono::steady_clock::duration>(kRestTurns * (now - turn_began_), kRestMost);
  for (const std::string& tenant : batch_turns_) {
    // It is gone where its last command was decided in this turn.
    if (const auto known = queues_.find(tenant); known != queues_.end()) known->second.batches_rest_until = now + rest;
  }
}

std::size_t Intake::size() const {
  const std::lock_guard lock(mutex_);
  return undecided_;
}

void Intake::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  const std::chrono::steady_clock::duration most = timeout;
  wake_.wait_for(lock, std::min(most, std::exchange(rest_left_, std::nullopt).value_or(most)), [&] { return woken_; });
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
