// Tells a tenant of what its policy has let through: to a chat and by mail, not in its quiet hours, and not more often
// than it asked for.
//
// A message may come twice where the process dies between sending and recording it; mail has the same Message-ID then.
// Receivers, quiet hours and rates are those of the policy when a message is sent, not when the event happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/calendar.h"
#include "engine/effect.h"
#include "projections/effects/alert.h"
#include "projections/effects/alert_channels.h"
#include "projections/effects/alert_limiter.h"
#include "schemas/state.pb.h"
#include "schemas/values.pb.h"

namespace till {

// The policy of a tenant with its receivers opened (alert_receivers.h); an empty one where there is none. An error is
// tried again. Thread safe.
using FindAlertPolicy = std::function<Result<schema::AlertPolicyState>(const std::string& tenant)>;

// The variance limit of a store's policy, nothing where it has none. An error is tried again. Thread safe.
using FindVarianceLimit =
    std::function<Result<std::optional<schema::Money>>(const std::string& tenant, const std::string& store_id)>;

struct AlertEffectOptions {
  std::chrono::milliseconds timeout{10'000};  // of a chat's answer
  bool allow_private_addresses = false;       // of the tenants' chats
  std::chrono::hours age_most{72};            // events that were older when they came are not told
};

class AlertEffect final : public Effect {
 public:
  using Clock = std::function<Micros()>;

  // Without `mail` nothing is mailed. `zones` outlives it.
  AlertEffect(FindAlertPolicy find_policy, FindVarianceLimit find_variance_limit, PostHttp post, SendMail mail,
              const ZoneTables& zones, Clock clock, AlertEffectOptions options);

  std::string_view name() const override;
  bool wants(std::string_view event_name) const override;
  // "<tenant>.slack" and "<tenant>.mail.0", "<tenant>.mail.1"… of the policy.
  Result<std::vector<std::string>> targets(const EffectMessage& message) override;
  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) override;
  // 10 s, 1 min, 5 min, 30 min, then every hour; dead after 12 attempts.
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const override;

 private:
  // The alert of a message, unless the policy mutes it.
  Result<std::optional<Alert>> find_alert(const EffectMessage& message, const schema::AlertPolicyState& policy) const;
  DeliveryAttempt send(const EffectMessage& message, std::string_view target, const std::string& receiver,
                       const AlertWords& words) const;

  const FindAlertPolicy find_policy_;
  const FindVarianceLimit find_variance_limit_;
  const PostHttp post_;
  const SendMail mail_;
  const ZoneTables& zones_;
  const Clock clock_;
  const AlertEffectOptions options_;
  AlertLimiter limiter_;
};

}  // namespace till
