// Ends what is over: reservations, coupons held for a sale, holds on gift cards, points, store credit, time cards of
// days gone by. Each is an internal command like any other, logged like any other, under an idempotency key made of the
// thing and its moment: a crash, a restart or a second round ends nothing twice.
//
// The moments lie in a bounded index in memory. It is filled from the read cache at the start, and again once a round
// (which also finds what could not be ended then, as where a tenant was suspended), and follows the log meanwhile.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "api/due_index.h"
#include "api/due_rules.h"
#include "api/fingerprint.h"
#include "engine/engine.h"
#include "engine/follower.h"
#include "projections/read_cache/read_cache.h"

namespace till {

struct TimersOptions {
  std::size_t index_most = 200'000;                          // moments in memory
  std::size_t in_flight_most = 64;                           // commands that wait for their outcome
  std::chrono::microseconds round{std::chrono::hours(24)};   // from one filling to the next
  std::chrono::microseconds overlap{std::chrono::hours(2)};  // that the index holds beyond it
  std::chrono::milliseconds pace{50};                        // least time between two looks at the log and the clock
  std::chrono::milliseconds pause{1000};  // after a command that was not decided, or a cache that did not answer
  std::function<Micros()> clock;          // null: the system's
};

class Timers {
 public:
  // All outlive this object; `secret` is the server's, as for the commands of clients.
  Timers(Engine& engine, ReadCache& cache, const ZoneTables& zones, const MasterSecret& secret, TimersOptions options);
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  void start();
  // Commands on their way are still decided. Idempotent.
  void stop();

  // One look at the log and the clock, as the thread makes them; for whoever has not called start().
  void step();

  // Where it follows the log.
  FollowerStatus status() const;
  struct Counts {
    std::uint64_t ended = 0;    // accepted
    std::uint64_t refused = 0;  // had ended before, or the rules said no
    std::uint64_t waiting = 0;  // in the index
  };
  Counts counts() const;

 private:
  // What the commit thread hands over.
  struct Finished {
    Due due;
    Outcome outcome;
  };
  struct Inbox {
    std::mutex mutex;
    std::vector<Finished> finished;
  };

  void run();
  Micros clock_time() const;
  bool fill(Micros now);
  Status follow();
  void collect();
  void settle(Finished&& finished);
  void submit_due(Micros now);
  void submit(Due due);
  void rest(std::string why);

  Engine& engine_;
  ReadCache& cache_;
  const Fingerprinter fingerprinter_;
  const TimersOptions options_;
  const std::shared_ptr<Inbox> inbox_;  // outlives commands on their way
  // Of the thread that steps.
  DueRules rules_;
  DueIndex index_;
  Micros filled_at_;
  bool filled_ = false;
  LogPoint at_;
  std::size_t in_flight_ = 0;
  std::chrono::steady_clock::time_point rests_until_;
  std::vector<TransactionPtr> batch_;
  std::vector<Due> dues_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  FollowerStatus status_{FollowerState::kRetrying, {}, "not started"};
  Counts counts_;
  std::thread thread_;
};

}  // namespace till
