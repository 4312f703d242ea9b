// Reads that wait until a view has reached a position, without a thread each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "api/queries.h"
#include "engine/vocabulary.h"

namespace till {

// One thread looks after all waiting reads. Thread safe.
class AtLeastWaits {
 public:
  // Told whether the view reached the position in time; runs on the waiting thread, or on the caller's where the view
  // is there already.
  using Continuation = std::function<void(bool reached)>;

  // `queries` outlives this object.
  explicit AtLeastWaits(Queries& queries);
  ~AtLeastWaits();
  AtLeastWaits(const AtLeastWaits&) = delete;
  AtLeastWaits& operator=(const AtLeastWaits&) = delete;

  // False, with nothing called, where kMostWaiting reads wait already or stop() was called. A timeout of 0 only looks.
  bool wait(QueryView view, Position target, std::chrono::milliseconds timeout, Continuation&& go_on);
  // Those that still wait are told false. Idempotent.
  void stop();

  static constexpr std::size_t kMostWaiting = 10'000;

 private:
  struct Waiting {
    std::chrono::steady_clock::time_point deadline;
    Continuation go_on;
  };
  // By position within a view: where one is not reached, those after it are not either.
  using ByPosition = std::multimap<Position, Waiting>;
  using Done = std::vector<std::pair<Continuation, bool>>;

  void run();
  std::size_t count() const;
  // Take reads out: those whose position is reached, those out of time, all.
  void take_reached(QueryView view, ByPosition& waiting, Done& done);
  static void take_overdue(ByPosition& waiting, std::chrono::steady_clock::time_point now, Done& done);

  Queries& queries_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<QueryView, ByPosition> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace till
