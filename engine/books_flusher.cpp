#include "engine/books_flusher.h"

#include <algorithm>

namespace till {
namespace {

constexpr std::size_t kMostPending = 64;
constexpr std::chrono::milliseconds kDurableWait{100};

}  // namespace

BooksFlusher::BooksFlusher(BooksStore& store, Feed& feed, std::uint64_t durable_every, std::function<void()> on_room,
                           std::function<void(const Error&)> on_failure)
    : store_(store),
      feed_(feed),
      durable_every_(durable_every),
      on_room_(std::move(on_room)),
      on_failure_(std::move(on_failure)),
      made_durable_(feed.durable().position) {}

bool BooksFlusher::has_room() const {
  const std::lock_guard lock(mutex_);
  return pending_.size() < kMostPending;
}

void BooksFlusher::add(BooksBatch&& batch) {
  const std::lock_guard lock(mutex_);
  pending_.push_back(std::move(batch));
  wake_.notify_one();
}

void BooksFlusher::abandon() {
  failed_ = true;
  feed_.wake();
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
}

void BooksFlusher::stop(bool keep) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) keep_ = keep;
    stopping_ = true;
    wake_.notify_one();
  }
  feed_.wake();
}

Status BooksFlusher::write(BooksBatch& batch) {
  // The store's sorted memtable takes ascending keys at a fraction of the cost of random ones.
  std::sort(batch.images.begin(), batch.images.end());
  if (Status written = store_.write(batch); !written.ok()) return written;
  if (batch.cut.position.value() - made_durable_.value() < durable_every_) return {};
  made_durable_ = batch.cut.position;
  return store_.make_durable(false);
}

// Without the lock: a failure comes back through abandon().
Stage::Step BooksFlusher::finish(bool keep) {
  if (finished_) return Step::kDone;
  finished_ = true;
  if (!keep || failed_) return Step::kDone;
  if (Status durable = store_.make_durable(true); !durable.ok()) on_failure_(durable.error());
  return Step::kDone;
}

Stage::Step BooksFlusher::step() {
  BooksBatch batch;
  {
    std::unique_lock lock(mutex_);
    if (pending_.empty() || (stopping_ && !keep_)) {
      if (!stopping_) return Step::kIdle;
      const bool keep = keep_;
      lock.unlock();
      return finish(keep);
    }
    // An image never holds an effect above the durable position.
    if (!failed_ && feed_.durable().position < pending_.front().cut.position) return Step::kIdle;
    batch = std::move(pending_.front());
    pending_.pop_front();
  }
  on_room_();
  if (failed_) return Step::kWorked;
  if (Status written = write(batch); !written.ok()) {
    failed_ = true;
    on_failure_(written.error());
    return Step::kWorked;
  }
  flushed_.fetch_add(1, std::memory_order_acq_rel);
  return Step::kWorked;
}

void BooksFlusher::wait() {
  std::unique_lock lock(mutex_);
  if (pending_.empty()) {
    wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    return;
  }
  const Position cut = pending_.front().cut.position;
  lock.unlock();
  feed_.wait(Position(cut.value() - 1), kDurableWait);
}

}  // namespace till
