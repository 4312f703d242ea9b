// The desk of a server, asked over its operator socket by a worker that runs alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/effect_desk.h"
#include "engine/effect_runner.h"
#include "ops/effect_knowledge.h"
#include "ops/operator_client.h"
#include "schemas/effect_desk.pb.h"

namespace till {

// Thread safe: each call has a connection of its own while it lasts. kUnavailable where the server does not answer; the
// next call tries again.
class RemoteDesk final : public EffectDesk, public EffectLog {
 public:
  // Of one effect and one worker.
  RemoteDesk(std::string data, std::string effect, std::string worker);

  struct Beginning {
    Position position;  // from where on the effect acts
    LogId log_id{};
    Epoch epoch;
  };
  // kNotFound where the server has no such effect.
  Result<Beginning> begin();
  // Its functions ask this object, which outlives them.
  EffectKnowledge knowledge(const Beginning& beginning);

  Status claim(std::string_view effect, std::span<const EventRef> events, std::span<const std::string> keys,
               std::string_view worker, Micros now, std::vector<EffectClaim>& answers) override;
  void renew(std::string_view effect, const EffectHeld& held, std::string_view worker, Micros now) override;
  void finish(std::string_view effect, const EventRef& event, const EventLabel& label,
              std::span<const DeliveryOutcome> outcomes, Micros now, Callback durable) override;
  void hold(std::string_view effect, const EventRef& event, const EventLabel& label, Micros now,
            Callback durable) override;
  void release(std::string_view effect, const EventRef& event) override;
  Result<std::vector<ParkedRow>> take_due(std::string_view effect, std::size_t most,
                                          std::span<const std::string> without, std::string_view worker,
                                          Micros now) override;
  void settle(std::string_view effect, const DeliveryOutcome& outcome, Micros now, Callback durable) override;
  void put_back(std::string_view effect, const DeliveryRef& delivery) override;
  Status cover(std::string_view effect, Position from, Position to) override;
  // As it was last known where the server does not answer.
  schema::EffectProgress progress(std::string_view effect) const override;

  Result<EffectMessage> find(const EventRef& event) override;
  Status read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) override;

 private:
  ReceiptMailSources receipt_sources();
  Result<schema::DeskAnswer> ask(schema::DeskCall& call) const;
  Status insist(schema::DeskCall& call) const;
  Result<std::unique_ptr<OperatorClient>> take_client() const;

  const std::string data_;
  const std::string effect_;
  const std::string worker_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<OperatorClient>> idle_;  // at most one a thread that ever asked
  mutable schema::EffectProgress progress_;
};

}  // namespace till
