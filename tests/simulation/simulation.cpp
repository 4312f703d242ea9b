#include "tests/simulation/simulation.h"

#include "engine/stage.h"
#include "tests/memory_books.h"
#include "tests/simulation/books_check.h"

namespace till::simulation {
namespace {

constexpr std::size_t kActions = 2500;
constexpr std::size_t kCrashOnceIn = 350;
constexpr std::size_t kDiskTroubleOnceIn = 400;
constexpr std::size_t kViews = 2;
constexpr std::size_t kViewBatchMost = 40;
constexpr std::size_t kSettleSteps = 200'000;
constexpr std::int64_t kStepUs = 700;
constexpr std::size_t kSlowOnceIn = 12;

EngineOptions engine_options(Dice& dice) {
  EngineOptions options;
  options.threads = false;
  options.slice_commands = 1 + dice.below(8);
  options.group_transactions = 1 + dice.below(20);
  options.ring_transactions = 4 + dice.below(60);
  options.books_bytes = dice.once_in(2) ? 4 * 1024 : 4u << 20;
  options.flush_transactions = 1 + dice.below(30);
  options.replay_transactions_most = 20 + dice.below(200);
  return options;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, const Faults& faults)
    : dice_(seed),
      files_(troubles_),
      domain_(testing::test_zones()),
      store_(troubles_),
      view_at_(kViews),
      view_knows_(kViews),
      fleet_(dice_),
      now_us_(testing::kTestStartUs) {
  log_id_[0] = static_cast<std::uint8_t>(seed);
  for (std::size_t i = 0; i < kViews; ++i) {
    views_.push_back(std::make_unique<SimulatedView>(dice_, faults.checkpoint_first));
  }
  troubles_.lies = faults.disk_lies;
}

void Simulation::fault(std::string what) {
  result_.faults.push_back(std::move(what));
}

bool Simulation::open() {
  troubles_.off = false;
  troubles_.full = false;
  troubles_.fails_sync = false;
  engine_failed_ = false;
  if (files_.frames.bytes().empty()) {
    log_ = SimulatedLog::create(files_, log_id_);
  } else {
    Result<std::unique_ptr<SimulatedLog>> log = SimulatedLog::open(files_, log_id_);
    if (!log.ok()) {
      fault("the log is refused: " + log.error().message);
      return false;
    }
    log_ = std::move(*log);
  }
  EngineOptions options = engine_options(dice_);
  options.clock = [this] { return Micros(now_us_); };
  options.steady_clock = [this] { return std::chrono::steady_clock::time_point(std::chrono::microseconds(now_us_)); };
  options.on_failure = [this](const Error&) { engine_failed_ = true; };
  Result<std::unique_ptr<Engine>> engine = Engine::open(*log_, store_, domain_, std::move(options));
  if (!engine.ok()) {
    fault("the engine does not open: " + engine.error().message);
    return false;
  }
  engine_ = std::move(*engine);
  slow_stage_ = dice_.below(kEngineStages + 1);
  view_knows_.assign(kViews, false);
  return true;
}

void Simulation::step_stage() {
  const std::size_t stage = dice_.below(kEngineStages);
  if (stage == slow_stage_ && !dice_.once_in(kSlowOnceIn)) return;
  static_cast<void>(engine_->stage(static_cast<EngineStage>(stage)).step());
}

void Simulation::step_view(SimulatedView& view, LogPoint& at, bool& knows) {
  if (!knows) {
    at = view.checkpoint().value();
    knows = true;
  }
  std::vector<TransactionPtr> batch;
  if (Status read = engine_->feed().read(at.position, 1 + dice_.below(kViewBatchMost), 1u << 20, batch); !read.ok()) {
    return fault("a follower cannot read the log: " + read.error().message);
  }
  if (batch.empty()) return;
  const Status applied = view.apply(batch);
  if (applied.ok()) {
    at = batch.back()->point();
  } else if (applied.error().kind == ErrorKind::kUnavailable) {
    knows = false;
  } else {
    fault("a view stopped: " + applied.error().message);
  }
}

void Simulation::disturb_disk() {
  if (dice_.once_in(2)) {
    troubles_.fails_sync = true;
  } else {
    troubles_.full = true;
  }
}

void Simulation::act() {
  now_us_ += dice_.between(0, kStepUs);
  const std::size_t face = dice_.below(10);
  if (face < 3) return fleet_.act(*engine_, *log_);
  if (face < 9) return step_stage();
  const std::size_t view = dice_.below(kViews);
  bool knows = view_knows_[view];
  step_view(*views_[view], view_at_[view], knows);
  view_knows_[view] = knows;
}

void Simulation::crash(CrashKind kind) {
  ++result_.crashes;
  troubles_.off = true;
  fleet_.crash();
  engine_.reset();
  log_.reset();
  if (kind == CrashKind::kPower) files_.frames.cut_power(dice_);
  store_.crash(dice_);
  for (const auto& view : views_) view->crash();
}

void Simulation::judge() {
  for (std::string& found : auditor_.audit(*log_, fleet_.journal())) fault(std::move(found));
}

// Lets everything come to rest.
void Simulation::settle() {
  for (std::size_t step = 0; step < kSettleSteps; ++step) {
    now_us_ += kStepUs;
    step_stage();
    bool rests = fleet_.in_flight() == 0;
    for (std::size_t i = 0; i < kViews; ++i) {
      bool knows = view_knows_[i];
      step_view(*views_[i], view_at_[i], knows);
      view_knows_[i] = knows;
      rests = rests && knows && view_at_[i].position == log_->head().position;
    }
    if (rests) return;
  }
  fault("the simulation does not come to rest");
}

void Simulation::compare_books() {
  if (std::string differs = books_differ(*log_, domain_, store_); !differs.empty()) fault(std::move(differs));
}

void Simulation::compare_views() {
  for (std::size_t i = 0; i < kViews; ++i) {
    if (views_[i]->sums() != auditor_.sums()) fault("view " + std::to_string(i) + " differs from the log");
  }
}

RunResult Simulation::run() {
  if (!open()) return result_;
  for (schema::Command& command : fleet_.setup()) {
    fleet_.send(*engine_, *log_, std::move(command));
    while (fleet_.in_flight() > 0) step_stage();
  }
  for (std::size_t action = 0; action < kActions && result_.faults.empty(); ++action) {
    act();
    if (dice_.once_in(kDiskTroubleOnceIn)) disturb_disk();
    const bool crashes = engine_failed_ || dice_.once_in(kCrashOnceIn);
    if (!crashes) continue;
    crash(dice_.once_in(2) ? CrashKind::kPower : CrashKind::kProcess);
    if (!open()) return result_;
    judge();
  }
  if (!result_.faults.empty()) return result_;
  troubles_.fails_sync = troubles_.full = false;
  if (engine_failed_) {
    crash(CrashKind::kProcess);
    if (!open()) return result_;
  }
  settle();
  judge();
  compare_views();
  engine_->stop();
  compare_books();
  result_.transactions = log_->head().position.value();
  for (const Entry& entry : fleet_.journal()) result_.answers += entry.told.size();
  return result_;
}

}  // namespace till::simulation
