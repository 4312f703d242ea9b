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

// Thread safe.
class Intake {
 public:
  Intake(std::size_t tenant_commands, std::size_t slice_commands);

  // False where the tenant's queue is full or the intake is closed.
  bool push(SubmissionPtr submission);
  // A submission that goes on: after its slice, or after its missing entities have been loaded. Before all others of
  // its tenant, never refused.
  void push_front(SubmissionPtr submission);

  // Takes slices from the tenants in turn until about `most_commands` are taken. A submission with more commands than
  // its slice comes back through push_front() once the slice is decided, so that its order is kept.
  void take(std::size_t most_commands, std::vector<Slice>& out);

  // Commands waiting.
  std::size_t size() const;

  // Sleeps until push, push_front, wake or close; the sequencer alone does.
  void wait(std::chrono::milliseconds timeout);
  void wake();
  // Refuses everything from now on.
  void close();

 private:
  struct Queue {
    std::deque<SubmissionPtr> submissions;
    std::size_t commands = 0;
    bool in_turn = false;
  };
  void enqueue(const SubmissionPtr& submission, bool front);

  const std::size_t tenant_commands_;
  const std::size_t slice_commands_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Queue> queues_;
  std::deque<Queue*> turns_;
  std::size_t commands_ = 0;
  bool woken_ = false;
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace till
