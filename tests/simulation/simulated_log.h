// The log on a simulated disk: one frame a group, one sync a group. It opens by the rules of the real one: a torn last
// group is cut, the chain is checked, a head below the watermark is refused, and what was read is made durable before
// it counts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/log.h"
#include "tests/simulation/simulated_disk.h"

namespace till::simulation {

// What of a log outlives its process.
struct LogFiles {
  explicit LogFiles(DiskTroubles& troubles) : frames(troubles) {}
  SimulatedFile frames;
  LogPoint watermark;  // replaced as one by the real log, so it is never torn
};

class SimulatedLog : public Log {
 public:
  static std::unique_ptr<SimulatedLog> create(LogFiles& files, const LogId& id);
  static Result<std::unique_ptr<SimulatedLog>> open(LogFiles& files, const LogId& id);

  const LogId& id() const override { return head_.log_id; }
  Epoch epoch() const override { return head_.epoch; }
  LogPoint head() const override { return head_; }
  Status append(std::span<const StoredRecord> group, const LogPoint& new_head) override;
  Result<std::string> read(Position position) const override;
  std::unique_ptr<Cursor> cursor(Position from) const override;

 private:
  explicit SimulatedLog(LogFiles& files) : files_(files) {}
  Status take_frame(std::string_view payload);

  LogFiles& files_;
  std::vector<std::string> records_;
  LogPoint head_;
  bool failed_ = false;
};

}  // namespace till::simulation
