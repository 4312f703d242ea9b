// Runs one effect: takes events off a source, has them claimed by the ledger, delivers them on its own threads and
// tells the source what is taken care of.
//
// An event is acknowledged once the ledger has it durably: done, or parked for a later attempt. So none is lost, and
// what is done twice was done by a process that died between doing and recording.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "engine/effect.h"
#include "engine/effect_desk.h"
#include "engine/effect_journal.h"
#include "engine/effect_lanes.h"
#include "engine/result.h"

namespace till {

// Where events come from, each at least once and again until it is acknowledged.
class EffectSource {
 public:
  virtual ~EffectSource() = default;

  struct Arrival {
    EffectMessage message;
    std::uint64_t token = 0;  // names this arrival, from 1
  };

  // Called by one thread. At most `most` arrivals; none after `wait`. kUnavailable is tried again.
  virtual Status fetch(std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out) = 0;
  // The source forgets the event. Thread safe.
  virtual void acknowledge(std::uint64_t token) = 0;
  // It is still in hand: the source does not deliver it again soon. Thread safe.
  virtual void keep(std::uint64_t token) = 0;
  // It could not be taken care of: the source delivers it again after a while. Thread safe.
  virtual void give_up(std::uint64_t token) = 0;
  // What the source knows of itself; nothing where it does not.
  struct Extent {
    std::optional<EventRef> acknowledged;  // all events up to here
    std::optional<Position> first;         // it has all events from here on; older ones are gone
  };
  // The thread of fetch().
  virtual Result<Extent> extent() = 0;
};

// The log, for what was parked and for what the source has lost. Thread safe.
class EffectLog {
 public:
  virtual ~EffectLog() = default;
  // kNotFound where the log has no such event.
  virtual Result<EffectMessage> find(const EventRef& event) = 0;
  // Whole transactions after `after` and up to `last`, in order; `reached` is the position of the last one that was
  // read, also where it had no events.
  virtual Status read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) = 0;
};

struct EffectRunnerOptions {
  Position begin{1};             // from where on the effect acts
  std::string worker = "serve";  // as the desk knows it
  std::size_t threads = 4;
  std::size_t fetch_most = 256;
  std::size_t queue_most = 512;  // arrivals that wait for a thread
  std::chrono::milliseconds fetch_wait{500};
  std::chrono::milliseconds keep_every{10'000};  // below half of the lease and of the source's patience
  std::chrono::milliseconds floor_every{1000};
  std::chrono::milliseconds retry_first{100};  // of the source and the desk
  std::chrono::milliseconds retry_most{5000};
  double time_scale = 1;             // of the effect's waits; below 1 they are shorter
  EffectJournal* journal = nullptr;  // of attempts for named targets; null: none. Outlives the runner
};

struct EffectStatus {
  bool running = false;
  bool paused = false;
  std::string error;           // of the source or the desk, empty where all is well
  std::string delivery_error;  // of the last event whose receivers could not be told, empty where that went well since
  std::uint64_t done = 0;
  std::uint64_t failed = 0;  // attempts
  std::uint64_t dead = 0;
  std::uint64_t erased = 0;     // of the done ones, for a person that is erased
  std::uint64_t postponed = 0;  // times that a delivery was put off
  std::uint64_t passed = 0;     // events that nobody wanted or that were known as finished
};

// All that is given outlives the runner. start() and stop() belong to one thread, status() is thread safe.
class EffectRunner {
 public:
  using Clock = std::function<Micros()>;

  EffectRunner(Effect& effect, EffectDesk& desk, EffectSource& source, EffectLog& log, Clock clock,
               EffectRunnerOptions options);
  ~EffectRunner();
  EffectRunner(const EffectRunner&) = delete;
  EffectRunner& operator=(const EffectRunner&) = delete;

  void start();
  // Tells the threads to end, and returns at once; stop() has to follow.
  void begin_stop();
  // Finishes what is being delivered; what waits is given up and comes again.
  void stop();
  EffectStatus status() const;

 private:
  // For a thread: an arrival, or deliveries that were parked, to be made one after the other.
  struct Work {
    std::optional<EffectSource::Arrival> arrival;
    std::string order_key;  // of the arrival
    std::vector<ParkedRow> parked;
    bool redriven = false;  // of all that are parked here
  };

  void fetch_loop();
  void keep_loop();
  Status fetch_some();
  Status take_arrivals(std::vector<EffectSource::Arrival>& arrivals, std::size_t& open);
  void acknowledge(std::uint64_t token);
  // Whether there may be more that is due.
  Result<bool> take_parked();
  void keep_what_is_held();
  Status cover_what_is_finished();
  Status fill(Position last);
  void work_loop();
  void run(const EffectSource::Arrival& arrival, const std::string& order_key);
  void run(const ParkedRow& row);
  // Without a trace in the ledger where nobody wants an event of the source.
  void pass(const EffectSource::Arrival& arrival);
  void let_go(const EffectSource::Arrival& arrival, const Error& error);
  DeliveryOutcome attempt(const EffectMessage& message, const std::string& target, std::uint32_t attempts_before);
  void count(const DeliveryAttempt& made, const DeliveryOutcome& outcome);
  void write_down(const EffectMessage& message, const DeliveryAttempt& made, const DeliveryOutcome& outcome,
                  std::uint32_t attempt, std::chrono::milliseconds took);
  // Acknowledges what is named, and holds it no longer.
  EffectDesk::Callback once_durable(std::uint64_t token, const EventRef& event);
  EffectDesk::Callback once_durable(const DeliveryRef& parked);
  EffectDesk::Callback once_durable(std::function<void(bool)> done);
  void push(Work work);
  void report(const Status& status);
  bool pause(std::chrono::milliseconds duration);

  Effect& effect_;
  EffectDesk& desk_;
  EffectSource& source_;
  EffectLog& log_;
  const Clock clock_;
  const EffectRunnerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // it stops, the queue has room again, or nothing is owed any more
  std::condition_variable work_;     // the queue has something
  std::deque<Work> queue_;
  std::unordered_set<std::uint64_t> tokens_;  // in hand, as are the next two
  std::set<EventRef> events_;
  std::set<DeliveryRef> parked_;
  std::unordered_set<std::string> redriving_;  // targets whose redriven deliveries are in hand
  EffectLanes lanes_;
  std::size_t unsynced_ = 0;  // callbacks that the desk owes
  EffectStatus status_;
  std::atomic<bool> stopping_{false};
  std::chrono::steady_clock::time_point floor_due_;
  Position floor_;
  std::vector<std::thread> threads_;
};

}  // namespace till
