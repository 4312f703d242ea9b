// The engine with its threads and the retail rules, log and books on RocksDB on one faulty disk, and a fleet of tills
// that trades with it, whatever happens. The seed draws commands and troubles; the threads take their own turns.
#pragma once

#include <rocksdb/env.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "commands/retail_domain.h"
#include "engine/books_store.h"
#include "engine/engine.h"
#include "engine/rocks_log.h"
#include "tests/faulty_file_system.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/fleet.h"
#include "tests/temporary_directory.h"

namespace till::testing {

class TroubledTill {
 public:
  // Makes a log, opens it, and sets up stores, tills and articles on a disk without troubles.
  explicit TroubledTill(std::uint64_t seed);
  ~TroubledTill();

  FaultyFileSystem& disk() { return *disk_; }
  simulation::Dice& dice() { return dice_; }
  Engine& engine() { return *engine_; }
  const simulation::Fleet& fleet() const { return fleet_; }
  std::string watermark() const { return home_.path() + "/log/watermark"; }

  // Log, books and engine, with sizes that are drawn, so that whatever happens rarely happens often.
  Status open();
  // The tills act until the power is off, the engine has failed, or `actions` are done.
  void trade(std::size_t actions);
  // Waits for every answer that is due.
  void settle();
  // Stops the engine and closes the stores. What is in flight is answered before, or it is a fault.
  void close();
  // The power goes at the `nth` change of the disk from now.
  void cut_power_at(std::uint64_t nth);
  // Closes, and lets the disk come back with what survived.
  void restore_power(Loss loss);
  // The engine has failed since open().
  bool failed() const { return failed_.load(); }
  // A command sent now is refused at once, undecided.
  bool refuses();

  // What the auditor finds, and what was noticed before. The stores are open.
  std::vector<std::string> faults();
  // As faults(), and the books against a fold from nothing; stops the engine.
  std::vector<std::string> final_faults();

 private:
  RocksLogOptions log_options() const;
  Status open_stores();
  EngineOptions engine_options();
  bool trouble() const { return failed_ || !disk_->powered(); }
  void take_answers(std::chrono::milliseconds patience);

  TemporaryDirectory home_;
  simulation::Dice dice_;
  const std::shared_ptr<FaultyFileSystem> disk_;
  const std::unique_ptr<rocksdb::Env> env_;
  RetailDomain domain_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::deque<std::function<void()>> answers_;
  simulation::Fleet fleet_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<BooksStore> books_;
  std::unique_ptr<Engine> engine_;
  std::atomic<bool> failed_{false};
  std::string watermark_at_cut_;  // as it was when the power went
  std::vector<std::string> noticed_;
};

}  // namespace till::testing
