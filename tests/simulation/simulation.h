// The engine with its books, a log on a simulated disk, followers and a fleet of clients, in one thread on a simulated
// clock: one run for one seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands/retail_domain.h"
#include "engine/engine.h"
#include "tests/simulation/auditor.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/fleet.h"
#include "tests/simulation/simulated_log.h"
#include "tests/simulation/simulated_store.h"
#include "tests/simulation/simulated_view.h"

namespace till::simulation {

// Faults of the parts that the simulation brings along; a run with one of them must fail.
struct Faults {
  bool disk_lies = false;         // a sync does nothing
  bool checkpoint_first = false;  // a view stores its checkpoint before its rows
};

struct RunResult {
  std::vector<std::string> faults;  // empty: all is well
  std::uint64_t crashes = 0;
  std::uint64_t transactions = 0;
  std::uint64_t answers = 0;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, const Faults& faults);
  RunResult run();

 private:
  enum class CrashKind : std::uint8_t { kProcess, kPower };
  bool open();
  void act();
  void step_stage();
  void step_view(SimulatedView& view, LogPoint& at, bool& knows);
  void disturb_disk();
  void crash(CrashKind kind);
  void judge();
  void settle();
  void compare_books();
  void compare_views();
  void fault(std::string what);

  Dice dice_;
  DiskTroubles troubles_;
  LogFiles files_;
  LogId log_id_{};
  RetailDomain domain_;
  SimulatedStore store_;
  std::vector<std::unique_ptr<SimulatedView>> views_;
  std::vector<LogPoint> view_at_;
  std::vector<bool> view_knows_;
  Fleet fleet_;
  Auditor auditor_;
  std::unique_ptr<SimulatedLog> log_;
  std::unique_ptr<Engine> engine_;
  bool engine_failed_ = false;
  std::size_t slow_stage_ = kEngineStages;  // none
  std::int64_t now_us_;
  RunResult result_;
};

}  // namespace till::simulation
