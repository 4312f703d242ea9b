#include "engine/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>

#include "engine/books.h"
#include "engine/books_flusher.h"
#include "engine/books_loader.h"
#include "engine/books_store.h"
#include "engine/commit.h"
#include "engine/crash_note.h"
#include "engine/decider.h"
#include "engine/intake.h"
#include "engine/log.h"
#include "engine/log_feed.h"
#include "engine/recovery.h"
#include "engine/sequencer.h"
#include "schemas/record.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

// Parts in the order in which they depend on one another; taken down in the opposite order by stop().
class RealEngine : public Engine {
 public:
  RealEngine(Log& log, BooksStore& store, const Domain& domain, EngineOptions options, CrashNote crash_note)
      : log_(log),
        store_(store),
        domain_(domain),
        options_(std::move(options)),
        crash_note_(std::move(crash_note)),
        books_(domain, options_.books_bytes),
        decider_(domain, books_, crash_note_, options_.key_lifetime),
        intake_(options_.tenant_queue_commands, options_.slice_commands),
        feed_(log, domain, options_.ring_transactions, options_.ring_bytes) {}
  ~RealEngine() override { RealEngine::stop(); }

  Status start() {
    Result<Recovered> recovered = recover();
    if (!recovered.ok() && store_.damaged()) {
      spdlog::warn("{}; the books are folded anew from the log", recovered.error().message);
      books_.clear();
      if (Status reset = store_.reset(domain_.fold_version()); !reset.ok()) return reset;
      recovered = recover();
    }
    if (!recovered.ok()) return recovered.error();
    recovered_transactions_ = recovered->transactions;
    const auto fail = [this](const Error& error) { on_failure(error); };
    flusher_ = std::make_unique<BooksFlusher>(
        store_, feed_, options_.replay_transactions_most / 2, [this] { intake_.wake(); }, fail);
    loader_ = std::make_unique<BooksLoader>(
        store_, books_, domain_, *flusher_,
        [this](SubmissionPtr submission) { intake_.push_front(std::move(submission)); }, fail);
    committer_ = std::make_unique<Committer>(
        log_, feed_, CommitOptions{options_.group_transactions, options_.group_bytes}, [this] { intake_.wake(); },
        fail);
    sequencer_ = std::make_unique<Sequencer>(options_, decider_, books_, intake_, *committer_, *loader_, *flusher_,
                                             recovered->recorded_at);
    if (!options_.threads) return {};
    thread(EngineStage::kFlusher).emplace("books-flusher", *flusher_);
    thread(EngineStage::kCommit).emplace("commit", *committer_, ThreadShare::kPrompt);
    thread(EngineStage::kLoader).emplace("books-loader", *loader_);
    thread(EngineStage::kSequencer).emplace("sequencer", *sequencer_);
    return {};
  }

  void submit(std::vector<CommandRequest>&& commands, Completion done) override {
    const std::size_t count = commands.size();
    if (count == 0) return done({});
    if (!ready()) return refuse(count, OutcomeKind::kNotReady, done);
    if (disk_reserve_reached_.load(std::memory_order_relaxed)) return refuse(count, OutcomeKind::kDiskReserve, done);
    auto submission = std::make_shared<Submission>();
    submission->commands = std::move(commands);
    submission->outcomes.resize(count);
    submission->done = std::move(done);
    submission->unfinished = count;
    submission->queued_at = options_.steady_now();
    if (!intake_.admit(submission)) return refuse(count, OutcomeKind::kOverloaded, submission->done);
    if (loader_->prefetch(*submission)) {
      intake_.push(std::move(submission));
    } else {
      loader_->load(std::move(submission));
    }
  }

