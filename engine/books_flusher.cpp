#include "engine/books_flusher.h"

#include <algorithm>

#include "engine/named_thread.h"

namespace till {
namespace {

constexpr std::size_t kMostPending = 64;
constexpr std::chrono::milliseconds kDurableWait{100};

}  // namespace

BooksFlusher::BooksFlusher(BooksStore& store, Feed& feed, std::uint64_t durable_every,
                           std::function<void(const Error&)> on_failure)
    : store_(store),
      feed_(feed),
      durable_every_(durable_every),
      on_failure_(std::move(on_failure)),
      made_durable_(feed.durable().position),
      thread_(named_thread("books-flusher", [this] { run(); })) {}

BooksFlusher::~BooksFlusher() {
  stop(false);
}

void BooksFlusher::add(BooksBatch&& batch) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return pending_.size() < kMostPending || stopping_ || failed_; });
  pending_.push_back(std::move(batch));
  wake_.notify_all();
}

void BooksFlusher::abandon() {
  failed_ = true;
  feed_.wake();
  const std::lock_guard lock(mutex_);
  wake_.notify_all();
}

void BooksFlusher::stop(bool keep) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) keep_ = keep;
    stopping_ = true;
    wake_.notify_all();
  }
  feed_.wake();
  if (thread_.joinable()) thread_.join();
}

Status BooksFlusher::write(const BooksBatch& batch) {
  // An image never holds an effect above the durable position.
  while (feed_.durable().position < batch.cut.position) {
    feed_.wait(Position(batch.cut.position.value() - 1), kDurableWait);
    if (failed_) return Error{ErrorKind::kOutcomeUnknown, "books: the log failed before the cut was durable"};
  }
  if (Status written = store_.write(batch); !written.ok()) return written;
  if (batch.cut.position.value() - made_durable_.value() < durable_every_) return {};
  made_durable_ = batch.cut.position;
  return store_.make_durable(false);
}

void BooksFlusher::run() {
  while (true) {
    BooksBatch batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
      if (stopping_ && (pending_.empty() || !keep_)) break;
      batch = std::move(pending_.front());
      pending_.pop_front();
      wake_.notify_all();
    }
    if (failed_) continue;
    // The store's sorted memtable takes ascending keys at a fraction of the cost of random ones.
    std::sort(batch.images.begin(), batch.images.end());
    if (Status written = write(batch); !written.ok()) {
      failed_ = true;
      on_failure_(written.error());
      continue;
    }
    flushed_.fetch_add(1, std::memory_order_acq_rel);
  }
  if (!keep_ || failed_) return;
  if (Status durable = store_.make_durable(true); !durable.ok()) on_failure_(durable.error());
}

}  // namespace till
