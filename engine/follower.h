// What reads the log in order. A View keeps the rows; a Follower drives it from a checkpoint on its own thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/result.h"
#include "engine/transaction.h"
#include "engine/vocabulary.h"

namespace till {

// Durable transactions in order. Thread safe.
class Feed {
 public:
  virtual ~Feed() = default;
  // Transactions after `after`, in order, at most `max_count` and about `max_bytes`; never beyond the durable position.
  // Empty where there is none. `out` is cleared first.
  virtual Status read(Position after, std::size_t max_count, std::size_t max_bytes,
                      std::vector<TransactionPtr>& out) = 0;
  virtual LogPoint durable() const = 0;
  // Waits until the durable position exceeds `after`, `timeout` passed, or wake() was called; true in the first case.
  virtual bool wait(Position after, std::chrono::milliseconds timeout) = 0;
  virtual void wake() = 0;
  // The chain value at `position`, to check that a checkpoint belongs to this history.
  virtual Result<LogPoint> point_at(Position position) = 0;
};

// Rows derived from the log with the checkpoint that says from how much of it. Called by one thread at a time.
class View {
 public:
  virtual ~View() = default;
  virtual std::string_view name() const = 0;
  // Where the rows stand; position 0 for an empty view. kUnavailable is tried again.
  virtual Result<LogPoint> checkpoint() = 0;
  // Applies transactions in order and stores `batch.back()->point()` atomically with the rows. The first position is
  // checkpoint + 1; the view asserts that against what it stored. kUnavailable: nothing happened or the outcome is not
  // known; the follower reads checkpoint() again. kPoison: the follower stops and says so.
  virtual Status apply(std::span<const TransactionPtr> batch) = 0;
};

enum class FollowerState : std::uint8_t { kRunning, kRetrying, kHeld, kStopped };

struct FollowerStatus {
  FollowerState state;
  LogPoint at;
  std::string error;  // of kRetrying and kStopped: position, event, what failed
};

struct FollowerOptions {
  std::size_t max_batch_transactions = 512;
  std::size_t max_batch_bytes = 4u << 20;
  // Least time between two batches: a view under load then writes rows that many transactions touch once, and a quiet
  // one applies at once. Not kept while somebody waits for a position, nor after a full batch.
  std::chrono::milliseconds pace{0};
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_most{5000};
};

// Owns the thread, not the view nor the feed; both outlive it.
class Follower {
 public:
  // `known` is where the view is known to stand: told until the view has said so itself.
  Follower(Feed& feed, View& view, FollowerOptions options, const LogPoint& known = {});
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void start();
  // Finishes the batch in hand and joins.
  void stop();

  FollowerStatus status() const;
  Position position() const { return Position(position_.load(std::memory_order_acquire)); }
  // Waits until position() >= `target`; false after `timeout` or when the follower stopped. The next batch is not put
  // off, also where `timeout` is 0.
  bool wait_for(Position target, std::chrono::milliseconds timeout);

  // Runs `action` between two batches, with the view standing still at the position it is given. Blocks the caller
  // until done; the follower goes on after it. Where the view does not answer, its error is returned and nothing was
  // run. For what replaces rows, or the view itself. From start() to stop() only; not from the follower's own thread.
  Status while_held(const std::function<Status(LogPoint)>& action);

 private:
  // An action and what became of it; on the stack of while_held().
  struct Held {
    const std::function<Status(LogPoint)>& action;
    Status result;
    bool done = false;
  };
  void run();
  Status step();
  void set_state(FollowerState state, std::string error);
  void refuse_held(const Error& error);
  void hurry();
  bool keep_pace();
  void pause(std::chrono::steady_clock::duration duration);

  Feed& feed_;
  View& view_;
  const FollowerOptions options_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> position_{0};
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  FollowerStatus status_{FollowerState::kRetrying, {}, "not started"};
  Held* held_ = nullptr;  // of the caller that waits
  bool hurried_ = false;  // somebody waits for the next batch
  std::vector<TransactionPtr> batch_;
  bool full_batch_ = true;  // the last one; the first is not put off, however short ago the machine was started
  std::chrono::steady_clock::time_point applied_at_;
};

}  // namespace till
