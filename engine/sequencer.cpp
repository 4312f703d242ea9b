#include "engine/sequencer.h"

#include <cstdlib>

#include "engine/named_thread.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kIdleWait{100};
constexpr std::chrono::milliseconds kRoomWait{10};
// Dirty entities of a quiet server are handed over after this long.
constexpr std::chrono::milliseconds kFlushInterval{200};
// Entities the sweep looks at for each command decided, so that it keeps up with what commands bring in.
constexpr std::size_t kSweepPerCommand = 24;
// Commands decided before the commit thread gets another chance to take what formed.
constexpr std::size_t kTurnCommands = 256;

Micros system_clock() {
  return Micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

}  // namespace

Sequencer::Sequencer(const EngineOptions& options, Decider& decider, Books& books, Intake& intake, Committer& committer,
                     BooksLoader& loader, BooksFlusher& flusher, Micros last_recorded_at)
    : options_(options),
      decider_(decider),
      books_(books),
      intake_(intake),
      committer_(committer),
      loader_(loader),
      flusher_(flusher),
      last_recorded_at_(last_recorded_at),
      clock_seen_(options.clock ? options.clock() : system_clock()),
      steady_seen_(std::chrono::steady_clock::now()),
      flushed_at_(steady_seen_) {
  const std::int64_t most = std::chrono::duration_cast<std::chrono::microseconds>(options.clock_jump_most).count();
  if (last_recorded_at.value() - clock_seen_.value() > most) clock_suspect_ = true;
  thread_ = named_thread("sequencer", [this] { run(); });
}

Sequencer::~Sequencer() {
  stop();
}

void Sequencer::stop() {
  stopping_ = true;
  intake_.close();
  if (thread_.joinable()) thread_.join();
}

Micros Sequencer::now() {
  const Micros clock = options_.clock ? options_.clock() : system_clock();
  if (clock > last_recorded_at_) last_recorded_at_ = clock;
  return last_recorded_at_;
}

// The wall clock must move as the steady one does; a step beyond the bound waits for an operator.
void Sequencer::check_clock() {
  const Micros clock = options_.clock ? options_.clock() : system_clock();
  const auto steady = std::chrono::steady_clock::now();
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(steady - steady_seen_).count();
  const auto most = std::chrono::duration_cast<std::chrono::microseconds>(options_.clock_jump_most).count();
  if (std::llabs(clock.value() - clock_seen_.value() - passed) > most) clock_suspect_ = true;
  if (confirm_clock_.exchange(false)) clock_suspect_ = false;
  clock_seen_ = clock;
  steady_seen_ = steady;
}

void Sequencer::wait_for_room() {
  while (!committer_.has_room()) {
    committer_.flush_turn();
    intake_.wait(kRoomWait);
  }
}

// Decides the submission's next command. False where it has to wait for entities: the loader has the submission then.
bool Sequencer::decide_next(const SubmissionPtr& submission) {
  wait_for_room();
  const std::size_t index = submission->next;
  Decided decided = decider_.decide(submission->commands[index], committer_.head(), now());
  if (decided.kind == Decided::Kind::kMissing) {
    loader_.load(submission, std::move(decided.missing));
    return false;
  }
  ++submission->next;
  submission->outcomes[index] = std::move(decided.outcome);
  if (decided.kind == Decided::Kind::kAppend) {
    ++since_flush_;
    committer_.add(std::move(decided.record), std::move(decided.transaction), submission);
    return true;
  }
  const bool rejected = submission->outcomes[index].kind == OutcomeKind::kRejected;
  (rejected ? rejections_ : replays_).fetch_add(1, std::memory_order_relaxed);
  committer_.add_answer(submission);
  return true;
}

void Sequencer::process(Slice& slice) {
  const SubmissionPtr submission = std::move(slice.submission);
  Prefetch& prefetch = submission->prefetch;
  if (!prefetch.keys.empty()) {
    if (prefetch.round == books_.round()) {
      for (std::size_t i = 0; i < prefetch.keys.size(); ++i) {
        // An image that does not parse is met again as a miss, and reported by the loader's store.
        static_cast<void>(books_.install(prefetch.keys[i], prefetch.images[i]).ok());
      }
    }
    prefetch = {};
  }
  if (submission->next == 0) {
    const auto waited = std::chrono::steady_clock::now() - submission->queued_at;
    queue_wait_us_.fetch_add(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(waited).count()),
        std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < slice.count; ++i) {
    ++since_evict_;
    if (!decide_next(submission)) return;
  }
  if (submission->next < submission->commands.size()) intake_.push_front(submission);
}

void Sequencer::tend_books() {
  const auto at = std::chrono::steady_clock::now();
  const bool due = since_flush_ >= options_.flush_transactions || at - flushed_at_ >= kFlushInterval;
  if (due && books_.dirty_count() != 0) {
    BooksBatch batch;
    books_.collect(++flush_number_, batch);
    batch.cut = committer_.head();
    batch.recorded_at = last_recorded_at_;
    flusher_.add(std::move(batch));
    since_flush_ = 0;
    flushed_at_ = at;
  }
  books_.evict(flusher_.flushed(), since_evict_ * kSweepPerCommand);
  since_evict_ = 0;
  books_entities_.store(books_.size(), std::memory_order_relaxed);
  books_bytes_.store(books_.bytes(), std::memory_order_relaxed);
}

void Sequencer::run() {
  std::vector<Slice> slices;
  while (true) {
    intake_.take(kTurnCommands, slices);
    if (slices.empty()) {
      const bool done = stopping_ && loader_.waiting() == 0 && intake_.size() == 0;
      tend_books();
      if (done) break;
      intake_.wait(kIdleWait);
      check_clock();
      continue;
    }
    for (Slice& slice : slices) process(slice);
    committer_.flush_turn();
    tend_books();
    check_clock();
  }
  BooksBatch last;
  books_.collect(++flush_number_, last);
  last.cut = committer_.head();
  last.recorded_at = last_recorded_at_;
  flusher_.add(std::move(last));
}

}  // namespace till
