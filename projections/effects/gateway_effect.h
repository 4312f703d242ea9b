// Sends what payments ask of their card gateway (GatewayRequested) and brings the answer back as RecordGatewayResult.
// Whatever dies in between, the request is sent again under the same key, and its answer is recorded once.
#pragma once

#include <string>

#include "engine/effect.h"
#include "projections/effects/card_gateway.h"
#include "projections/effects/submit_command.h"

namespace till {

class GatewayEffect final : public Effect {
 public:
  // `gateway` outlives it.
  GatewayEffect(CardGateway& gateway, SubmitCommand submit);

  std::string_view name() const override;
  bool wants(std::string_view event_name) const override;
  bool keeps_order() const override { return true; }
  // The payment: a refund does not overtake its capture.
  std::string order_key(const EffectMessage& message) const override;
  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) override;
  // 5 s, 30 s, 5 min, 30 min, then every hour; dead after 24 attempts.
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const override;

 private:
  CardGateway& gateway_;
  const SubmitCommand submit_;
};

}  // namespace till
