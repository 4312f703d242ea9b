// Reads entities from the books' store, so that the sequencer does no I/O: ahead of sequencing on the submitting
// thread, and on an own thread for what was missing all the same.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/books.h"
#include "engine/books_store.h"
#include "engine/domain.h"
#include "engine/submission.h"

namespace till {

class BooksLoader {
 public:
  // `resume` gets each submission whose missing entities are in its prefetch; `on_failure` a store that cannot be read.
  BooksLoader(const BooksStore& store, const Books& books, const Domain& domain,
              std::function<void(SubmissionPtr)> resume, std::function<void(const Error&)> on_failure);
  ~BooksLoader();

  // Any thread: fills the prefetch with what the commands need and is probably not in memory.
  void prefetch(Submission& submission) const;
  // Sequencer thread: loads `keys` and what else the submission's next command needs, then resumes it.
  void load(SubmissionPtr submission, std::vector<std::string> keys);
  // Submissions waiting for their entities.
  std::size_t waiting() const;
  void stop();
  std::uint64_t loads() const { return loads_.load(std::memory_order_relaxed); }

 private:
  struct Request {
    SubmissionPtr submission;
    std::vector<std::string> keys;
  };
  void run();
  void add_needs(const CommandRequest& command, std::vector<std::string>& keys) const;

  const BooksStore& store_;
  const Books& books_;
  const Domain& domain_;
  const std::function<void(SubmissionPtr)> resume_;
  const std::function<void(const Error&)> on_failure_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;  // bounded by the intake: a parked submission still counts as one request in flight
  std::size_t in_hand_ = 0;
  bool stopping_ = false;
  std::atomic<std::uint64_t> loads_{0};
  std::thread thread_;
};

}  // namespace till
