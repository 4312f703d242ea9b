#include "engine/follower.h"

#include <algorithm>

#include "engine/named_thread.h"

namespace till {
namespace {

// How long an idle follower sleeps before it looks at its stop flag without having been woken.
constexpr std::chrono::milliseconds kFollowerIdleWait{1000};

std::string describe(const Error& error, Position at) {
  return "after position " + std::to_string(at.value()) + ": " + error.message;
}

}  // namespace

Follower::Follower(Feed& feed, View& view, FollowerOptions options, const LogPoint& known)
    : feed_(feed), view_(view), options_(options), position_(known.position.value()) {
  status_.at = known;
}

Follower::~Follower() {
  stop();
}

void Follower::start() {
  if (thread_.joinable()) return;
  stopping_ = false;
  // One that had stopped is on its way again: who waits from now on waits for the new run.
  set_state(FollowerState::kRetrying, "starting");
  thread_ = named_thread(std::string(view_.name()), [this] { run(); });
}

void Follower::stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    moved_.notify_all();
  }
  feed_.wake();
  if (thread_.joinable()) thread_.join();
}

FollowerStatus Follower::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool Follower::wait_for(Position target, std::chrono::milliseconds timeout) {
  if (position() >= target) return true;
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, timeout, [&] {
    if (position() >= target || stopping_ || status_.state == FollowerState::kStopped) return true;
    hurry();
    return false;
  });
  return position() >= target;
}

Status Follower::while_held(const std::function<Status(LogPoint)>& action) {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return held_ == nullptr || stopping_; });
  if (stopping_) return Error{ErrorKind::kCancelled, "the follower is stopping"};
  if (status_.state == FollowerState::kStopped) return Error{ErrorKind::kUnavailable, status_.error};
  Held held{action, {}};
  held_ = &held;
  lock.unlock();
  feed_.wake();
  lock.lock();
  moved_.wait(lock, [&] { return held.done; });
  return held.result;
}

void Follower::set_state(FollowerState state, std::string error) {
  const std::lock_guard lock(mutex_);
  status_.state = state;
  status_.error = std::move(error);
  moved_.notify_all();
}

// Whoever waits for an action is told that it was not run.
void Follower::refuse_held(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (held_ != nullptr) {
    held_->result = error;
    std::exchange(held_, nullptr)->done = true;
  }
  moved_.notify_all();
}

// With the lock held.
void Follower::hurry() {
  if (hurried_) return;
  hurried_ = true;
  moved_.notify_all();
}

// False where something else comes before the next batch.
bool Follower::keep_pace() {
  std::unique_lock lock(mutex_);
  if (!full_batch_) {
    moved_.wait_until(lock, applied_at_ + options_.pace, [&] { return stopping_ || held_ != nullptr || hurried_; });
  }
  hurried_ = false;
  return !stopping_ && held_ == nullptr;
}

void Follower::pause(std::chrono::steady_clock::duration duration) {
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, duration, [&] { return stopping_ || held_ != nullptr; });
}

// One look at the feed: applies what there is. An error means that the checkpoint has to be read again.
Status Follower::step() {
  LogPoint at;
  {
    std::unique_lock lock(mutex_);
    at = status_.at;
    if (held_ != nullptr) {
      status_.state = FollowerState::kHeld;
      lock.unlock();
      Status result = held_->action(at);
      lock.lock();
      held_->result = std::move(result);
      std::exchange(held_, nullptr)->done = true;
      status_.state = FollowerState::kRunning;
      moved_.notify_all();
      return {};
    }
  }
  if (!keep_pace()) return {};
  if (Status read = feed_.read(at.position, options_.max_batch_transactions, options_.max_batch_bytes, batch_);
      !read.ok()) {
    return read;
  }
  if (batch_.empty()) {
    feed_.wait(at.position, kFollowerIdleWait);
    return {};
  }
  TILL_ASSERT(batch_.front()->position() == at.position.next());
  if (Status applied = view_.apply(batch_); !applied.ok()) return applied;
  const LogPoint reached = batch_.back()->point();
  std::size_t bytes = 0;
  for (const TransactionPtr& transaction : batch_) bytes += transaction->stored_bytes();
  full_batch_ = batch_.size() >= options_.max_batch_transactions || bytes >= options_.max_batch_bytes;
  batch_.clear();
  applied_at_ = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  status_.at = reached;
  status_.state = FollowerState::kRunning;
  status_.error.clear();
  position_.store(reached.position.value(), std::memory_order_release);
  moved_.notify_all();
  return {};
}

void Follower::run() {
  std::chrono::milliseconds delay = options_.retry_first;
  bool know_checkpoint = false;
  while (!stopping_) {
    Status trouble;
    if (!know_checkpoint) {
      Result<LogPoint> checkpoint = view_.checkpoint();
      if (checkpoint.ok()) {
        const std::lock_guard lock(mutex_);
        status_.at = *checkpoint;
        status_.state = FollowerState::kRunning;
        status_.error.clear();
        position_.store(checkpoint->position.value(), std::memory_order_release);
        know_checkpoint = true;
        moved_.notify_all();
      } else {
        trouble = checkpoint.error();
      }
    }
    if (know_checkpoint) trouble = step();
    if (trouble.ok()) {
      delay = options_.retry_first;
      continue;
    }
    know_checkpoint = false;
    const std::string error = describe(trouble.error(), position());
    if (trouble.error().kind != ErrorKind::kUnavailable && trouble.error().kind != ErrorKind::kOutcomeUnknown) {
      set_state(FollowerState::kStopped, error);
      break;
    }
    set_state(FollowerState::kRetrying, error);
    // A pending action would cut every pause short, and wait for as long as the view is away.
    refuse_held(trouble.error());
    pause(delay);
    delay = std::min(delay * 2, options_.retry_most);
  }
  // Nobody may wait for a held action that no thread will run any more.
  refuse_held(Error{ErrorKind::kCancelled, "the follower has stopped"});
}

}  // namespace till
