// SIGINT and SIGTERM as a flag and a wait, for subcommands that run until they are stopped.
#pragma once

#include <chrono>

namespace till {

// From its making on, both signals are blocked in this thread and in those started by it; they only end wait().
// Made before any other thread is.
class StopSignal {
 public:
  StopSignal();
  // True once a signal has come; waits for one up to `timeout`.
  bool wait(std::chrono::milliseconds timeout);
  bool came() { return wait(std::chrono::milliseconds(0)); }

 private:
  bool came_ = false;
};

}  // namespace till
