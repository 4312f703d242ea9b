#include "projections/effects/alert_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/stock_move.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

using schema::Event;

constexpr std::array<std::string_view, 8> kAlerting{
    "GatewayResultRecorded", "LowStockDetected",  "OfflineEntryQuarantined", "OfflinePaymentDeclined", "PinRefused",
    "ShiftClosed",           "StockWentNegative", "WebhookEndpointDisabled"};

Alert begin_alert(const EffectMessage& message, schema::Alert::Kind kind, std::string subject) {
  Alert alert;
  alert.kind = kind;
  alert.tenant = message.tenant;
  alert.subject = std::move(subject);
  alert.at = message.recorded_at;
  return alert;
}

// The rules tell of a crossing once, so each document that makes one is a trouble of its own.
Alert low_stock(const EffectMessage& message, const schema::LowStockDetected& fact) {
  Alert alert = begin_alert(message, schema::Alert::LOW_STOCK, message.stream_id + "/" + fact.document_id());
  alert.title = "Low stock of " + fact.sku() + " at " + fact.store_id();
  alert.text = quantity_text(fact.on_hand_e5()) + " on hand, reorder point " + quantity_text(fact.point_e5());
  if (fact.has_target_e5()) alert.text += ", target " + quantity_text(fact.target_e5());
  return alert;
}

Alert negative_stock(const EffectMessage& message, const schema::StockWentNegative& fact) {
  Alert alert = begin_alert(message, schema::Alert::NEGATIVE_STOCK, message.stream_id + "/" + fact.sale_id());
  alert.title = "Negative stock of " + fact.sku() + " at " + fact.store_id();
  alert.text = quantity_text(fact.on_hand_e5()) + " on hand";
  if (!fact.sale_id().empty()) alert.text += " after sale " + fact.sale_id();
  return alert;
}

Alert quarantined(const EffectMessage& message, const schema::OfflineEntryQuarantined& fact) {
  const bool fork = fact.code() == schema::OFFLINE_SEQUENCE_FORK;
  Alert alert =
      begin_alert(message, fork ? schema::Alert::TERMINAL_FORK : schema::Alert::OFFLINE_QUARANTINE, fact.terminal_id());
  const std::string entry = std::to_string(fact.client_seq());
  if (fork) {
    alert.severity = AlertSeverity::kCritical;
    alert.title = "Terminal " + fact.terminal_id() + " has two entries " + entry;
    alert.text = "The later one was not booked: a till was copied or restored, or somebody made an entry up.";
  } else {
    alert.title = "Entry " + entry + " of terminal " + fact.terminal_id() + " was not booked";
    alert.text = fact.command().empty() ? "" : fact.command() + ": ";
    alert.text += schema::ErrorCode_Name(fact.code());
  }
  alert.text += "\nSee GET /v1/terminals/" + fact.terminal_id() + "/offline";
  return alert;
}

bool is_beyond(std::int64_t difference, std::string_view currency, const schema::Money& limit) {
  // A limit in another currency limits nothing here, so every difference counts.
  if (limit.currency() != currency) return difference != 0;
  return difference > limit.amount() || difference < -limit.amount();
}

std::string difference_words(std::int64_t difference, std::string_view currency) {
  if (difference >= 0) return money_words(difference, currency) + " over";
  // A difference of two bounded amounts is never the least number.
  return money_words(-difference, currency) + " short";
}

// Type and difference of what was counted. The oldest shifts have the cash alone.
std::vector<std::pair<schema::Tender::Type, std::int64_t>> differences_of(const schema::ShiftClosed& fact) {
  if (fact.variances().empty()) return {{schema::Tender::CASH, fact.over_short()}};
  std::vector<std::pair<schema::Tender::Type, std::int64_t>> differences;
  for (const schema::TenderVariance& variance : fact.variances()) {
    if (variance.has_over_short()) differences.emplace_back(variance.type(), variance.over_short().amount());
  }
  return differences;
}

