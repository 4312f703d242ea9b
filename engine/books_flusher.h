// Writes batches of images behind the sequencer, each when its cut is durable in the log.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/books_store.h"
#include "engine/follower.h"

namespace till {

class BooksFlusher {
 public:
  // `durable_every`: transactions after which what was written is made durable, so that the tail to replay is bounded.
  BooksFlusher(BooksStore& store, Feed& feed, std::uint64_t durable_every,
               std::function<void(const Error&)> on_failure);
  ~BooksFlusher();

  // Sequencer thread. Blocks while kMostPending batches wait: a store that lags slows the intake.
  void add(BooksBatch&& batch);
  // Number of the last batch that load() sees.
  std::uint64_t flushed() const { return flushed_.load(std::memory_order_acquire); }
  // The log failed: nothing that waits will ever be durable. Any thread.
  void abandon();
  // Writes what waits and makes it durable where `keep`, drops it otherwise; joins.
  void stop(bool keep);

 private:
  void run();
  Status write(const BooksBatch& batch);

  BooksStore& store_;
  Feed& feed_;
  const std::uint64_t durable_every_;
  const std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<BooksBatch> pending_;
  bool stopping_ = false;
  bool keep_ = true;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> flushed_{0};
  Position made_durable_;
  std::thread thread_;
};

}  // namespace till
