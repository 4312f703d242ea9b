// Tells the receivers that a tenant has registered what happened: Standard Webhooks 1.0.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
//
//   POST <url of the endpoint>
//   webhook-id: <id of the event>          the same in every attempt: the receiver's idempotency key
//   webhook-timestamp: 1795824000          of the attempt
//   webhook-signature: v1,<base64> …
//   {"type":"SaleCompleted","timestamp":"2026-11-28T10:00:00.000000Z",
//    "data":{"id":"<id of the event>","tenant":"t1","position":"<position>",
//            "stream":{"kind":"sale","id":"S1","version":1}}}
//
// The body is thin: what happened to what; its receiver reads the rest through the API, with its own rights. No order
// is promised: the version of the stream tells which of two events came later.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/effect.h"
#include "projections/effects/http_sender.h"
#include "projections/effects/submit_command.h"
#include "schemas/state.pb.h"

namespace till {

// The tenant's endpoints, no older than the position. kUnavailable where they cannot be known for now. Null: none.
// Thread safe.
using FindWebhookEndpoints = std::function<Result<std::shared_ptr<const schema::WebhookEndpointsState>>(
    const std::string& tenant, Position at_least)>;
// Bytes of the secrets that sign now, the newest first. Thread safe.
using FindWebhookSecrets = std::function<Result<std::vector<std::string>>(
    const std::string& tenant, const schema::WebhookEndpoint& endpoint, Micros now)>;

// All is thread safe.
struct WebhookParts {
  FindWebhookEndpoints endpoints;
  FindWebhookSecrets secrets;
  SubmitCommand submit;  // for an endpoint that is gone
  std::function<Result<OutboundAnswer>(const OutboundPost&)> post = http_post;
  std::function<Micros()> clock;
  std::function<std::string(Position)> position_text;  // as the API shows it
};

struct WebhookOptions {
  std::chrono::milliseconds timeout{15'000};
  bool allow_private_addresses = false;
};

class WebhookEffect final : public Effect {
 public:
  static constexpr std::string_view kName = "webhooks";

  WebhookEffect(WebhookParts parts, WebhookOptions options);

  std::string_view name() const override { return kName; }
  bool wants(std::string_view event_name) const override;
  // Endpoints that were registered before the event and take it.
  Result<std::vector<std::string>> targets(const EffectMessage& message) override;
  // 2xx is done. 410 disables the endpoint; its deliveries, and those to an address inside, are dead at once.
  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) override;
  // 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; dead after ten attempts.
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const override;

 private:
  DeliveryAttempt gone(const EffectMessage& message, const std::string& endpoint_id, int status);

  const WebhookParts parts_;
  const WebhookOptions options_;
};

std::string webhook_body(const EffectMessage& message, const std::string& position);

}  // namespace till
