#include "projections/effects/gateway_effect.h"

#include <array>
#include <utility>

#include "projections/effects/attempts.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::milliseconds, 4> kFirstWaits{5s, 30s, 5min, 30min};
constexpr std::chrono::milliseconds kLaterWait{1h};
constexpr std::uint32_t kAttemptsMost = 24;
// As the command takes them; the door's checks are not made of a command from inside.
constexpr std::size_t kReferenceMost = 128;
constexpr std::size_t kCodeMost = 64;

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::string as_code(const std::string& text) {
  std::string code = text.substr(0, kCodeMost);
  for (char& c : code) {
    if (!is_id_character(c)) c = '-';
  }
  return code.empty() ? "declined" : code;
}

std::string as_reference(const std::string& text) {
  std::string reference = text.substr(0, kReferenceMost);
  for (char& c : reference) {
    if (c < ' ' || c > '~') c = '?';
  }
  return reference;
}

GatewayRequest request_of(const EffectMessage& message, const schema::GatewayRequested& asked) {
  return {.tenant = message.tenant,
          .request_id = asked.request_id(),
          .kind = asked.kind(),
          .amount_minor = asked.amount(),
          .currency = asked.currency(),
          .payment_id = asked.payment_id(),
          .payment_reference = asked.reference(),
          .last4 = asked.last4()};
}

schema::Command result_of(const schema::GatewayRequested& asked, const GatewayAnswer& answer) {
  schema::Command command;
  auto& result = *command.mutable_record_gateway_result();
  result.set_payment_id(asked.payment_id());
  result.set_request_id(asked.request_id());
  result.set_outcome(answer.approved ? schema::GatewayRequest::APPROVED : schema::GatewayRequest::DECLINED);
  result.set_gateway_reference(as_reference(answer.reference));
  if (!answer.approved) result.set_code(as_code(answer.code));
  return command;
}

}  // namespace

GatewayEffect::GatewayEffect(CardGateway& gateway, SubmitCommand submit)
    : gateway_(gateway), submit_(std::move(submit)) {}

std::string_view GatewayEffect::name() const {
  return "gateway";
}

bool GatewayEffect::wants(std::string_view event_name) const {
  return event_name == "GatewayRequested";
}

std::string GatewayEffect::order_key(const EffectMessage& message) const {
  return message.tenant + "/" + message.stream_id;
}

DeliveryAttempt GatewayEffect::deliver(const EffectMessage& message, const std::string&) {
  schema::Event event;
  if (!event.ParseFromString(message.payload) || !event.has_gateway_requested()) {
    return not_delivered({ErrorKind::kInvalid, "gateway: not a request"});
  }
  const schema::GatewayRequested& asked = event.gateway_requested();
  const Result<GatewayAnswer> answer = gateway_.send(request_of(message, asked));
  if (!answer.ok()) return not_delivered(answer.error());
  // Where it is lost, the gateway tells the same outcome again.
  const Status recorded = submit_(message.tenant, result_of(asked, *answer), "gateway/" + asked.request_id());
  return recorded.ok() ? DeliveryAttempt() : not_delivered(recorded.error());
}

std::optional<std::chrono::milliseconds> GatewayEffect::wait_after(std::uint32_t attempts) const {
  return wait_of(kFirstWaits, kLaterWait, kAttemptsMost, attempts);
}

}  // namespace till
