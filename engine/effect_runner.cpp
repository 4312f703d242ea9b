#include "engine/effect_runner.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/named_thread.h"

namespace till {
namespace {

// Threads look this often whether they shall stop.
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

EffectRunner::EffectRunner(Effect& effect, EffectDesk& desk, EffectSource& source, EffectLog& log, Clock clock,
                           EffectRunnerOptions options)
    : effect_(effect),
      desk_(desk),
      source_(source),
      log_(log),
      clock_(std::move(clock)),
      options_(std::move(options)),
      lanes_(options_.threads) {}

EffectRunner::~EffectRunner() {
  stop();
}

void EffectRunner::start() {
  status_.running = true;
  floor_ = std::max(Position(options_.begin.value() - 1), finished_up_to(desk_.progress(effect_.name())));
  const std::string name(effect_.name());
  threads_.push_back(named_thread("fetch " + name, [this] { fetch_loop(); }));
  threads_.push_back(named_thread("keep " + name, [this] { keep_loop(); }));
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.push_back(named_thread(name, [this] { work_loop(); }));
  }
}

void EffectRunner::begin_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    status_.running = false;
  }
  changed_.notify_all();
  work_.notify_all();
}

void EffectRunner::stop() {
  begin_stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return unsynced_ == 0; });
  }
  // What waited for a thread is nobody's any more.
  queue_.clear();
  for (const EventRef& event : std::exchange(events_, {})) desk_.release(effect_.name(), event);
  for (const DeliveryRef& delivery : std::exchange(parked_, {})) desk_.put_back(effect_.name(), delivery);
}

EffectStatus EffectRunner::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void EffectRunner::report(const Status& status) {
  const std::lock_guard lock(mutex_);
  status_.error = status.ok() ? std::string() : status.error().message;
}

bool EffectRunner::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopping_.load(); });
}

void EffectRunner::fetch_loop() {
  std::chrono::milliseconds wait = options_.retry_first;
  while (!stopping_) {
    const Status status = fetch_some();
    report(status);
    if (status.ok()) {
      wait = options_.retry_first;
      continue;
    }
    if (!pause(wait)) return;
    wait = std::min(wait * 2, options_.retry_most);
  }
}

Status EffectRunner::fetch_some() {
  const bool paused = desk_.progress(effect_.name()).paused();
  {
    const std::lock_guard lock(mutex_);
    status_.paused = paused;
  }
  if (paused) {
    static_cast<void>(pause(options_.fetch_wait));
    return {};
  }
  if (std::chrono::steady_clock::now() >= floor_due_) {
    floor_due_ = std::chrono::steady_clock::now() + options_.floor_every;
    if (Status covered = cover_what_is_finished(); !covered.ok()) return covered;
  }
  const Result<bool> more = take_parked();
  if (!more.ok()) return more.error();
  std::vector<EffectSource::Arrival> arrivals;
  const std::chrono::milliseconds wait = more.value() ? kLook : options_.fetch_wait;
  if (Status fetched = source_.fetch(options_.fetch_most, wait, arrivals); !fetched.ok()) return fetched;
  std::size_t open = 0;
  return take_arrivals(arrivals, open);
}

// On a thread of its own: what waits for the others is held as well.
void EffectRunner::keep_loop() {
  while (pause(options_.keep_every)) keep_what_is_held();
}

void EffectRunner::keep_what_is_held() {
  EffectHeld held;
  {
    const std::lock_guard lock(mutex_);
    held.events.assign(events_.begin(), events_.end());
    held.parked.assign(parked_.begin(), parked_.end());
    for (const std::uint64_t token : tokens_) source_.keep(token);
  }
  if (!held.events.empty() || !held.parked.empty()) desk_.renew(effect_.name(), held, options_.worker, clock_());
}

Status EffectRunner::cover_what_is_finished() {
  const Result<EffectSource::Extent> extent = source_.extent();
  if (!extent.ok()) return extent.error();
  if (extent->first && *extent->first > floor_.next()) {
    if (Status filled = fill(Position(extent->first->value() - 1)); !filled.ok()) return filled;
    // What lies before the source's first event is not all finished yet.
    if (*extent->first > floor_.next()) return {};
  }
  if (!extent->acknowledged) return {};
  Position finished(extent->acknowledged->position.value() - 1);
  if (finished == floor_) {
    // At the end of what there is: whether other events of its transaction are open, the log tells.
    std::vector<EffectMessage> last;
    Position reached;
    if (Status read = log_.read(finished, finished.next(), last, reached); !read.ok()) return read;
    if (!last.empty() && last.back().event == *extent->acknowledged) finished = reached;
  }
  if (finished <= floor_) return {};
  const Position from = floor_.next();
  floor_ = finished;
  return desk_.cover(effect_.name(), from, floor_);
}

// Events that the source has lost before they were finished come from the log. A look takes some of them; the floor
// passes them once all are finished.
Status EffectRunner::fill(Position last) {
  std::vector<EffectMessage> messages;
  Position reached = floor_;
  if (Status read = log_.read(floor_, last, messages, reached); !read.ok()) return read;
  std::vector<EffectSource::Arrival> lost;
  for (EffectMessage& message : messages) lost.push_back({std::move(message), 0});
  std::size_t open = 0;
  if (Status taken = take_arrivals(lost, open); !taken.ok()) return taken;
  floor_due_ = {};
  if (open > 0 || reached == floor_) return {};
  const Position from = floor_.next();
  floor_ = reached;
  return desk_.cover(effect_.name(), from, floor_);
}

