#include "ops/effect_factory.h"

#include <chrono>
#include <utility>

#include "engine/position_text.h"
#include "ops/mail.h"
#include "projections/effects/alert_effect.h"
#include "projections/effects/gateway_effect.h"
#include "projections/effects/http_card_gateway.h"
#include "projections/effects/mail_message.h"
#include "projections/effects/receipt_mail.h"
#include "projections/effects/webhook_effect.h"

namespace till {
namespace {

constexpr std::size_t kWebhookThreads = 32;
constexpr std::size_t kOtherThreads = 8;

std::unique_ptr<Effect> make_webhooks(const EffectKnowledge& knowledge, const EffectSettings& settings) {
  WebhookParts parts;
  parts.endpoints = knowledge.endpoints;
  parts.secrets = knowledge.secrets;
  parts.submit = knowledge.submit;
  parts.clock = effect_time;
  parts.position_text = [log_id = knowledge.log_id, epoch = knowledge.epoch](Position position) {
    return position_text(log_id, epoch, position);
  };
  WebhookOptions options;
  options.allow_private_addresses = settings.allow_private_addresses;
  return std::make_unique<WebhookEffect>(std::move(parts), options);
}

std::unique_ptr<Effect> make_alerts(const EffectKnowledge& knowledge, const EffectSettings& settings, MailSender* mail,
                                    const ZoneTables& zones) {
  AlertEffectOptions options;
  options.allow_private_addresses = settings.allow_private_addresses;
  return std::make_unique<AlertEffect>(knowledge.alert_policy, knowledge.variance_limit, http_post,
                                       mail == nullptr ? SendMail() : text_mail(*mail, settings.mail), zones,
                                       effect_time, options);
}

std::unique_ptr<Effect> make_receipts(const EffectKnowledge& knowledge, const EffectSettings& settings,
                                      MailSender& mail) {
  const std::optional<MailAddress> from = MailAddress::parse(settings.mail.from);
  TILL_ASSERT(from.has_value());
  return std::make_unique<ReceiptMail>(mail, knowledge.receipts, effect_time,
                                       ReceiptMailOptions{.from = *from, .from_name = settings.mail.from_name});
}

}  // namespace

Micros effect_time() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Micros(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

std::unique_ptr<Effect> make_effect(std::string_view name, const EffectKnowledge& knowledge,
                                    const EffectSettings& settings, const EffectOutlets& outlets,
                                    const ZoneTables& zones) {
  if (name == kWebhooks) return make_webhooks(knowledge, settings);
  if (name == kAlerts) return make_alerts(knowledge, settings, outlets.mail, zones);
  if (name == kReceipts && outlets.mail != nullptr) return make_receipts(knowledge, settings, *outlets.mail);
  if (name == kGateway && outlets.gateway != nullptr) {
    return std::make_unique<GatewayEffect>(*outlets.gateway, knowledge.submit);
  }
  return nullptr;
}

std::size_t threads_of_effect(std::string_view name) {
  return name == kWebhooks ? kWebhookThreads : kOtherThreads;
}

Result<std::unique_ptr<CardGateway>> make_card_gateway(const EffectSettings& settings) {
  if (settings.gateway_url.empty()) return std::unique_ptr<CardGateway>();
  HttpCardGatewayOptions options;
  options.base_url = settings.gateway_url;
  // The operator has named it: it may be inside.
  options.allow_private_addresses = true;
  if (!settings.gateway_token_file.empty()) {
    Result<std::string> token = read_secret_line(settings.gateway_token_file);
    if (!token.ok()) return token.error();
    options.token = std::move(*token);
  }
  return std::unique_ptr<CardGateway>(std::make_unique<HttpCardGateway>(std::move(options)));
}

}  // namespace till
