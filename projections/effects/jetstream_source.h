// The events of the relay's stream as a source of one effect: a durable pull consumer of JetStream, made and bound
// explicitly. The consumer is a convenience: it may be lost with its server, and is made anew where the ledger says
// that the effect stands.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/effect_runner.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/relay/message_id.h"
#include "projections/relay/nats_client.h"
#include "projections/relay/relay_options.h"

namespace till {

struct JetStreamSourceOptions {
  RelayOptions stream;                // where the stream is
  std::string consumer;               // its durable name: [A-Za-z0-9_-]+
  LogId log_id{};                     // events of another log are an error
  std::chrono::seconds patience{60};  // from a delivery to the next one of the same event
  std::int64_t in_hand_most = 4096;   // delivered and not acknowledged
  std::size_t pull = 256;             // asked for at once
};

// fetch() and extent() are called by one thread.
class JetStreamSource final : public EffectSource {
 public:
  // Whether the event that has this place in the stream is the one that has it in the log. Thread safe.
  using InLog = std::function<bool(const EventPlace&)>;

  // `from` says where the effect stands, when its consumer has to be made: the first position that it has not finished.
  JetStreamSource(JetStreamSourceOptions options, std::function<Position()> from, InLog in_log);
  ~JetStreamSource() override;

  Status fetch(std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out) override;
  void acknowledge(std::uint64_t token) override;
  void keep(std::uint64_t token) override;
  void give_up(std::uint64_t token) override;
  Result<Extent> extent() override;

 private:
  // What one connection has; acknowledgements of an earlier one are of no use to a later one.
  struct Session {
    NatsConnection connection;
    JetStream context;
    std::string inbox;
    NatsSubscription arrivals;
    std::size_t asked = 0;  // messages that were asked for and have not come
  };

  Status connect();
  Status bind(Session& session);
  Status make_consumer(Session& session, std::uint64_t sequence);
  Result<std::uint64_t> sequence_of(Session& session, Position position, std::uint64_t first, std::uint64_t last);
  Result<std::optional<EventPlace>> place_at(Session& session, std::uint64_t sequence);
  Status ask(Session& session, std::chrono::milliseconds wait);
  Status fetch_from(Session& session, std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out);
  Status take(natsMsg* message, std::vector<Arrival>& out);
  void answer(std::uint64_t token, const char* text, bool last);

  const JetStreamSourceOptions options_;
  const std::function<Position()> from_;
  const InLog in_log_;
  std::mutex mutex_;  // of what follows
  std::shared_ptr<Session> session_;
  std::unordered_map<std::uint64_t, std::string> replies_;  // by token
  std::uint64_t next_token_ = 1;
};

}  // namespace till
