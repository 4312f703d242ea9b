#include "projections/effects/webhook_effect.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/webhook_endpoint.h"
#include "engine/json_writer.h"
#include "projections/effects/webhook_signature.h"
#include "projections/relay/event_message.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

using namespace std::chrono_literals;
using schema::WebhookEndpoint;
using schema::WebhookEndpointsState;

constexpr std::array<std::chrono::milliseconds, 9> kWaits{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
// A receiver may ask for a longer wait, but not for more than this.
constexpr std::chrono::milliseconds kAskedWaitMost = 24h;
constexpr int kGone = 410;

const WebhookEndpoint* find_endpoint(const WebhookEndpointsState* state, const std::string& endpoint_id) {
  if (state == nullptr) return nullptr;
  const auto found = std::ranges::find(state->endpoints(), endpoint_id, &WebhookEndpoint::endpoint_id);
  return found == state->endpoints().end() ? nullptr : &*found;
}

DeliveryAttempt refused_delivery(std::string error) {
  return {.kind = DeliveryAttempt::Kind::kRefused, .error = std::move(error), .not_before = std::nullopt};
}

DeliveryAttempt failed_delivery(std::string error) {
  return {.kind = DeliveryAttempt::Kind::kFailed, .error = std::move(error), .not_before = std::nullopt};
}

}  // namespace

WebhookEffect::WebhookEffect(WebhookParts parts, WebhookOptions options)
    : parts_(std::move(parts)), options_(options) {}

// Which of them, the endpoints say.
bool WebhookEffect::wants(std::string_view) const {
  return true;
}

Result<std::vector<std::string>> WebhookEffect::targets(const EffectMessage& message) {
  const auto state = parts_.endpoints(message.tenant, message.event.position);
  if (!state.ok()) return state.error();
  std::vector<std::string> targets;
  if (*state == nullptr) return targets;
  for (const WebhookEndpoint* const endpoint : webhooks_for(**state, message.event_name)) {
    if (endpoint->position() < message.event.position.value()) targets.push_back(endpoint->endpoint_id());
  }
  return targets;
}

DeliveryAttempt WebhookEffect::deliver(const EffectMessage& message, const std::string& target) {
  const auto state = parts_.endpoints(message.tenant, message.event.position);
  if (!state.ok()) return failed_delivery(state.error().message);
  const WebhookEndpoint* const endpoint = find_endpoint(state->get(), target);
  // Nobody is there to be told.
  if (endpoint == nullptr) return {.answer = "endpoint removed", .not_before = std::nullopt};
  if (!endpoint->enabled()) return refused_delivery("the endpoint is disabled");
  const Micros now = parts_.clock();
  const std::int64_t timestamp = now.value() / 1'000'000;
  const Result<std::vector<std::string>> secrets = parts_.secrets(message.tenant, *endpoint, now);
  if (!secrets.ok()) return failed_delivery(secrets.error().message);
  OutboundPost post;
  post.url = endpoint->url();
  post.body = webhook_body(message, parts_.position_text(message.event.position));
  post.headers = {{"Content-Type", "application/json"},
                  {"webhook-id", message.id},
                  {"webhook-timestamp", std::to_string(timestamp)},
                  {"webhook-signature", webhook_signature(*secrets, message.id, timestamp, post.body)}};
  if (!message.traceparent.empty()) post.headers.emplace_back("traceparent", message.traceparent);
  post.timeout = options_.timeout;
  post.allow_private_addresses = options_.allow_private_addresses;
  const Result<OutboundAnswer> answer = parts_.post(post);
  if (!answer.ok()) {
    const bool never = answer.error().kind == ErrorKind::kInvalid;
    return never ? refused_delivery(answer.error().message) : failed_delivery(answer.error().message);
  }
  const std::string status = std::to_string(answer->status);
  if (answer->status >= 200 && answer->status < 300) return {.answer = status, .not_before = std::nullopt};
  if (answer->status == kGone) return gone(message, target, answer->status);
  DeliveryAttempt failed = failed_delivery("HTTP status " + status);
  failed.answer = status;
  if (answer->retry_after) {
    failed.not_before = std::min<std::chrono::milliseconds>(*answer->retry_after, kAskedWaitMost);
  }
  return failed;
}

DeliveryAttempt WebhookEffect::gone(const EffectMessage& message, const std::string& endpoint_id, int status) {
  schema::Command command;
  auto& disable = *command.mutable_disable_webhook_endpoint();
  disable.set_endpoint_id(endpoint_id);
  disable.set_reason("the receiver answered " + std::to_string(status));
  // An endpoint that was enabled again since then, and is gone once more, is disabled once more.
  const Status disabled = parts_.submit(message.tenant, command, "webhooks/" + endpoint_id + "/gone/" + message.id);
  if (!disabled.ok() && disabled.error().kind != ErrorKind::kInvalid) return failed_delivery(disabled.error().message);
  DeliveryAttempt attempt = refused_delivery("HTTP status " + std::to_string(status) + ": the endpoint is disabled");
  attempt.answer = std::to_string(status);
  return attempt;
}

std::optional<std::chrono::milliseconds> WebhookEffect::wait_after(std::uint32_t attempts) const {
  if (attempts > kWaits.size()) return std::nullopt;
  return kWaits[std::max(attempts, 1u) - 1];
}

std::string webhook_body(const EffectMessage& message, const std::string& position) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("type", message.event_name).member("timestamp", rfc3339(message.recorded_at));
  json.key("data").begin_object().member("id", message.id).member("tenant", message.tenant);
  json.member("position", position).key("stream").begin_object().member("kind", message.stream_kind);
  json.member("id", message.stream_id).key("version").number(message.stream_version);
  json.end_object().end_object().end_object();
  return text;
}

}  // namespace till
