#include "engine/sequencer.h"

#include <algorithm>
#include <cstdlib>

namespace till {
namespace {

constexpr std::chrono::milliseconds kIdleWait{100};
// Dirty entities of a quiet server are handed over after this long.
constexpr std::chrono::milliseconds kFlushInterval{200};
// Entities the sweep looks at for each command decided, so that it keeps up with what commands change; for each entity
// taken in; and in an idle turn.
constexpr std::size_t kSweepPerCommand = 24;
constexpr std::size_t kSweepPerSequenced = 3;
constexpr std::size_t kSweepIdle = 10'000;
// Commands taken from the intake at once.
constexpr std::size_t kTurnCommands = 256;

std::int64_t microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
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
      clock_seen_(clock()),
      steady_seen_(options_.steady_now()),
      flushed_at_(steady_seen_) {
  const std::int64_t most = microseconds(options.clock_jump_most);
  if (last_recorded_at.value() - clock_seen_.value() > most) clock_suspect_ = true;
}

void Sequencer::stop() {
  stopping_ = true;
  intake_.close();
}

void Sequencer::confirm_clock() {
  confirm_clock_.store(true, std::memory_order_release);
  intake_.wake();
}

Micros Sequencer::clock() const {
  if (options_.clock) return options_.clock();
  return Micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// Once a turn, before anything is decided in it. The wall clock must move as the steady one does; after a step beyond
// the bound nothing is recorded until an operator confirms, so that a wrong time never gets into the log.
void Sequencer::check_clock() {
  const Micros now = clock();
  const auto steady = options_.steady_now();
  const std::int64_t most = microseconds(options_.clock_jump_most);
  if (std::llabs(now.value() - clock_seen_.value() - microseconds(steady - steady_seen_)) > most) clock_suspect_ = true;
  if (confirm_clock_.exchange(false)) clock_suspect_ = false;
  clock_seen_ = now;
  steady_seen_ = steady;
  if (!clock_suspect_) last_recorded_at_ = std::max(last_recorded_at_, now);
}

void Sequencer::install(Prefetch& prefetch) {
  // What was read before the newest batch that has left memory may be older than what the books once knew; the command
  // meets it again as missing.
  if (prefetch.flushed >= books_.newest_evicted_batch()) {
    for (std::size_t i = 0; i < prefetch.keys.size(); ++i) {
      const Status installed = books_.install(prefetch.keys[i], prefetch.images[i]);
      if (!installed.ok()) loader_.report_damage(installed.error());
    }
  }
  prefetch.keys.clear();
  prefetch.images.clear();
}

void Sequencer::note_wait(Submission& submission) {
  if (submission.queued_at == std::chrono::steady_clock::time_point{}) return;
  const std::int64_t waited = microseconds(steady_seen_ - submission.queued_at);
  queue_wait_us_.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(waited, 0)), std::memory_order_relaxed);
  queue_waits_.fetch_add(1, std::memory_order_relaxed);
  submission.queued_at = {};
}

void Sequencer::count(OutcomeKind kind) {
  std::atomic<std::uint64_t>& counter = kind == OutcomeKind::kRejected   ? rejections_
                                        : kind == OutcomeKind::kReplayed ? replays_
                                                                         : refusals_;
  counter.fetch_add(1, std::memory_order_relaxed);
}

// Decides the submission's next command. False where it has to wait for entities: the loader has the submission then.
bool Sequencer::decide_next(const SubmissionPtr& submission) {
  const std::size_t index = submission->next;
  Decided decided;
  if (clock_suspect_ || loader_.failed()) {
    decided.outcome.kind = OutcomeKind::kNotReady;
  } else {
    decided = decider_.decide(submission->commands[index], committer_.head(), last_recorded_at_);
  }
  if (decided.kind == Decided::Kind::kMissing) {
    std::vector<std::string>& found = submission->found_needs;
    for (std::string& key : decided.missing) {
      if (std::find(found.begin(), found.end(), key) == found.end()) found.push_back(std::move(key));
    }
    loader_.load(submission);
    return false;
  }
  ++submission->next;
  submission->found_needs.clear();
  ++since_evict_;
  if (decided.kind == Decided::Kind::kAppend) {
    ++since_flush_;
    submission->outcomes[index] = std::move(decided.outcome);
    committer_.add(std::move(decided.record), std::move(decided.transaction), submission);
    return true;
  }
  count(decided.outcome.kind);
  submission->outcomes[index] = std::move(decided.outcome);
  committer_.add_answer(submission);
  return true;
}

// False where the forming group is full: the slice goes on in another step.
bool Sequencer::process(Slice& slice) {
  const SubmissionPtr& submission = slice.submission;
  install(submission->prefetch);
  note_wait(*submission);
  std::size_t decided = 0;
  bool here = true;  // false: the loader has the submission
  while (slice.count > 0 && here && committer_.has_room()) {
    here = decide_next(submission);
    if (!here) break;
    --slice.count;
    ++decided;
  }
  if (decided > 0) intake_.release(submission->tenant(), decided);
  if (!here) return true;
  if (slice.count > 0) return false;
  if (submission->next == submission->commands.size()) return true;
  if (submission->next < submission->prefetch.until) {
    intake_.push_front(submission);
  } else {
    loader_.load(submission);
  }
  return true;
}

bool Sequencer::flush_due() const {
  if (books_.dirty_count() == 0) return false;
  return since_flush_ >= options_.flush_transactions || steady_seen_ - flushed_at_ >= kFlushInterval;
}

void Sequencer::collect() {
  BooksBatch batch;
  books_.collect(++flush_number_, batch);
  batch.cut = committer_.head();
  batch.recorded_at = last_recorded_at_;
  flusher_.add(std::move(batch));
  since_flush_ = 0;
  flushed_at_ = steady_seen_;
}

void Sequencer::tend_books() {
  if (flush_due() && flusher_.has_room()) collect();
  const std::size_t idle = since_evict_ == 0 && books_.over_budget() ? kSweepIdle : 0;
  books_.evict(flusher_.flushed(),
               since_evict_ * kSweepPerCommand + books_.take_installed() * kSweepPerSequenced + idle);
  since_evict_ = 0;
  books_entities_.store(books_.size(), std::memory_order_relaxed);
  books_bytes_.store(books_.bytes(), std::memory_order_relaxed);
}

void Sequencer::finish() {
  if (finished_) return;
  finished_ = true;
  collect();
}

Stage::Step Sequencer::step() {
  check_clock();
  if (flush_due() && !flusher_.has_room()) return Step::kIdle;
  books_.begin_turn();
  if (turn_ == slices_.size()) {
    intake_.take(kTurnCommands, steady_seen_, slices_);
    turn_ = 0;
  }
  if (slices_.empty()) {
    tend_books();
    if (!stopping_ || intake_.size() != 0) return Step::kIdle;
    finish();
    return Step::kDone;
  }
  while (turn_ < slices_.size() && process(slices_[turn_])) slices_[turn_++].submission.reset();
  committer_.flush_turn();
  tend_books();
  if (turn_ < slices_.size()) return Step::kIdle;
  intake_.end_turn(options_.steady_now());
  return Step::kWorked;
}

void Sequencer::wait() {
  intake_.wait(kIdleWait);
}

}  // namespace till