  Result<std::string> answer_at(std::string_view tenant, Position position) override {
    const Result<std::string> stored = log_.read(position);
    if (!stored.ok()) return stored.error();
    schema::Record record;
    const std::string_view bytes =
        std::string_view(stored.value()).substr(std::min(stored.value().size(), kStoredPrefix));
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Error{ErrorKind::kCorrupt, "log: record " + std::to_string(position.value()) + " does not parse"};
    }
    if (record.tenant() != tenant) return Error{ErrorKind::kNotFound, "another tenant's transaction"};
    return record.answer();
  }

  Feed& feed() override { return feed_; }

  Status scan(EntityKind kind, const std::function<void(std::string_view tenant, std::string_view id,
                                                        const google::protobuf::Message& state)>& visit) override {
    Status trouble;
    Status scanned = store_.scan(kind, [&](std::string_view key, std::string_view image_bytes) {
      const BooksKeyParts parts = split_books_key(key);
      schema::Image image;
      const std::unique_ptr<google::protobuf::Message> state = domain_.new_state(kind);
      if (!state || !image.ParseFromArray(image_bytes.data(), static_cast<int>(image_bytes.size())) ||
          !state->ParseFromString(image.state())) {
        trouble = Error{ErrorKind::kCorrupt, "books: an image does not parse"};
        return;
      }
      visit(parts.tenant, parts.id, *state);
    });
    return scanned.ok() ? trouble : scanned;
  }

  EngineStats stats() const override {
    EngineStats stats;
    stats.groups = committer_->groups();
    stats.transactions = committer_->transactions();
    stats.rejections = sequencer_->rejections();
    stats.replays = sequencer_->replays();
    stats.refusals = sequencer_->refusals();
    stats.queue_waits = sequencer_->queue_waits();
    stats.bytes = committer_->bytes();
    stats.sync_us_total = committer_->sync_us_total();
    stats.sync_us_last = committer_->sync_us_last();
    stats.group_last = committer_->group_last();
    stats.queued_commands = intake_.size();
    stats.queue_wait_us_total = sequencer_->queue_wait_us_total();
    stats.books_entities = sequencer_->books_entities();
    stats.books_bytes = sequencer_->books_bytes();
    stats.books_loads = loader_->loads();
    stats.recovered_transactions = recovered_transactions_;
    return stats;
  }

  bool ready() const override { return !failed_ && !stopping_ && !sequencer_->clock_suspect(); }
  void set_disk_reserve_reached(bool reached) override { disk_reserve_reached_ = reached; }
  void confirm_clock() override { sequencer_->confirm_clock(); }

  Stage& stage(EngineStage which) override {
    switch (which) {
      case EngineStage::kLoader:
        return *loader_;
      case EngineStage::kSequencer:
        return *sequencer_;
      case EngineStage::kCommit:
        return *committer_;
      case EngineStage::kFlusher:
        return *flusher_;
    }
    TILL_ASSERT(false);
  }

  // Each part ends when those before it have nothing more for it.
  void stop() override {
    if (stopping_.exchange(true) || !sequencer_) return;
    sequencer_->stop();
    finish(EngineStage::kSequencer, *sequencer_);
    loader_->stop();
    finish(EngineStage::kLoader, *loader_);
    committer_->stop();
    finish(EngineStage::kCommit, *committer_);
    flusher_->stop(!failed_);
    finish(EngineStage::kFlusher, *flusher_);
  }

 private:
  Result<Recovered> recover() {
    return recover_books(log_, domain_, options_.flush_transactions, store_, books_, options_.on_recovery);
  }

  std::optional<StageThread>& thread(EngineStage stage) { return threads_[static_cast<std::size_t>(stage)]; }

  // Without threads the parts that a stopping one waits for are stepped with it.
  void finish(EngineStage which, Stage& stage) {
    if (thread(which)) return thread(which)->join();
    while (stage.step() != Stage::Step::kDone) {
      loader_->step();
      committer_->step();
      flusher_->step();
    }
  }

  static void refuse(std::size_t count, OutcomeKind kind, const Completion& done) {
    std::vector<Outcome> outcomes(count);
    for (Outcome& outcome : outcomes) outcome.kind = kind;
    done(std::move(outcomes));
  }

  void on_failure(const Error& error) {
    if (failed_.exchange(true)) return;
    flusher_->abandon();
    if (options_.on_failure) options_.on_failure(error);
  }

  Log& log_;
  BooksStore& store_;
  const Domain& domain_;
  const EngineOptions options_;
  const CrashNote crash_note_;
  Books books_;
  Decider decider_;
  Intake intake_;
  LogFeed feed_;
  std::unique_ptr<BooksFlusher> flusher_;
  std::unique_ptr<BooksLoader> loader_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Sequencer> sequencer_;
  std::array<std::optional<StageThread>, kEngineStages> threads_;
  std::uint64_t recovered_transactions_ = 0;
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> disk_reserve_reached_{false};
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(Log& log, BooksStore& store, const Domain& domain, EngineOptions options) {
  Result<CrashNote> crash_note = CrashNote::open(options.crash_note_path);
  if (!crash_note.ok()) return crash_note.error();
  auto engine = std::make_unique<RealEngine>(log, store, domain, std::move(options), std::move(*crash_note));
  if (Status started = engine->start(); !started.ok()) return started.error();
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace till
