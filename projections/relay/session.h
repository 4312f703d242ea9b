// One connection's work: find where to go on, publish until something fails or it is told to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "projections/relay/event_message.h"
#include "projections/relay/publish_window.h"
#include "projections/relay/relay_checkpoint.h"
#include "projections/relay/relay_options.h"
#include "projections/relay/stream.h"

namespace till {

// What is in the stream since the last report. Empty where only time has passed.
struct RelayAdvance {
  std::optional<LogPoint> at;            // the log is in the stream up to here
  std::optional<RelayCheckpoint> event;  // the last acknowledged one
  std::uint64_t messages = 0;
};

// Called on the session's thread.
struct SessionReports {
  // `last` is the event of the stream's last sequence, as far as one is known.
  std::function<void(const LogPoint& at, std::uint64_t sequence, const std::optional<RelayCheckpoint>& last)> started;
  std::function<void(const RelayAdvance&)> advanced;
};

// One thread; everything referred to outlives the session.
class Session {
 public:
  Session(Feed& feed, const Domain& domain, const RelayOptions& options, const std::atomic<bool>& stopping,
          SessionReports reports);

  // Returns an error, or success once `stopping` is set and what was under way is acknowledged or given up.
  Status run(const std::optional<RelayCheckpoint>& checkpoint);

 private:
  Status connect(const std::optional<RelayCheckpoint>& checkpoint);
  Status pump();
  Status read_more();
  Status burst();
  Status publish_event(bool asks);
  void pass_finished();
  Status settle(std::chrono::milliseconds wait);
  Status idle();
  Status drain();
  void reach(const LogPoint& point);
  bool batch_done() const { return transaction_ == batch_.size(); }

  Feed& feed_;
  const RelayOptions& options_;
  const std::atomic<bool>& stopping_;
  const SessionReports reports_;
  EventMessages messages_;
  NatsConnection connection_;
  std::optional<Stream> stream_;
  std::unique_ptr<PublishWindow> window_;
  std::int64_t stream_created_ns_ = 0;
  std::uint64_t sequence_ = 0;  // of the last message published
  Position after_;              // last transaction in batch_
  std::vector<TransactionPtr> batch_;
  std::size_t events_left_ = 0;  // in batch_, not yet published
  std::size_t transaction_ = 0;  // next, in batch_
  int event_ = 0;                // next, in that transaction
  std::vector<Published> acknowledged_;
  std::chrono::steady_clock::time_point check_due_;
};

}  // namespace till
