// A program run beside this one: it ends with this program, whatever ends it. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/result.h"

namespace till {

struct ChildOptions {
  std::string log_file;   // stdout and stderr are appended there; empty: inherited
  bool own_group = true;  // a Ctrl-C at the terminal does not reach it: the parent decides about the order of stopping
};

class ChildProcess {
 public:
  // `arguments[0]` is looked up in PATH and the folders of system programs. kUnavailable where it cannot be started.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments, const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // Stops it, with a grace of kGrace.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Reaps the child where it has ended.
  bool running();
  // Of a child that has ended: its exit code, or 128 + signal.
  int exit_code() const { return exit_code_; }
  // Waits for its end; false after `timeout`.
  bool wait(std::chrono::milliseconds timeout);
  // SIGTERM, then SIGKILL after `grace`. Returns when it is gone.
  void stop(std::chrono::milliseconds grace = kGrace);
  // SIGKILL at once.
  void kill();

  static constexpr std::chrono::milliseconds kGrace{30'000};

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  bool ended_ = false;
  int exit_code_ = 0;
};

// Looked at while something is waited for; false ends the wait. Null: wait.
using KeepGoing = std::function<bool()>;

// Runs a program to its end. Its exit code; kUnavailable where it cannot be started or outlives `timeout`, kCancelled
// where `keep_going` ended it.
Result<int> run_program(const std::vector<std::string>& arguments, const ChildOptions& options,
                        std::chrono::milliseconds timeout, const KeepGoing& keep_going = nullptr);

// Path of this program's own file, to start it again with another subcommand.
std::string own_program();

// Path of a program in PATH, /usr/sbin or /sbin; empty where there is none.
std::string find_program(const std::string& name);

}  // namespace till
