// What effects have to know of the tenants and of the log: answered by the server itself, or asked of it by a worker
// that runs alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/command_submit.h"
#include "api/queries.h"
#include "api/receipt_mail_source.h"
#include "api/webhook_secret.h"
#include "commands/calendar.h"
#include "engine/engine.h"
#include "engine/person_keys.h"
#include "projections/effects/alert_effect.h"
#include "projections/effects/receipt_mail.h"
#include "projections/effects/submit_command.h"
#include "projections/effects/webhook_effect.h"
#include "projections/folded_states.h"
#include "schemas/state.pb.h"

namespace till {

// All is thread safe and bounded in time; kUnavailable is tried again.
struct EffectKnowledge {
  FindWebhookEndpoints endpoints;
  FindWebhookSecrets secrets;
  SubmitCommand submit;
  FindAlertPolicy alert_policy;
  FindVarianceLimit variance_limit;
  ReceiptMailSources receipts;
  LogId log_id{};
  Epoch epoch;
};

// What a server knows is made of this. All outlives it.
struct ServerParts {
  Engine& engine;
  const Domain& domain;
  const ZoneTables& zones;
  const PersonKeys& person_keys;
  const MasterSecret& secret;
  Queries& queries;
};

class ServerKnowledge {
 public:
  // Before the engine's first command.
  static Result<std::unique_ptr<ServerKnowledge>> open(const ServerParts& parts);
  void stop() { states_->stop(); }

  // Its functions ask this object, which outlives them.
  EffectKnowledge knowledge();
  const CommandSubmit& submit() const { return submit_; }
  FollowerStatus status() const { return states_->status(); }

 private:
  explicit ServerKnowledge(const ServerParts& parts);

  const ServerParts parts_;
  const CommandSubmit submit_;
  const WebhookSecrets webhook_secrets_;
  ReceiptMailSource receipt_source_;
  std::unique_ptr<FoldedStates> states_;
};

}  // namespace till
