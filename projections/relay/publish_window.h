// Messages published and not yet known to be in the stream, in order. Each expects sequence and id of the one before
// it, so the first that fails takes all behind it along: any trouble ends the window, and the stream's end tells what
// got through. For the same reason one acknowledgement stands for all messages before it, and only some messages ask
// for theirs: one each would double the work of both sides.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/relay/message_id.h"
#include "projections/relay/nats_client.h"
#include "projections/relay/relay_options.h"

namespace till {

// One message under way.
struct Published {
  EventPlace event;
  std::uint64_t sequence = 0;       // that the stream must give it
  std::optional<LogPoint> reached;  // the log is in the stream up to here once this message is
  bool asks = false;                // for an acknowledgement, at reply_to(sequence)
  std::chrono::steady_clock::time_point sent;
};

// One thread. The connection outlives the window.
class PublishWindow {
 public:
  static Result<std::unique_ptr<PublishWindow>> open(natsConnection* connection, const RelayOptions& options);

  bool empty() const { return sent_.empty(); }
  bool full() const { return sent_.size() >= limit_; }
  std::size_t room() const { return full() ? 0 : limit_ - sent_.size(); }
  Published& newest() { return sent_.back(); }

  // Where the acknowledgement of a message that asks must go.
  std::string reply_to(std::uint64_t sequence) const { return inbox_ + std::to_string(sequence); }

  Status publish(NatsMessage message, Published entry);

  // Moves messages known to be in the stream to the end of `out`, in order; waits at most `wait` for news. An error
  // ends the window: refused, lost, out of order, or with another sequence than expected.
  Status take(std::chrono::milliseconds wait, std::vector<Published>& out);

 private:
  PublishWindow(natsConnection* connection, const RelayOptions& options);
  Status accept(natsMsg* answer, std::vector<Published>& out);

  natsConnection* const connection_;
  const std::size_t limit_;
  const std::chrono::milliseconds ack_timeout_;
  std::string inbox_;
  NatsSubscription answers_;
  std::deque<Published> sent_;
};

}  // namespace till
