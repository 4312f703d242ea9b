// The analytics export: every event of the log once, in files that a warehouse loads, partitioned by tenant and
// business date. It follows the log itself, so that a broker that is away does not hold it up. What is written and what
// happens when: README.md, "Analytics export".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "projections/effects/export_disk.h"
#include "projections/effects/export_row.h"
#include "projections/effects/export_view.h"

namespace till {

struct ExportOptions {
  std::string directory;  // existing, or waited for
  // Least time between two batches, so that files are not small; a batch that is full is not put off. Files appear as
  // much later than their events.
  std::chrono::milliseconds interval{60'000};
  std::size_t batch_transactions = 8192;         // at most kExportBatchMost
  std::size_t batch_bytes = 16u << 20;           // of the log
  std::chrono::milliseconds stop_timeout{5000};  // for what waits for its batch at stop()
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_most{5000};
};

struct ExportStatus {
  // kRetrying: the disk does not take it, tried again. kStopped: refused (an event that cannot be exported, a manifest
  // that is damaged, another history), or stopped. `at`: every event up to and with this position is exported.
  FollowerStatus follower;
  std::uint64_t lag = 0;  // transactions durable in the log and not exported yet
  ExportCounts written;   // since it was made
};

// Feed and domain outlive it. start() and stop() belong to one thread, all else is thread safe.
class ExportFollower {
 public:
  ExportFollower(Feed& feed, const Domain& domain, EventJson event_json, ExportOptions options);
  ~ExportFollower();
  ExportFollower(const ExportFollower&) = delete;
  ExportFollower& operator=(const ExportFollower&) = delete;

  void start();
  // Exports what is durable, as far as that is done within stop_timeout, and joins; the log has the rest. Idempotent.
  void stop();

  ExportStatus status() const;
  // Waits until every event up to `target` is exported, without waiting for the interval; false after `timeout`.
  bool wait_for(Position target, std::chrono::milliseconds timeout) { return follower_.wait_for(target, timeout); }
  const std::string& directory() const { return options_.directory; }

 private:
  Feed& feed_;
  const ExportOptions options_;
  ExportDisk disk_;
  ExportView view_;
  Follower follower_;
  bool started_ = false;
};

}  // namespace till
