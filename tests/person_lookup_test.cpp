// Keys of persons are made for persons who are there: updates of made-up customers fill nothing, and a tenant that is
// deleted takes the keys of all its persons along.
#include <catch2/catch.hpp>

#include <chrono>

#include "commands/employee.h"
#include "engine/position_text.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kAnn = R"({"name":"Ann"})";

std::uint64_t live_keys(ApiWorld& world) {
  return world.person_keys().counts().live;
}

}  // namespace

TEST_CASE("api: an update of a customer who is not there makes no key", "[persons]") {
  ApiWorld world;
  world.set_up_acme();
  const ApiReply refused = world.send("PUT", "/v1/customers/ghost", kAnn, world.manager_key, "k1");
  CHECK(refused.status == 404);
  CHECK(refused.code() == "CUSTOMER_NOT_FOUND");
  CHECK(live_keys(world) == 0);
  // Without personal data the rules tell.
  CHECK(world.send("PUT", "/v1/customers/ghost", "{}", world.manager_key, "k2").code() == "CUSTOMER_NOT_FOUND");
}

TEST_CASE("api: a customer who gave nothing before gets a key with the first update", "[persons]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", R"({"customer_id":"c1"})", world.manager_key, "k1").status == 201);
  CHECK(live_keys(world) == 0);
  const ApiReply updated = world.send("PUT", "/v1/customers/c1", kAnn, world.manager_key, "k2");
  INFO(updated.body);
  REQUIRE(updated.status == 201);
  CHECK(live_keys(world) == 1);
  ApiFields fields;
  fields.key = world.manager_key;
  fields.at_least = updated.header("Till-Position");
  CHECK(world.get("/v1/customers/c1", fields).json()["name"].text() == "Ann");
}

TEST_CASE("api: a batch may register a customer and update it", "[persons]") {
  ApiWorld world;
  world.set_up_acme();
  const ApiReply reply =
      world.send("POST", "/v1/batch",
                 R"({"commands":[{"idempotency_key":"k1","command":"RegisterCustomer","body":{"customer_id":"c1"}},)"
                 R"({"idempotency_key":"k2","command":"UpdateCustomer","body":{"customer_id":"c1","name":"Ann"}},)"
                 R"({"idempotency_key":"k3","command":"UpdateCustomer","body":{"customer_id":"ghost","name":"Eve"}}]})",
                 world.manager_key, {});
  INFO(reply.body);
  const JsonNode json = reply.json();
  const auto& results = json["results"].items();
  REQUIRE(results.size() == 3);
  CHECK(results[0]["status"].integer() == 201);
  CHECK(results[1]["status"].integer() == 201);
  CHECK(results[2]["status"].integer() == 404);
  CHECK(live_keys(world) == 1);
}

TEST_CASE("operator: a deleted tenant has no key that opens anything", "[persons]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", R"({"customer_id":"c1","name":"Ann"})", world.manager_key, "k1").status ==
          201);
  REQUIRE(world.send("PUT", "/v1/employees/e1", R"({"name":"Eve"})", world.manager_key, "k2").status == 201);
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"other"})").status == 201);
  const std::string other_key = world.issue("other", "MANAGER");
  REQUIRE(world.send("POST", "/v1/customers", R"({"customer_id":"c1","name":"Bob"})", other_key, "k1").status == 201);
  CHECK(live_keys(world) == 3);

  CHECK(world.operate("POST", "/operator/tenants/delete", R"({"tenant":"acme","confirm":"other"})").status == 400);
  CHECK(world.operate("POST", "/operator/tenants/delete", R"({"tenant":"no","confirm":"no"})").code() ==
        "TENANT_NOT_FOUND");
  const ApiReply deleted =
      world.operate("POST", "/operator/tenants/delete", R"({"tenant":"acme","confirm":"acme","reason":"left"})");
  INFO(deleted.body);
  REQUIRE(deleted.status == 200);
  REQUIRE(world.person_eraser().wait_for(world.log().head().position, kPatience));
  CHECK(live_keys(world) == 1);
  CHECK(world.person_keys().counts().erased == 2);

  ApiFields fields;
  fields.key = world.manager_key;
  CHECK(world.get("/v1/customers/c1", fields).status == 403);
  CHECK(world.get("/v1/customers/c1", fields).code() == "TENANT_DELETED");
  CHECK(world.send("PUT", "/v1/stores/s1", R"({"name":"x"})", world.admin_key, "k3").code() == "TENANT_DELETED");
  fields.key.back() = fields.key.back() == '0' ? '1' : '0';
  CHECK(world.get("/v1/customers/c1", fields).status == 401);
  CHECK(world.operate("GET", "/operator/keys?tenant=acme").status == 404);
  CHECK(world.operate("POST", "/operator/keys", R"({"tenant":"acme","scope":"MANAGER"})").code() == "TENANT_NOT_FOUND");
  CHECK(world.operate("POST", "/operator/tenants", R"({"tenant":"acme"})").code() == "TENANT_EXISTS");
  fields.key = other_key;
  fields.at_least = position_text(world.log().id(), Epoch(1), world.log().head().position);
  CHECK(world.get("/v1/customers/c1", fields).json()["name"].text() == "Bob");
}

TEST_CASE("operator: a tenant's export has all of its transactions, in plain text, and nobody else's", "[persons]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", R"({"customer_id":"c1","name":"Ann"})", world.manager_key, "k1").status ==
          201);
  REQUIRE(world.send("POST", "/v1/customers", R"({"customer_id":"c2","name":"Eve"})", world.manager_key, "k2").status ==
          201);
  const ApiReply erased =
      world.send("POST", "/v1/customers/c2/erase", R"({"legal_basis":"OBJECTION"})", world.manager_key, "k3");
  REQUIRE(erased.status == 201);
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"other"})").status == 201);
  REQUIRE(world.person_eraser().wait_for(world.log().head().position, kPatience));

  const JsonNode page = world.operate("GET", "/operator/tenants/export?tenant=acme").json();
  CHECK(page["next"].integer() == page["head"].integer() + 1);
  std::string plain;
  for (const JsonNode& line : page["lines"].items()) {
    CHECK(line["record"]["tenant"].text() == "acme");
    CHECK(line.json().find("secret_sha256") == std::string::npos);
    for (const JsonNode& person : line["personal"].items()) plain.append(person["name"].text()).append(";");
  }
  CHECK(plain == "Ann;;");
  // The log's own first record and the other tenant's are left out.
  CHECK(static_cast<std::int64_t>(page["lines"].items().size()) == page["head"].integer() - 2);
  const JsonNode rest =
      world.operate("GET", "/operator/tenants/export?tenant=acme&from=" + std::to_string(page["head"].integer()))
          .json();
  CHECK(rest["lines"].items().empty());
  CHECK(world.operate("GET", "/operator/tenants/export?tenant=acme&from=0").status == 400);
  CHECK(world.operate("GET", "/operator/tenants/export?tenant=nobody").code() == "TENANT_NOT_FOUND");
}

}  // namespace till::testing
