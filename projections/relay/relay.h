// Copies every event of the log to JetStream, once and in order. What is published and what happens when: README.md.
//
// The stream itself says where to go on: its last message names its event, and every message expects the sequence
// before its own, so that neither a second relay nor a late message of a former connection can make a gap, a double or
// a fork. NATS is optional: while it is away the relay waits and tries again; commands never wait for the relay.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "projections/relay/relay_checkpoint.h"
#include "projections/relay/relay_options.h"

namespace till {

struct RelayAdvance;

struct RelayStatus {
  // kRunning: connected and publishing or waiting for news. kRetrying: NATS does not answer, tried again. kStopped:
  // refused (a stream of another log, an event that cannot be published), looked at again every `refused_again`; or
  // stopped. `at`: every event up to and with this position is in the stream.
  FollowerStatus follower;
  std::uint64_t stream_sequence = 0;  // of the last acknowledged message
  std::uint64_t lag = 0;              // transactions durable in the log and not yet wholly in the stream
  std::uint64_t published = 0;        // messages that came to be in the stream since start()
  std::uint64_t sessions = 0;         // connections that began to publish since start()
};

// Feed and domain outlive the relay. start() and stop() belong to one thread, all else is thread safe.
class Relay {
 public:
  Relay(Feed& feed, const Domain& domain, RelayOptions options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Returns at once, also when NATS is down.
  void start();
  // Waits for acknowledgements under way (at most stop_timeout), saves the checkpoint, joins. Bounded by
  // connect_timeout + request_timeout when NATS hangs. Idempotent.
  void stop();

  RelayStatus status() const;
  // Waits until every event up to `target` is in the stream; false after `timeout`.
  bool wait_for(Position target, std::chrono::milliseconds timeout);

 private:
  void run();
  Status run_session();
  void advanced(const RelayAdvance& advance);
  void save_checkpoint();
  void set_state(FollowerState state, std::string error);
  void pause(std::chrono::milliseconds duration);

  Feed& feed_;
  const Domain& domain_;
  const RelayOptions options_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RelayStatus status_;
  // Of the relay's thread.
  std::optional<RelayCheckpoint> checkpoint_;
  bool checkpoint_saved_ = true;
  std::chrono::steady_clock::time_point checkpoint_due_;
};

}  // namespace till
