// Reads entities from the books' store, so that the sequencer does no I/O: what memory answers on the submitting
// thread, the rest, and what was missing all the same, in a stage of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include <absl/container/flat_hash_map.h>

#include "engine/books.h"
#include "engine/books_flusher.h"
#include "engine/books_store.h"
#include "engine/domain.h"
#include "engine/stage.h"
#include "engine/submission.h"

namespace till {

class BooksLoader : public Stage {
 public:
  // `resume` gets each submission whose entities are in its prefetch; `on_failure` a store that cannot be read.
  BooksLoader(const BooksStore& store, const Books& books, const Domain& domain, const BooksFlusher& flusher,
              std::function<void(SubmissionPtr)> resume, std::function<void(const Error&)> on_failure);

  // Any thread: fills the prefetch of a single command with what it needs and is probably not in the books' memory.
  // False where that takes the disk, or there are more commands: load() it.
  bool prefetch(Submission& submission) const;
  // Any thread: loads the needs of the submission's next commands, named and found, then resumes it. Tenants take
  // turns. What waits here is bounded by the intake, which counts it as undecided.
  void load(SubmissionPtr submission);
  // What was loaded turned out not to be an image: the store is damaged.
  void report_damage(const Error& error);

  // The store could not be read: nothing can be decided any more.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // The stage is done when what waits is loaded.
  void stop();
  Step step() override;
  void wait() override;
  std::uint64_t loads() const { return loads_.load(std::memory_order_relaxed); }

 private:
  void add_needs(const CommandRequest& command, std::vector<std::string>& keys) const;
  Status fill(Submission& submission);
  void fail(const Error& error);

  const BooksStore& store_;
  const Books& books_;
  const Domain& domain_;
  const BooksFlusher& flusher_;
  const std::function<void(SubmissionPtr)> resume_;
  const std::function<void(const Error&)> on_failure_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  absl::flat_hash_map<std::string, std::deque<SubmissionPtr>> waiting_;  // by tenant; none is empty
  std::deque<std::string> turns_;                                        // the tenants in it
  bool stopping_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> loads_{0};
};

}  // namespace till
