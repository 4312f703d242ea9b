// Bounded queues between those who submit and the sequencer: one per tenant, served in turn by slices of commands.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/submission.h"

namespace till {

// A run of one submission's commands, taken in one turn.
struct Slice {
  SubmissionPtr submission;
  std::size_t count = 0;  // from submission->next on
};

// Thread safe. A submission is admitted once, then queued, and queued again in front after each slice or load, until
// all its commands are decided.
class Intake {
 public:
  Intake(std::size_t tenant_commands, std::size_t slice_commands);

  // False where the tenant has too many undecided commands, wherever they wait, or the intake is closed.
  bool admit(const SubmissionPtr& submission);
  // Behind all others of its tenant.
  void push(SubmissionPtr submission);
  // Before all others of its tenant: it goes on after its slice, or with the entities that were missing.
  void push_front(SubmissionPtr submission);
  // `count` commands of the tenant are decided.
  void release(const std::string& tenant, std::size_t count);

  // Takes slices from the tenants in turn until about `most_commands` are taken.
  void take(std::size_t most_commands, std::vector<Slice>& out);

  // Commands admitted and not decided.
  std::size_t size() const;

  // Sleeps until push, push_front, wake or close; the sequencer alone does.
  void wait(std::chrono::milliseconds timeout);
  void wake();
  // Admits nothing from now on.
  void close();

 private:
  struct Queue {
    std::deque<SubmissionPtr> submissions;
    std::size_t undecided = 0;
    bool in_turn = false;
  };
  void enqueue(SubmissionPtr submission, bool front);

  const std::size_t tenant_commands_;
  const std::size_t slice_commands_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Queue> queues_;  // of the tenants with undecided commands
  std::deque<Queue*> turns_;
  std::size_t undecided_ = 0;
  bool woken_ = false;
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace till
