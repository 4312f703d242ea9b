#include "api/timers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/named_thread.h"
#include "schemas/errors.pb.h"

namespace till {
namespace {

// Of the log, at once.
constexpr std::size_t kTimerBatchTransactions = 2048;
constexpr std::size_t kTimerBatchBytes = 4u << 20;
constexpr std::string_view kTimerActor = "timer";

// Nothing was decided: the same command is sent again.
bool is_undecided_outcome(OutcomeKind kind) {
  return kind == OutcomeKind::kOverloaded || kind == OutcomeKind::kNotReady || kind == OutcomeKind::kDiskReserve ||
         kind == OutcomeKind::kOutcomeUnknown;
}

}  // namespace

Timers::Timers(Engine& engine, ReadCache& cache, const ZoneTables& zones, const MasterSecret& secret,
               TimersOptions options)
    : engine_(engine),
      cache_(cache),
      fingerprinter_(secret),
      options_(std::move(options)),
      inbox_(std::make_shared<Inbox>()),
      rules_(zones),
      index_(options_.index_most) {}

Timers::~Timers() {
  stop();
}

void Timers::start() {
  if (thread_.joinable()) return;
  thread_ = named_thread(
      "timers", [this] { run(); }, ThreadShare::kSmall);
}

void Timers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Timers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    step();
    lock.lock();
    wake_.wait_for(lock, options_.pace, [this] { return stopping_; });
  }
}

Micros Timers::clock_time() const {
  if (options_.clock) return options_.clock();
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Micros(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

void Timers::step() {
  collect();
  if (std::chrono::steady_clock::now() < rests_until_) return;
  const Micros now = clock_time();
  const bool round_over = filled_ && now.value() >= filled_at_.value() + options_.round.count();
  const bool runs_dry = filled_ && now >= index_.horizon() && index_.size() == 0 && in_flight_ == 0;
  if ((!filled_ || round_over || runs_dry) && !fill(now)) return;
  if (Status followed = follow(); !followed.ok()) return rest(followed.error().message);
  submit_due(now);
  const std::lock_guard lock(mutex_);
  status_ = {FollowerState::kRunning, at_, {}};
  counts_.waiting = index_.size();
}

// What the log tells before the cache's point is in the cache; what it told after that is read again from there.
bool Timers::fill(Micros now) {
  const std::int64_t horizon = now.value() + options_.round.count() + options_.overlap.count();
  index_.open(Micros(horizon));
  const auto at = cache_.scan(DueRules::kinds(), [this](std::string_view tenant, EntityKind kind, std::string_view id,
                                                        const google::protobuf::Message& state) {
    dues_.clear();
    rules_.read_state(tenant, kind, id, state, dues_);
    for (Due& due : dues_) index_.add(std::move(due));
  });
  if (!at.ok()) {
    rest(at.error().message);
    return false;
  }
  if (!filled_ || at.value().position < at_.position) at_ = at.value();
  filled_ = true;
  filled_at_ = now;
  return true;
}

Status Timers::follow() {
  while (true) {
    if (Status read = engine_.feed().read(at_.position, kTimerBatchTransactions, kTimerBatchBytes, batch_);
        !read.ok()) {
      return read;
    }
    if (batch_.empty()) return {};
    for (const TransactionPtr& transaction : batch_) {
      const schema::Record& record = transaction->record();
      for (int i = 0; i < transaction->event_count(); ++i) {
        if (!DueRules::concerns(record.events(i).type())) continue;
        dues_.clear();
        rules_.read_event(record.tenant(), static_cast<const schema::Event&>(transaction->event(i)), dues_);
        for (Due& due : dues_) index_.add(std::move(due));
      }
    }
    at_ = batch_.back()->point();
    const std::lock_guard lock(mutex_);
    if (stopping_) return {};
  }
}

void Timers::submit_due(Micros now) {
  while (in_flight_ < options_.in_flight_most) {
    std::optional<Due> due = index_.take(now);
    if (!due) return;
    submit(*std::move(due));
  }
}

void Timers::submit(Due due) {
  std::unique_ptr<schema::Command> command = rules_.command_for(due);
  if (!command) return;
  CommandRequest request;
  request.tenant = due.tenant;
  request.key = DueRules::key_of(due);
  request.fingerprint = Fingerprinter::of(fingerprinter_.key_for(due.tenant), command_body(*command));
  request.body = std::move(command);
  request.actor = kTimerActor;
  std::vector<CommandRequest> commands;
  commands.push_back(std::move(request));
  ++in_flight_;
  engine_.submit(std::move(commands), [inbox = inbox_, due = std::move(due)](std::vector<Outcome>&& outcomes) {
    const std::lock_guard lock(inbox->mutex);
    inbox->finished.push_back({due, std::move(outcomes.front())});
  });
}

void Timers::collect() {
  std::vector<Finished> finished;
  {
    const std::lock_guard lock(inbox_->mutex);
    finished.swap(inbox_->finished);
  }
  in_flight_ -= finished.size();
  for (Finished& one : finished) settle(std::move(one));
}

void Timers::settle(Finished&& finished) {
  const Outcome& outcome = finished.outcome;
  // A clock that was set back: the rules' time comes later than this one's.
  const bool too_early = outcome.kind == OutcomeKind::kRejected &&
                         outcome.rejection.code == schema::ErrorCode_Name(schema::RESERVATION_NOT_DUE);
  if (is_undecided_outcome(outcome.kind) || too_early) {
    index_.add(std::move(finished.due));
    return rest("a command of a timer was not decided");
  }
  const bool ended = outcome.kind == OutcomeKind::kAccepted || outcome.kind == OutcomeKind::kReplayed;
  if (!ended) {
    const Due& due = finished.due;
    spdlog::debug("timer of {} {} {}: {}", due.tenant, due.id, due.at.value(), outcome.rejection.code);
  }
  const std::lock_guard lock(mutex_);
  ++(ended ? counts_.ended : counts_.refused);
}

void Timers::rest(std::string why) {
  rests_until_ = std::chrono::steady_clock::now() + options_.pause;
  const std::lock_guard lock(mutex_);
  status_ = {FollowerState::kRetrying, at_, std::move(why)};
}

FollowerStatus Timers::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Timers::Counts Timers::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace till
