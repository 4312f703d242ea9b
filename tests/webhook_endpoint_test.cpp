// What becomes of a webhook endpoint, and which events it is sent.
#include "commands/webhook_endpoint.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/memory_books.h"

namespace till::testing {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

class Hooks {
 public:
  // The id that the server made.
  std::string add(const std::string& url, const std::vector<std::string>& events) {
    schema::Command command;
    command.mutable_register_webhook_endpoint()->set_url(url);
    for (const std::string& event : events) command.mutable_register_webhook_endpoint()->add_events(event);
    return send(command).endpoint_id();
  }
  void update(const std::string& id, const std::vector<std::string>& events, std::optional<bool> enabled) {
    schema::Command command;
    auto& update = *command.mutable_update_webhook_endpoint();
    update.set_endpoint_id(id);
    update.set_url("https://moved.example/");
    for (const std::string& event : events) update.add_events(event);
    if (enabled) update.set_enabled(*enabled);
    send(command);
  }
  void disable(const std::string& id) {
    schema::Command command;
    command.mutable_disable_webhook_endpoint()->set_endpoint_id(id);
    command.mutable_disable_webhook_endpoint()->set_reason("gone");
    send(command);
  }
  void rotate(const std::string& id) {
    schema::Command command;
    command.mutable_rotate_webhook_secret()->set_endpoint_id(id);
    send(command);
  }

  const schema::WebhookEndpointsState& state() {
    return *till_.books().get<schema::WebhookEndpointsState>(kind_of(schema::WEBHOOK_ENDPOINTS), kWebhookEndpointsId);
  }
  // Their ids.
  std::vector<std::string> wanting(std::string_view event) {
    std::vector<std::string> ids;
    for (const schema::WebhookEndpoint* endpoint : webhooks_for(state(), event)) ids.push_back(endpoint->endpoint_id());
    return ids;
  }

 private:
  schema::Answer send(const schema::Command& command) {
    const MemoryTill::Sent sent = till_.send(command);
    REQUIRE(std::holds_alternative<Acceptance>(sent.decision));
    return sent.answer;
  }

  MemoryTill till_;
};

}  // namespace

TEST_CASE("an event is sent to the enabled endpoints that want it", "[commands][webhooks]") {
  using Ids = std::vector<std::string>;
  Hooks hooks;
  const std::string sales = hooks.add("https://a.example/", {"SaleCompleted", "SaleVoided"});
  const std::string all = hooks.add("https://b.example/", {"*"});
  CHECK(hooks.wanting("SaleVoided") == Ids{sales, all});
  CHECK(hooks.wanting("StockReceived") == Ids{all});
  hooks.disable(all);
  CHECK(hooks.wanting("SaleCompleted") == Ids{sales});
  CHECK(hooks.wanting("Sale") == Ids{});
  hooks.update(sales, {"StockReceived"}, std::nullopt);
  CHECK(hooks.wanting("SaleCompleted") == Ids{});
  CHECK(hooks.wanting("StockReceived") == Ids{sales});
}

TEST_CASE("an endpoint stays disabled until it is enabled", "[commands][webhooks]") {
  Hooks hooks;
  const std::string id = hooks.add("https://a.example/", {"*"});
  const auto endpoint = [&hooks]() -> const schema::WebhookEndpoint& { return hooks.state().endpoints(0); };
  CHECK(endpoint().enabled());
  CHECK(endpoint().created_at_us() == kTestStartUs);
  hooks.disable(id);
  hooks.update(id, {"*"}, std::nullopt);
  CHECK_FALSE(endpoint().enabled());
  CHECK(endpoint().disabled_reason() == "gone");
  CHECK(endpoint().disabled_at_us() == kTestStartUs);
  hooks.update(id, {"*"}, true);
  CHECK(endpoint().enabled());
  CHECK_FALSE(endpoint().has_disabled_reason());
  CHECK_FALSE(endpoint().has_disabled_at_us());
  hooks.update(id, {"*"}, false);
  CHECK_FALSE(endpoint().enabled());
  CHECK_FALSE(endpoint().has_disabled_reason());
}

TEST_CASE("the former secret signs until its time is over", "[commands][webhooks]") {
  using Versions = std::vector<std::uint32_t>;
  Hooks hooks;
  const std::string id = hooks.add("https://a.example/", {"*"});
  const auto at = [&hooks](std::int64_t hours) {
    return webhook_secret_versions(hooks.state().endpoints(0), Micros(kTestStartUs + hours * kHourUs));
  };
  CHECK(at(0) == Versions{1});
  hooks.rotate(id);
  CHECK(at(0) == Versions{2, 1});
  CHECK(at(23) == Versions{2, 1});
  CHECK(at(24) == Versions{2});
  hooks.rotate(id);
  CHECK(at(0) == Versions{3, 2});
}

TEST_CASE("the largest list of endpoints fits into an entity", "[commands][webhooks]") {
  constexpr std::size_t kEntityBytesMost = 64 * 1024;
  std::vector<std::string> names;
  for (int i = 0; i < schema::Event::descriptor()->field_count(); ++i) {
    names.push_back(event_type_name(*schema::Event::descriptor()->field(i)));
  }
  std::ranges::sort(names, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  schema::WebhookEndpointsState state;
  for (int i = 0; i < kWebhookEndpointsMost; ++i) {
    schema::WebhookEndpoint& endpoint = *state.add_endpoints();
    endpoint.set_endpoint_id("we_18446744073709551615");
    endpoint.set_url(std::string(kWebhookUrlMost, 'x'));
    for (int j = 0; j < kWebhookEventsMost; ++j) endpoint.add_events(names[static_cast<std::size_t>(j)]);
    endpoint.set_disabled_reason(std::string(kWebhookReasonMost, 'x'));
    endpoint.set_disabled_at_us(kTestStartUs);
    endpoint.set_created_at_us(kTestStartUs);
    endpoint.set_secret_version(~std::uint32_t{0});
    endpoint.set_previous_until_us(kTestStartUs);
    endpoint.set_position(~std::uint64_t{0});
    endpoint.set_disabled_position(~std::uint64_t{0});
  }
  CHECK(state.ByteSizeLong() <= kEntityBytesMost);
}

}  // namespace till::testing
