// A part of the engine that goes on in small steps: on a thread of its own when it serves, in any order that a seed
// draws when it is simulated.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "engine/named_thread.h"

namespace till {

class Stage {
 public:
  enum class Step : std::uint8_t {
    kWorked,  // there may be more
    kIdle,    // nothing can be done until another part moves
    kDone,    // stopped, and nothing is left
  };
  virtual ~Stage() = default;
  // Does a bounded piece of what can be done now. Never waits for another part.
  virtual Step step() = 0;
  // After kIdle: returns when step() may find work, or after a bounded time.
  virtual void wait() = 0;
};

// Runs a stage until it is done. The stage outlives it.
class StageThread {
 public:
  StageThread(std::string name, Stage& stage, ThreadShare share = ThreadShare::kEqual);
  ~StageThread() { join(); }
  StageThread(const StageThread&) = delete;
  StageThread& operator=(const StageThread&) = delete;
  // Returns when the stage is done: tell it to stop before.
  void join();

 private:
  std::thread thread_;
};

}  // namespace till
