// The effects that there are, by their names.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "commands/calendar.h"
#include "engine/effect.h"
#include "ops/config.h"
#include "ops/effect_knowledge.h"
#include "projections/effects/card_gateway.h"
#include "projections/effects/mail_sender.h"
#include "projections/effects/webhook_effect.h"

namespace till {

inline constexpr std::string_view kWebhooks = WebhookEffect::kName;
inline constexpr std::string_view kReceipts = "receipts";
inline constexpr std::string_view kAlerts = "alerts";
inline constexpr std::string_view kGateway = "gateway";
inline constexpr std::array kEffectNames{kWebhooks, kReceipts, kAlerts, kGateway};

// Null where it is not configured. All outlives the effects.
struct EffectOutlets {
  MailSender* mail = nullptr;
  CardGateway* gateway = nullptr;
};

// Null where the name is none, or the effect lacks its outlet. `zones` outlives it.
std::unique_ptr<Effect> make_effect(std::string_view name, const EffectKnowledge& knowledge,
                                    const EffectSettings& settings, const EffectOutlets& outlets,
                                    const ZoneTables& zones);

// They wait for their receivers most of the time.
std::size_t threads_of_effect(std::string_view name);

// Null where no gateway is configured. kInvalid where its token cannot be read.
Result<std::unique_ptr<CardGateway>> make_card_gateway(const EffectSettings& settings);

// The system's clock.
Micros effect_time();

}  // namespace till
