#include "api/at_least.h"

#include <utility>

#include "engine/named_thread.h"

namespace till {
namespace {

// How often the views are looked at while somebody waits: short against the delay of a follower's batch.
constexpr std::chrono::milliseconds kLook{1};
// Deadlines are looked at less often, since that passes over every read that waits.
constexpr std::chrono::milliseconds kLookAtDeadlines{10};

}  // namespace

AtLeastWaits::AtLeastWaits(Queries& queries)
    : queries_(queries), thread_(named_thread("at-least", [this] { run(); })) {}

AtLeastWaits::~AtLeastWaits() {
  stop();
}

bool AtLeastWaits::wait(QueryView view, Position target, std::chrono::milliseconds timeout, Continuation&& go_on) {
  const bool reached = queries_.reached(view, target);
  if (reached || timeout.count() == 0) {
    go_on(reached);
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || count() >= kMostWaiting) return false;
    waiting_[view].emplace(target, Waiting{std::chrono::steady_clock::now() + timeout, std::move(go_on)});
  }
  arrived_.notify_one();
  return true;
}

void AtLeastWaits::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::size_t AtLeastWaits::count() const {
  std::size_t all = 0;
  for (const auto& [view, waiting] : waiting_) all += waiting.size();
  return all;
}

void AtLeastWaits::take_reached(QueryView view, ByPosition& waiting, Done& done) {
  while (!waiting.empty() && queries_.reached(view, waiting.begin()->first)) {
    done.emplace_back(std::move(waiting.begin()->second.go_on), true);
    waiting.erase(waiting.begin());
  }
}

void AtLeastWaits::take_overdue(ByPosition& waiting, std::chrono::steady_clock::time_point now, Done& done) {
  for (auto it = waiting.begin(); it != waiting.end();) {
    if (it->second.deadline > now) {
      ++it;
      continue;
    }
    done.emplace_back(std::move(it->second.go_on), false);
    it = waiting.erase(it);
  }
}

void AtLeastWaits::run() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_deadlines = Clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    if (count() == 0) {
      arrived_.wait(lock, [&] { return stopping_ || count() > 0; });
    } else {
      arrived_.wait_for(lock, kLook, [&] { return stopping_; });
    }
    Done done;
    const bool last = stopping_;
    const Clock::time_point now = Clock::now();
    const bool deadlines = last || now >= next_deadlines;
    if (deadlines) next_deadlines = now + kLookAtDeadlines;
    for (auto& [view, waiting] : waiting_) {
      take_reached(view, waiting, done);
      if (deadlines) take_overdue(waiting, last ? Clock::time_point::max() : now, done);
    }
    lock.unlock();
    for (auto& [go_on, reached] : done) go_on(reached);
    if (last) return;
    lock.lock();
  }
}

}  // namespace till
