// A command whose decision stops the process (a bug) is noted by the dying process, so that after the restart the same
// key is answered with an error instead of stopping it again. Only fatal signals on the deciding thread note: a kill
// from outside and a bug elsewhere blame nobody. A stack overflow leaves no note. Remove the file to clear the notes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/result.h"

namespace till {

class CrashNote {
 public:
  // Reads the notes of former processes from `path` and, once per process, installs the handlers of SIGSEGV, SIGBUS,
  // SIGILL, SIGFPE and SIGABRT that add to it. An empty path keeps no notes.
  static Result<CrashNote> open(const std::string& path);

  // True where deciding this books key of a command stopped a former process.
  bool noted(const std::string& command_key) const { return !noted_.empty() && noted_.contains(command_key); }

  // Names the command in hand on this thread's behalf while it lives. Cheap: no system call.
  class InHand {
   public:
    explicit InHand(const std::string& command_key);
    ~InHand();
    InHand(const InHand&) = delete;
    InHand& operator=(const InHand&) = delete;
  };

 private:
  std::unordered_set<std::string> noted_;
};

}  // namespace till
