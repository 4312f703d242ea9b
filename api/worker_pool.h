// Threads for work that may block, with a bounded queue in front, so that I/O and commit threads never wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/named_thread.h"

namespace till {

// Thread safe. One pool for each kind of work, so that a slow neighbour takes no thread from another.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t queue_most, ThreadShare share = ThreadShare::kEqual);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, with nothing taken, where the queue is full or the pool has stopped: `job` is left as it was.
  bool post(Job&& job);
  // Runs what is queued, then joins. Idempotent.
  void stop();
  std::size_t queued() const;

 private:
  void run();

  const std::size_t queue_most_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace till