// `open`: how many of them are not finished.
Status EffectRunner::take_arrivals(std::vector<EffectSource::Arrival>& arrivals, std::size_t& open) {
  std::vector<EventRef> events;
  std::vector<std::string> keys;
  std::vector<EffectSource::Arrival*> wanted;
  std::uint64_t passed = 0;
  for (EffectSource::Arrival& arrival : arrivals) {
    if (!effect_.wants(arrival.message.event_name)) {
      acknowledge(arrival.token);
      ++passed;
      continue;
    }
    events.push_back(arrival.message.event);
    keys.push_back(effect_.order_key(arrival.message));
    wanted.push_back(&arrival);
  }
  open = wanted.size();
  std::vector<EffectClaim> claims;
  if (!events.empty()) {
    if (Status claimed = desk_.claim(effect_.name(), events, keys, options_.worker, clock_(), claims); !claimed.ok()) {
      return claimed;
    }
  }
  {
    // Held from now on, also while they wait to be queued.
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (claims[i] == EffectClaim::kRun) events_.insert(events[i]);
      if (claims[i] == EffectClaim::kRun && wanted[i]->token != 0) tokens_.insert(wanted[i]->token);
    }
  }
  for (std::size_t i = 0; i < claims.size(); ++i) {
    EffectSource::Arrival& arrival = *wanted[i];
    switch (claims[i]) {
      case EffectClaim::kFinished:
        acknowledge(arrival.token);
        ++passed;
        --open;
        break;
      case EffectClaim::kTaken:
        if (arrival.token != 0) source_.give_up(arrival.token);
        break;
      case EffectClaim::kBehind:
        desk_.hold(effect_.name(), arrival.message.event, label_of(arrival.message, keys[i]), clock_(),
                   once_durable(arrival.token, arrival.message.event));
        break;
      case EffectClaim::kRun:
        push({std::move(arrival), std::move(keys[i]), {}, false});
        break;
    }
  }
  const std::lock_guard lock(mutex_);
  status_.passed += passed;
  return {};
}

// What was redriven goes to its receiver one after the other, in the order of the log.
Result<bool> EffectRunner::take_parked() {
  std::vector<std::string> without = lanes_.full();
  {
    const std::lock_guard lock(mutex_);
    without.insert(without.end(), redriving_.begin(), redriving_.end());
  }
  Result<std::vector<ParkedRow>> due =
      desk_.take_due(effect_.name(), options_.fetch_most, without, options_.worker, clock_());
  if (!due.ok()) return due.error();
  const bool more = due->size() >= options_.fetch_most;
  {
    const std::lock_guard lock(mutex_);
    for (const ParkedRow& row : *due) parked_.insert(row.delivery);
  }
  std::map<std::string, std::vector<ParkedRow>> redriven;
  for (ParkedRow& row : *due) {
    if (row.parked.redriven() > 0 && row.parked.attempts() == 0) {
      redriven[row.delivery.target].push_back(std::move(row));
      continue;
    }
    Work work;
    work.parked.push_back(std::move(row));
    push(std::move(work));
  }
  for (auto& [target, rows] : redriven) {
    std::ranges::sort(rows, {}, &ParkedRow::delivery);
    {
      const std::lock_guard lock(mutex_);
      redriving_.insert(target);
    }
    Work work;
    work.parked = std::move(rows);
    work.redriven = true;
    push(std::move(work));
  }
  return more;
}

// Waits while the threads have enough to do.
void EffectRunner::push(Work work) {
  std::unique_lock lock(mutex_);
  while (queue_.size() >= options_.queue_most && !stopping_) changed_.wait_for(lock, kLook);
  queue_.push_back(std::move(work));
  lock.unlock();
  work_.notify_one();
}

void EffectRunner::work_loop() {
  for (;;) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Work work = std::move(queue_.front());
    queue_.pop_front();
    const bool room_again = queue_.size() + 1 == options_.queue_most;
    lock.unlock();
    if (room_again) changed_.notify_all();
    if (work.arrival) {
      run(*work.arrival, work.order_key);
    } else {
      for (const ParkedRow& row : work.parked) {
        if (!stopping_) run(row);
      }
      const std::lock_guard done(mutex_);
      if (work.redriven) redriving_.erase(work.parked.front().delivery.target);
    }
  }
}

// What the log itself has given is acknowledged to nobody.
void EffectRunner::acknowledge(std::uint64_t token) {
  if (token != 0) source_.acknowledge(token);
}

EffectDesk::Callback EffectRunner::once_durable(std::function<void(bool)> done) {
  const std::lock_guard lock(mutex_);
  ++unsynced_;
  return [this, done = std::move(done)](const Status& status) {
    done(status.ok());
    const std::lock_guard synced(mutex_);
    if (!status.ok()) status_.delivery_error = status.error().message;
    --unsynced_;
    if (stopping_ && unsynced_ == 0) changed_.notify_all();
  };
}

EffectDesk::Callback EffectRunner::once_durable(std::uint64_t token, const EventRef& event) {
  return once_durable([this, token, event](bool durable) {
    if (durable) acknowledge(token);
    const std::lock_guard lock(mutex_);
    tokens_.erase(token);
    events_.erase(event);
  });
}

EffectDesk::Callback EffectRunner::once_durable(const DeliveryRef& parked) {
  return once_durable([this, parked](bool) {
    const std::lock_guard lock(mutex_);
    parked_.erase(parked);
  });
}

}  // namespace till
