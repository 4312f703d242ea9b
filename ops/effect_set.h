// The effects of a server with all that they need, put together from its configuration.
#pragma once

#include <memory>
#include <string>

#include "api/operator_api.h"
#include "api/operator_effects.h"
#include "ops/config.h"
#include "ops/effect_knowledge.h"
#include "projections/effects/card_gateway.h"
#include "projections/effects/effect_actions.h"
#include "projections/effects/effect_host.h"
#include "projections/effects/mail_sender.h"
#include "projections/relay/relay_options.h"

namespace till {

struct EffectSetOptions {
  std::string directory;  // made where it is missing
  RelayOptions stream;    // the one that the relay fills
  EffectSettings settings;
  MailSender* mail = nullptr;  // outlives the effects; null: nothing is mailed
};

// One thread opens, starts and stops it.
class EffectSet {
 public:
  // Before the engine's first command. Errors of the ledger, and kInvalid where a secret file cannot be read.
  static Result<std::unique_ptr<EffectSet>> open(const ServerParts& parts, EffectSetOptions options);
  ~EffectSet();

  // Without `deliver` what people ask for is done, and nothing is sent.
  void start(bool deliver);
  // What is being delivered is finished. Idempotent.
  void stop();
  // For the operator, and for workers that run alone.
  void add_routes(OperatorApi& api);
  EffectHost& host() { return *host_; }
  FollowerStatus actions_status() const { return actions_->status(); }
  FollowerStatus knowledge_status() const { return knowledge_->status(); }

 private:
  EffectSet(const ServerParts& parts, EffectSetOptions options);
  Status add_effects();

  const ServerParts parts_;
  const EffectSetOptions options_;
  std::unique_ptr<ServerKnowledge> knowledge_;
  std::unique_ptr<CardGateway> gateway_;
  std::unique_ptr<EffectHost> host_;
  std::unique_ptr<EffectActions> actions_;
  std::unique_ptr<OperatorEffects> routes_;
};

}  // namespace till
