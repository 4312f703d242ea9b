// One request's commands on their way through the engine. Owned by shared_ptr: intake, sequencer and commit thread hold
// it in turn; outcomes are written by the sequencer (by the commit thread where the log failed), the last finished
// command calls back.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace till {

// Images read ahead from the books' store.
struct Prefetch {
  std::uint64_t flushed = 0;  // every batch up to this number was in the store before the first image was read
  std::size_t until = 0;      // the needs of commands before this index were looked at
  std::vector<std::string> keys;
  std::vector<std::optional<std::string>> images;  // of the first keys, in time of all
};

struct Submission {
  std::vector<CommandRequest> commands;
  std::vector<Outcome> outcomes;
  Completion done;
  Prefetch prefetch;
  // What the command at `next` needs beyond what it names, found by deciding it: kept until it is decided, so that all
  // of it is in memory at once however small that is.
  std::vector<std::string> found_needs;
  std::chrono::steady_clock::time_point queued_at;
  std::size_t next = 0;  // first command not decided yet; sequencer only
  std::atomic<std::size_t> unfinished{0};
  std::atomic<bool> log_failed{false};  // some outcome is not known to be durable: none is told

  const std::string& tenant() const { return commands.front().tenant; }

  // `count` commands have their final outcome.
  void finish(std::size_t count) {
    if (unfinished.fetch_sub(count, std::memory_order_acq_rel) != count) return;
    if (log_failed.load(std::memory_order_relaxed)) {
      for (Outcome& outcome : outcomes) outcome.kind = OutcomeKind::kOutcomeUnknown;
    }
    done(std::move(outcomes));
  }
};

using SubmissionPtr = std::shared_ptr<Submission>;

}  // namespace till
