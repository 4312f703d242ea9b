// Bounded queues between those who submit and the sequencer: one per tenant, served in turn by slices of commands.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
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
// all its commands are decided. Single commands, for which somebody stands at a till, go before batches; where there
// are both, each gets half of a slice.
class Intake {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Intake(std::size_t tenant_commands, std::size_t slice_commands);

  // False where the tenant has too many undecided commands, wherever they wait, or the intake is closed.
  bool admit(const SubmissionPtr& submission);
  // Behind all others of its tenant and sort.
  void push(SubmissionPtr submission);
  // Before all others of its tenant and sort: it goes on after its slice, or with the entities that were missing.
  void push_front(SubmissionPtr submission);
  // `count` commands of the tenant are decided.
  void release(const std::string& tenant, std::size_t count);

  // Takes slices from the tenants in turn until about `most_commands` are taken. While single commands come in, batches
  // rest after each turn for twice as long as it took: they get a third of the sequencer's time, and what follows from
  // them (decoding, commit, views, stores) leaves the processors room for the others.
  void take(std::size_t most_commands, Time now, std::vector<Slice>& out);
  // What was taken last is decided or handed on.
  void end_turn(Time now);

  // Commands admitted and not decided.
  std::size_t size() const;

  // Sleeps until push, push_front, wake or close, or until the first batch has rested where take() gave nothing else;
  // the sequencer alone does.
  void wait(std::chrono::milliseconds timeout);
  void wake();
  // Admits nothing from now on.
  void close();

 private:
  struct Queue {
    std::deque<SubmissionPtr> singles;
    std::deque<SubmissionPtr> batches;
    std::size_t undecided = 0;
    bool in_turn = false;
    Time batches_rest_until;
    bool empty() const { return singles.empty() && batches.empty(); }
  };
  bool batches_rest(const Queue& queue, Time now) const { return !closed_ && now < queue.batches_rest_until; }
  std::size_t take_from(std::deque<SubmissionPtr>& submissions, std::size_t most, std::vector<Slice>& out) const;
  std::size_t take_slice(Queue& queue, Time now, std::vector<Slice>& out);
  void enqueue(SubmissionPtr submission, bool front);

  const std::size_t tenant_commands_;
  const std::size_t slice_commands_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Queue> queues_;  // of the tenants with undecided commands
  std::deque<Queue*> turns_;
  std::size_t undecided_ = 0;
  Time turn_began_;
  Time single_taken_;                                             // when the last one was
  std::vector<std::string> batch_turns_;                          // tenants whose batches have part in the turn in hand
  std::optional<std::chrono::steady_clock::duration> rest_left_;  // of the first that rests, where take() gave nothing
  bool woken_ = false;
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace till
