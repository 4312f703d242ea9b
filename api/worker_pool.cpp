#include "api/worker_pool.h"

#include <utility>

namespace till {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_most, ThreadShare share) : queue_most_(queue_most) {
  threads_.reserve(threads);
  const auto work = [this] { run(); };
  for (std::size_t i = 0; i < threads; ++i) threads_.push_back(named_thread("worker", work, share));
}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::post(Job&& job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_most_) return false;
    queue_.push_back(std::move(job));
  }
  arrived_.notify_one();
  return true;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::run() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace till
