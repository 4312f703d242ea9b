// Writes batches of images behind the sequencer, each when its cut is durable in the log.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "engine/books_store.h"
#include "engine/follower.h"
#include "engine/stage.h"

namespace till {

class BooksFlusher : public Stage {
 public:
  // `durable_every`: transactions after which what was written is made durable, so that the tail to replay is bounded.
  // `on_room`: a batch has left the queue.
  BooksFlusher(BooksStore& store, Feed& feed, std::uint64_t durable_every, std::function<void()> on_room,
               std::function<void(const Error&)> on_failure);

  // False while kMostPending batches wait: the sequencer then stands still, so a store that lags slows the intake.
  bool has_room() const;
  // Sequencer thread, where there is room.
  void add(BooksBatch&& batch);
  // Number of the last batch that load() sees, counted from 1.
  std::uint64_t flushed() const { return flushed_.load(std::memory_order_acquire); }
  // The log failed: nothing that waits will ever be durable. Any thread.
  void abandon();
  // The stage is done when what waits is written and durable, or dropped where not `keep`.
  void stop(bool keep);
  Step step() override;
  void wait() override;

 private:
  Status write(BooksBatch& batch);
  Step finish(bool keep);

  BooksStore& store_;
  Feed& feed_;
  const std::uint64_t durable_every_;
  const std::function<void()> on_room_;
  const std::function<void(const Error&)> on_failure_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<BooksBatch> pending_;
  bool stopping_ = false;
  bool keep_ = true;
  bool finished_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> flushed_{0};
  Position made_durable_;
};

}  // namespace till