Result<std::optional<Alert>> over_short(const EffectMessage& message, const schema::ShiftClosed& fact,
                                        const OverShortLimit& limit_of) {
  auto differences = differences_of(fact);
  std::erase_if(differences, [](const auto& difference) { return difference.second == 0; });
  if (differences.empty()) return std::optional<Alert>();
  const Result<std::optional<schema::Money>> limit = limit_of(fact.store_id());
  if (!limit.ok()) return limit.error();
  if (!limit->has_value()) return std::optional<Alert>();
  std::erase_if(differences, [&](const auto& row) { return !is_beyond(row.second, fact.currency(), **limit); });
  if (differences.empty()) return std::optional<Alert>();
  Alert alert = begin_alert(message, schema::Alert::OVER_SHORT, fact.shift_id());
  alert.title = "Shift " + fact.shift_id() + " of terminal " + fact.terminal_id() + " closed " +
                difference_words(differences.front().second, fact.currency());
  alert.text = "Store " + fact.store_id() + ", Z " + std::to_string(fact.z_no());
  for (const auto& [type, difference] : differences) {
    alert.text += "\n" + schema::Tender::Type_Name(type) + ": " + difference_words(difference, fact.currency());
  }
  return std::optional(std::move(alert));
}

Alert offline_decline(const EffectMessage& message, const schema::PaymentMoved& fact) {
  Alert alert = begin_alert(message, schema::Alert::OFFLINE_DECLINE, fact.payment_id());
  alert.title = "A card taken offline was declined: " + money_words(fact.amount(), fact.currency());
  alert.text = "Payment " + fact.payment_id() + " of terminal " + fact.terminal_id() + " at " + fact.store_id();
  if (!fact.sale_id().empty()) alert.text += ", sale " + fact.sale_id();
  if (!fact.decline_code().empty()) alert.text += ": " + fact.decline_code();
  return alert;
}

std::optional<Alert> pin_lockout(const EffectMessage& message, const schema::PinChecked& fact) {
  if (fact.locked_until_us() == 0) return std::nullopt;
  Alert alert = begin_alert(message, schema::Alert::PIN_LOCKOUT, fact.employee_id());
  alert.title =
      "Employee " + fact.employee_id() + " is locked after " + std::to_string(fact.failures_after()) + " wrong PINs";
  alert.text = "Until " + minute_text(Micros(fact.locked_until_us()));
  if (!fact.terminal_id().empty()) alert.text += ", at terminal " + fact.terminal_id();
  return alert;
}

std::optional<Alert> gateway_at_odds(const EffectMessage& message, const schema::GatewayResultRecorded& fact) {
  if (!fact.at_odds()) return std::nullopt;
  Alert alert = begin_alert(message, schema::Alert::GATEWAY_AT_ODDS, fact.request_id());
  alert.severity = AlertSeverity::kCritical;
  alert.title = "The card gateway declined what counts as done: " + money_words(fact.amount(), fact.currency());
  alert.text = schema::GatewayRequest::Kind_Name(fact.kind()) + " of payment " + fact.payment_id() + ", request " +
               fact.request_id();
  if (!fact.store_id().empty()) alert.text += ", at " + fact.store_id();
  if (!fact.code().empty()) alert.text += ": " + fact.code();
  return alert;
}

Alert webhook_disabled(const EffectMessage& message, const schema::WebhookEndpointDisabled& fact) {
  Alert alert = begin_alert(message, schema::Alert::WEBHOOK_DISABLED, fact.endpoint_id());
  alert.title = "Webhook endpoint " + fact.endpoint_id() + " is sent nothing more";
  alert.text = fact.reason();
  return alert;
}

}  // namespace

bool may_alert(std::string_view event_name) {
  return std::ranges::find(kAlerting, event_name) != kAlerting.end();
}

Result<std::optional<Alert>> alert_of(const EffectMessage& message, const OverShortLimit& limit) {
  Event event;
  if (!event.ParseFromString(message.payload) || event.event_case() == Event::EVENT_NOT_SET) {
    return Error{ErrorKind::kInvalid, "alerts: an event that does not read"};
  }
  switch (int{event.event_case()}) {
    case Event::kLowStockDetected:
      return std::optional(low_stock(message, event.low_stock_detected()));
    case Event::kStockWentNegative:
      return std::optional(negative_stock(message, event.stock_went_negative()));
    case Event::kOfflineEntryQuarantined:
      return std::optional(quarantined(message, event.offline_entry_quarantined()));
    case Event::kShiftClosed:
      return over_short(message, event.shift_closed(), limit);
    case Event::kOfflinePaymentDeclined:
      return std::optional(offline_decline(message, event.offline_payment_declined()));
    case Event::kPinRefused:
      return pin_lockout(message, event.pin_refused());
    case Event::kGatewayResultRecorded:
      return gateway_at_odds(message, event.gateway_result_recorded());
    case Event::kWebhookEndpointDisabled:
      return std::optional(webhook_disabled(message, event.webhook_endpoint_disabled()));
  }
  return std::optional<Alert>();
}

}  // namespace till
