#include "ops/effect_knowledge.h"

#include <chrono>

#include "commands/alert_policy.h"
#include "commands/webhook_endpoint.h"
#include "projections/effects/alert_receivers.h"

namespace till {
namespace {

// What an effect has to know follows the log within milliseconds.
constexpr std::chrono::seconds kStatesWait{5};
constexpr std::string_view kEffectActor = "effects";

constexpr EntityKind entity_kind(schema::Kind kind) {
  return EntityKind(static_cast<std::uint16_t>(kind));
}

}  // namespace

ServerKnowledge::ServerKnowledge(const ServerParts& parts)
    : parts_(parts),
      submit_(parts.engine, parts.secret),
      webhook_secrets_(parts.secret),
      receipt_source_(parts.queries, parts.person_keys) {}

Result<std::unique_ptr<ServerKnowledge>> ServerKnowledge::open(const ServerParts& parts) {
  std::unique_ptr<ServerKnowledge> made(new ServerKnowledge(parts));
  Result<std::unique_ptr<FoldedStates>> states = FoldedStates::open(
      parts.engine, parts.domain,
      {entity_kind(schema::WEBHOOK_ENDPOINTS), entity_kind(schema::ALERT_POLICY), entity_kind(schema::STORE)});
  if (!states.ok()) return states.error();
  made->states_ = std::move(*states);
  return made;
}

EffectKnowledge ServerKnowledge::knowledge() {
  EffectKnowledge known;
  known.endpoints = [this](const std::string& tenant,
                           Position position) -> Result<std::shared_ptr<const schema::WebhookEndpointsState>> {
    if (!states_->wait_for(position, kStatesWait)) {
      return Error{ErrorKind::kUnavailable, "webhooks: the endpoints of that time are not known yet"};
    }
    return states_->get<schema::WebhookEndpointsState>(entity_kind(schema::WEBHOOK_ENDPOINTS), tenant,
                                                       kWebhookEndpointsId);
  };
  known.secrets = [this](const std::string& tenant, const schema::WebhookEndpoint& endpoint,
                         Micros at) -> Result<std::vector<std::string>> {
    std::vector<std::string> secrets;
    for (const std::uint32_t version : webhook_secret_versions(endpoint, at)) {
      secrets.push_back(webhook_secrets_.secret(tenant, endpoint.endpoint_id(), version));
    }
    return secrets;
  };
  known.submit = [this](const std::string& tenant, const schema::Command& command, const std::string& key) -> Status {
    const Result<Position> position = submit_.submit(tenant, command, key, kEffectActor);
    return position.ok() ? Status() : Status(position.error());
  };
  known.alert_policy = [this](const std::string& tenant) -> Result<schema::AlertPolicyState> {
    const auto state =
        states_->get<schema::AlertPolicyState>(entity_kind(schema::ALERT_POLICY), tenant, kAlertPolicyId);
    schema::AlertPolicyState policy = state ? *state : schema::AlertPolicyState();
    if (Status opened = open_alert_receivers(parts_.person_keys, tenant, policy); !opened.ok()) return opened.error();
    return policy;
  };
  known.variance_limit = [this](const std::string& tenant,
                                const std::string& store_id) -> Result<std::optional<schema::Money>> {
    const auto store = states_->get<schema::StoreState>(entity_kind(schema::STORE), tenant, store_id);
    if (!store || !store->policy().has_variance_limit()) return std::optional<schema::Money>();
    return std::optional(store->policy().variance_limit());
  };
  known.receipts = receipt_source_.sources();
  const LogPoint durable = parts_.engine.feed().durable();
  known.log_id = durable.log_id;
  known.epoch = durable.epoch;
  return known;
}

}  // namespace till
