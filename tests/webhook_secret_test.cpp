// The secrets of webhook endpoints: made of what names them, told once, stored nowhere.
#include "api/webhook_secret.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "engine/vocabulary.h"
#include "projections/effects/webhook_signature.h"
#include "tests/api_desk.h"

namespace till::testing {
namespace {

constexpr std::string_view kEndpoints = "/v1/webhook-endpoints";
constexpr std::string_view kSales = R"({"url":"https://shop.example/hooks","events":["SaleCompleted"]})";

}  // namespace

TEST_CASE("a webhook secret is that of the server, tenant, endpoint and version", "[webhooks]") {
  const WebhookSecrets secrets(MasterSecret{1, 2, 3});
  const std::string first = secrets.secret("acme", "we_7", 1);
  // HMAC-SHA256 by another program: receivers keep what they were shown.
  CHECK(to_hex(first) == "dd44539f5a4755c6c93e40c3c918fdcadcfab916b1c87aceb7ce9414b215412a");
  CHECK(secrets.secret("acme", "we_7", 1) == first);
  const std::set<std::string> different{first,
                                        secrets.secret("zeta", "we_7", 1),
                                        secrets.secret("acme", "we_8", 1),
                                        secrets.secret("acme", "we_7", 2),
                                        secrets.secret("acme", "we_71", 1),
                                        secrets.secret("acme", "we_7", 11),
                                        WebhookSecrets(MasterSecret{1, 2, 4}).secret("acme", "we_7", 1)};
  CHECK(different.size() == 7);
}

TEST_CASE("an answer tells the secret that its command made, and no other", "[webhooks]") {
  const WebhookSecrets secrets(MasterSecret{1, 2, 3});
  schema::Answer answer;
  answer.set_endpoint_id("we_7");
  secrets.tell("acme", answer);
  CHECK_FALSE(answer.has_secret());
  answer.set_secret_version(1);
  secrets.tell("acme", answer);
  CHECK(answer.secret() == "whsec_3URTn1pHVcbJPkDDyRj9ytz6uRaxyHrOt86UFLIVQSo=");
  CHECK(read_webhook_secret(answer.secret()) == secrets.secret("acme", "we_7", 1));
}

TEST_CASE("api: the secret of an endpoint is shown when it is made, and nowhere else", "[webhooks]") {
  ApiDesk desk;
  const ApiReply none = desk.read(kEndpoints);
  INFO(none.body);
  REQUIRE(none.status == 200);
  CHECK(none.json()["endpoints"].items().empty());

  ApiWorld& world = desk.world;
  const ApiReply made = world.send("POST", kEndpoints, kSales, world.manager_key, "k1");
  INFO(made.body);
  REQUIRE(made.status == 201);
  const std::string id(made.json()["id"].text());
  const std::string secret(made.json()["secret"].text());
  CHECK(id.starts_with("we_"));
  CHECK(read_webhook_secret(secret).has_value());
  // Also what was answered first, by its key or by its content.
  CHECK(world.send("POST", kEndpoints, kSales, world.manager_key, "k1").body == made.body);
  CHECK(world.send("POST", kEndpoints, kSales, world.manager_key, "k2").body == made.body);

  const std::string place = std::string(kEndpoints) + "/" + id;
  const ApiReply rotated = desk.must("POST", place + "/rotate-secret", "{}");
  CHECK(rotated.json()["id"].text() == id);
  CHECK(read_webhook_secret(rotated.json()["secret"].text()).has_value());
  CHECK(rotated.json()["secret"].text() != secret);
  const ApiReply updated = desk.must("PUT", place, R"({"url":"https://shop.example/","events":["*"],"enabled":false})");
  CHECK_FALSE(updated.json().has("secret"));

  const ApiReply list = desk.read(kEndpoints);
  INFO(list.body);
  REQUIRE(list.status == 200);
  REQUIRE(list.json()["endpoints"].items().size() == 1);
  const JsonNode endpoint = list.json()["endpoints"].items().front();
  CHECK(endpoint["id"].text() == id);
  CHECK(endpoint["url"].text() == "https://shop.example/");
  CHECK(endpoint["secret_version"].integer() == 2);
  CHECK(endpoint.has("previous_secret_until"));
  CHECK_FALSE(endpoint.has("secret"));
  CHECK_FALSE(endpoint.has("position"));
  for (std::uint64_t at = 1; at <= world.log().head().position.value(); ++at) {
    CHECK(world.log().read(Position(at))->find("whsec_") == std::string::npos);
  }
}

TEST_CASE("api: webhook endpoints are the manager's matter", "[webhooks]") {
  ApiDesk desk;
  CHECK(desk.send("POST", kEndpoints, kSales, desk.world.terminal_key).code() == "FORBIDDEN");
  CHECK(desk.read(kEndpoints, desk.world.reporting_key).code() == "FORBIDDEN");
  const std::string id(desk.must("POST", kEndpoints, kSales).json()["id"].text());
  desk.must("DELETE", std::string(kEndpoints) + "/" + id, {});
  const ApiReply gone = desk.send("DELETE", std::string(kEndpoints) + "/" + id, {}, desk.world.admin_key);
  CHECK(gone.status == 404);
  CHECK(gone.code() == "WEBHOOK_ENDPOINT_NOT_FOUND");
  const ApiReply unknown =
      desk.send("POST", kEndpoints, R"({"url":"https://a.example/","events":["Nothing"]})", desk.world.manager_key);
  CHECK(unknown.status == 422);
  CHECK(unknown.body.find("/events/0") != std::string::npos);
}

}  // namespace till::testing
