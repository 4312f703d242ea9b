// Webhooks: who is told, what is sent, and what the answers mean.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "projections/effects/webhook_effect.h"
#include "projections/effects/webhook_signature.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSeconds = 1'795'824'000;

EffectMessage sale_message() {
  EffectMessage message;
  message.event = {Position(50), 1};
  message.id = "0123.1.50.1";
  message.tenant = "acme";
  message.event_name = "SaleCompleted";
  message.stream_kind = "sale";
  message.stream_id = "S1";
  message.stream_version = 3;
  message.recorded_at = Micros(1'795'824'000'000'000);
  message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return message;
}

// One endpoint, and a receiver that answers as it is told.
class Desk {
 public:
  Desk() {
    schema::WebhookEndpoint& endpoint = *state_->add_endpoints();
    endpoint.set_endpoint_id("we_5");
    endpoint.set_url("https://shop.example/hooks");
    endpoint.add_events("SaleCompleted");
    endpoint.set_enabled(true);
    endpoint.set_secret_version(1);
    endpoint.set_position(5);
    WebhookParts parts;
    parts.endpoints = [this](const std::string& tenant,
                             Position) -> Result<std::shared_ptr<const schema::WebhookEndpointsState>> {
      if (unknown) return Error{ErrorKind::kUnavailable, "not yet"};
      if (tenant != "acme") return std::shared_ptr<const schema::WebhookEndpointsState>();
      return std::shared_ptr<const schema::WebhookEndpointsState>(state_);
    };
    parts.secrets = [](const std::string&, const schema::WebhookEndpoint&, Micros) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{std::string(32, 'n'), std::string(32, 'o')};
    };
    parts.submit = [this](const std::string& tenant, const schema::Command& command, const std::string&) {
      submitted.push_back(tenant + " " + command.disable_webhook_endpoint().endpoint_id());
      return Status();
    };
    parts.post = [this](const OutboundPost& post) {
      posts.push_back(post);
      return answer;
    };
    parts.clock = [] { return Micros(kSeconds * 1'000'000); };
    parts.position_text = [](Position position) { return "p" + std::to_string(position.value()); };
    effect = std::make_unique<WebhookEffect>(std::move(parts), WebhookOptions{});
  }

  schema::WebhookEndpoint& endpoint() { return *state_->mutable_endpoints(0); }
  DeliveryAttempt deliver() { return effect->deliver(sale_message(), "we_5"); }
  DeliveryAttempt deliver(int status) {
    answer = OutboundAnswer{status, "", std::nullopt};
    return deliver();
  }

  bool unknown = false;
  Result<OutboundAnswer> answer = OutboundAnswer{200, "", std::nullopt};
  std::vector<OutboundPost> posts;
  std::vector<std::string> submitted;
  std::unique_ptr<WebhookEffect> effect;

 private:
  std::shared_ptr<schema::WebhookEndpointsState> state_ = std::make_shared<schema::WebhookEndpointsState>();
};

}  // namespace

TEST_CASE("webhooks: an event goes to the endpoints that were there before it and take it", "[effects]") {
  Desk desk;
  CHECK(*desk.effect->targets(sale_message()) == std::vector<std::string>{"we_5"});
  EffectMessage message = sale_message();
  message.event_name = "StockIssued";
  CHECK(desk.effect->targets(message)->empty());
  message = sale_message();
  message.event.position = Position(5);
  CHECK(desk.effect->targets(message)->empty());
  message = sale_message();
  message.tenant = "other";
  CHECK(desk.effect->targets(message)->empty());
  desk.endpoint().set_enabled(false);
  CHECK(desk.effect->targets(sale_message())->empty());
  desk.unknown = true;
  CHECK_FALSE(desk.effect->targets(sale_message()).ok());
}

TEST_CASE("webhooks: what is sent is thin, signed with every secret, and has the same id each time", "[effects]") {
  Desk desk;
  CHECK(desk.deliver().kind == DeliveryAttempt::Kind::kDone);
  REQUIRE(desk.posts.size() == 1);
  const OutboundPost& post = desk.posts.front();
  CHECK(post.url == "https://shop.example/hooks");
  CHECK(
      post.body ==
      R"({"type":"SaleCompleted","timestamp":"2026-11-28T00:00:00.000000Z","data":{"id":"0123.1.50.1","tenant":"acme",)"
      R"("position":"p50","stream":{"kind":"sale","id":"S1","version":3}}})");
  const std::map<std::string, std::string> headers(post.headers.begin(), post.headers.end());
  CHECK(headers.at("webhook-id") == "0123.1.50.1");
  CHECK(headers.at("webhook-timestamp") == std::to_string(kSeconds));
  const std::vector<std::string> secrets{std::string(32, 'n'), std::string(32, 'o')};
  CHECK(headers.at("webhook-signature") == webhook_signature(secrets, "0123.1.50.1", kSeconds, post.body));
  CHECK(headers.at("traceparent") == sale_message().traceparent);
  CHECK_FALSE(post.allow_private_addresses);
}

TEST_CASE("webhooks: 2xx alone is done; what else comes is tried again", "[effects]") {
  Desk desk;
  for (const int status : {200, 201, 204, 299}) CHECK(desk.deliver(status).kind == DeliveryAttempt::Kind::kDone);
  for (const int status : {302, 400, 404, 500, 503}) {
    const DeliveryAttempt attempt = desk.deliver(status);
    CHECK(attempt.kind == DeliveryAttempt::Kind::kFailed);
    CHECK(attempt.answer == std::to_string(status));
  }
  desk.answer = OutboundAnswer{429, "", 120s};
  CHECK(desk.deliver().not_before == 120s);
  desk.answer = OutboundAnswer{429, "", 1'000'000s};
  CHECK(desk.deliver().not_before == 24h);
  desk.answer = Error{ErrorKind::kUnavailable, "http: timeout"};
  CHECK(desk.deliver().kind == DeliveryAttempt::Kind::kFailed);
  desk.answer = Error{ErrorKind::kInvalid, "http: the address is not of the public internet"};
  CHECK(desk.deliver().kind == DeliveryAttempt::Kind::kRefused);
}

TEST_CASE("webhooks: 410 disables the endpoint", "[effects]") {
  Desk desk;
  CHECK(desk.deliver(410).kind == DeliveryAttempt::Kind::kRefused);
  CHECK(desk.submitted == std::vector<std::string>{"acme we_5"});
}

TEST_CASE("webhooks: nothing is sent to an endpoint that is disabled or removed", "[effects]") {
  Desk desk;
  desk.endpoint().set_enabled(false);
  CHECK(desk.deliver().kind == DeliveryAttempt::Kind::kRefused);
  desk.endpoint().set_endpoint_id("we_6");
  CHECK(desk.deliver().kind == DeliveryAttempt::Kind::kDone);
  CHECK(desk.posts.empty());
}

TEST_CASE("webhooks: the waits are those of the standard, and end", "[effects]") {
  Desk desk;
  std::chrono::milliseconds all{0};
  std::uint32_t attempts = 1;
  for (; desk.effect->wait_after(attempts); ++attempts) all += *desk.effect->wait_after(attempts);
  CHECK(attempts == 10);
  CHECK(all == 75h + 35min + 5s);
  CHECK(desk.effect->wait_after(1) == 5s);
}

}  // namespace till::testing
