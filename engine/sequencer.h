// The single writer: gives order, decides, hands groups to the commit stage. Owns the books; does no I/O.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "engine/books.h"
#include "engine/books_flusher.h"
#include "engine/books_loader.h"
#include "engine/commit.h"
#include "engine/decider.h"
#include "engine/intake.h"
#include "engine/stage.h"

namespace till {

class Sequencer : public Stage {
 public:
  Sequencer(const EngineOptions& options, Decider& decider, Books& books, Intake& intake, Committer& committer,
            BooksLoader& loader, BooksFlusher& flusher, Micros last_recorded_at);

  // Admits nothing more; the stage is done when what was admitted is decided.
  void stop();
  // One turn: what the intake gives, or the rest of it where the forming group had no room.
  Step step() override;
  void wait() override;

  // The wall clock made a jump: nothing is decided until an operator confirms it.
  bool clock_suspect() const { return clock_suspect_.load(std::memory_order_acquire); }
  void confirm_clock();

  std::uint64_t rejections() const { return rejections_.load(std::memory_order_relaxed); }
  std::uint64_t replays() const { return replays_.load(std::memory_order_relaxed); }
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }
  std::uint64_t queue_waits() const { return queue_waits_.load(std::memory_order_relaxed); }
  std::uint64_t queue_wait_us_total() const { return queue_wait_us_.load(std::memory_order_relaxed); }
  std::uint64_t books_entities() const { return books_entities_.load(std::memory_order_relaxed); }
  std::uint64_t books_bytes() const { return books_bytes_.load(std::memory_order_relaxed); }

 private:
  bool process(Slice& slice);
  bool decide_next(const SubmissionPtr& submission);
  void install(Prefetch& prefetch);
  void note_wait(Submission& submission);
  void count(OutcomeKind kind);
  bool flush_due() const;
  void collect();
  void tend_books();
  void finish();
  Micros clock() const;
  void check_clock();

  const EngineOptions& options_;
  Decider& decider_;
  Books& books_;
  Intake& intake_;
  Committer& committer_;
  BooksLoader& loader_;
  BooksFlusher& flusher_;
  std::vector<Slice> slices_;  // of the turn in hand
  std::size_t turn_ = 0;       // first of them that is not decided
  Micros last_recorded_at_;
  Micros clock_seen_;
  std::chrono::steady_clock::time_point steady_seen_;
  std::uint64_t flush_number_ = 0;
  std::uint64_t since_flush_ = 0;
  std::uint64_t since_evict_ = 0;
  std::chrono::steady_clock::time_point flushed_at_;
  bool finished_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> clock_suspect_{false};
  std::atomic<bool> confirm_clock_{false};
  std::atomic<std::uint64_t> rejections_{0}, replays_{0}, refusals_{0}, queue_waits_{0}, queue_wait_us_{0};
  std::atomic<std::uint64_t> books_entities_{0}, books_bytes_{0};
};

}  // namespace till
