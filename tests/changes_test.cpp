// The change feed through the public handler: pages to the end, kinds, other tenants, persons.
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/position_text.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

// A page that reflects all that was accepted.
ApiReply page(ApiWorld& world, const std::string& query, const std::string& key) {
  const LogPoint head = world.log().head();
  ApiFields fields;
  fields.key = key;
  fields.at_least = position_text(head.log_id, head.epoch, head.position);
  return world.get("/v1/changes" + query, fields);
}

struct Pages {
  std::vector<JsonNode> changes;
  std::string next;
  int count = 0;
};

// Pages of `limit` until one says that there is no more.
Pages read_to_end(ApiWorld& world, const std::string& key, int limit, std::string after = {},
                  const std::string& kinds = {}) {
  Pages pages;
  for (bool more = true; more;) {
    const std::string query = "?limit=" + std::to_string(limit) + (after.empty() ? "" : "&after=" + after) + kinds;
    const ApiReply reply = page(world, query, key);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    const JsonNode json = reply.json();
    for (const JsonNode& change : json["changes"].items()) pages.changes.push_back(change);
    after = pages.next = std::string(json["next"].text());
    more = json["has_more"].boolean();
    REQUIRE(++pages.count < 1000);
  }
  return pages;
}

void put(ApiWorld& world, const std::string& target, const std::string& body, const std::string& key) {
  static int used = 0;
  const ApiReply reply = world.send("PUT", target, body, key, "change-" + std::to_string(++used));
  INFO(reply.body);
  REQUIRE(reply.status == 201);
}

void put_product(ApiWorld& world, const std::string& sku, int price, const std::string& key) {
  put(world, "/v1/catalog/products/" + sku,
      R"({"name":"Thing","category":"ware","unit_price":{"amount":)" + std::to_string(price) +
          R"(,"currency":"USD"},"tax_code":"standard","unit_cost":{"amount":7,"currency":"USD"}})",
      key);
}

TEST_CASE("changes: pages end, and whatever their size they tell the same", "[changes]") {
  ApiWorld world;
  world.set_up_acme();
  for (int i = 0; i < 7; ++i) put_product(world, "p" + std::to_string(i), 100 + i, world.manager_key);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const std::string id = "r" + std::to_string(i);
    REQUIRE(world.send("POST", "/v1/sales", world.sale_body(id, i), world.terminal_key, "k-" + id).status == 201);
  }
  put_product(world, "p3", 999, world.manager_key);
  const Pages whole = read_to_end(world, world.terminal_key, 1000);
  CHECK(whole.count == 1);
  const Pages small = read_to_end(world, world.terminal_key, 2);
  CHECK(small.count > 4);
  CHECK(small.next == whole.next);
  REQUIRE(small.changes.size() == whole.changes.size());
  for (std::size_t i = 0; i < whole.changes.size(); ++i) CHECK(small.changes[i].json() == whole.changes[i].json());
  const JsonNode& last = whole.changes.back();
  CHECK(last["kind"].text() == "product");
  CHECK(last["id"].text() == "p3");
  CHECK(last["event"].text() == "ProductUpserted");
  CHECK(last["entity"]["product"]["unit_price"]["amount_e4"].integer() == 99'900);
  CHECK(last.json().find("cost") == std::string::npos);

  // Caught up: an empty page, from which the next change is seen.
  const Pages none = read_to_end(world, world.terminal_key, 10, whole.next);
  CHECK(none.changes.empty());
  CHECK(none.count == 1);
  put_product(world, "late", 5, world.manager_key);
  const Pages one = read_to_end(world, world.terminal_key, 10, none.next);
  REQUIRE(one.changes.size() == 1);
  CHECK(one.changes[0]["id"].text() == "late");
}

TEST_CASE("changes: kinds are what was asked for, and things are shown as they are now", "[changes]") {
  ApiWorld world;
  world.set_up_acme();
  put(world, "/v1/stores/s1", R"({"name":"Renamed"})", world.manager_key);
  const Pages stores = read_to_end(world, world.reporting_key, 100, {}, "&kinds=store");
  REQUIRE(stores.changes.size() == 3);
  CHECK(stores.changes[1]["event"].text() == "StorePolicySet");
  for (const JsonNode& change : stores.changes) CHECK(change["entity"]["store"]["name"].text() == "Renamed");
  std::set<std::string> kinds;
  for (const JsonNode& change : read_to_end(world, world.manager_key, 100, {}, "&kinds=store&kinds=product").changes) {
    kinds.emplace(change["kind"].text());
  }
  CHECK(kinds == std::set<std::string>{"store", "product"});
}

TEST_CASE("changes: another tenant's things do not exist", "[changes]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"other","name":"Other"})").status == 201);
  const std::string others = world.issue("other", "MANAGER");
  put(world, "/v1/stores/secret", R"({"name":"Secret"})", others);
  put_product(world, "secret", 1, others);
  for (const JsonNode& change : read_to_end(world, world.manager_key, 3).changes) {
    CHECK(change["id"].text() != "secret");
  }
  const Pages own = read_to_end(world, others, 3);
  REQUIRE(own.changes.size() == 2);
  for (const JsonNode& change : own.changes) CHECK(change["id"].text() == "secret");
}

TEST_CASE("changes: persons are shown to those who may read customers", "[changes]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world
              .send("POST", "/v1/customers", R"({"customer_id":"c1","name":"Ada","email":"ada@example.org"})",
                    world.terminal_key, "k-c1")
              .status == 201);
  const auto customer = [&](const std::string& key) {
    const Pages pages = read_to_end(world, key, 100, {}, "&kinds=customer");
    REQUIRE(pages.changes.size() == 1);
    return pages.changes[0];
  };
  CHECK(customer(world.terminal_key)["entity"]["customer"]["name"].text() == "Ada");
  const JsonNode sealed = customer(world.reporting_key);
  CHECK(sealed["entity"]["customer"]["customer_id"].text() == "c1");
  CHECK(sealed.json().find("Ada") == std::string::npos);
  REQUIRE(world.send("POST", "/v1/customers/c1/erase", R"({"legal_basis":"OBJECTION"})", world.manager_key, "k-erase")
              .status == 201);
  const Pages after = read_to_end(world, world.terminal_key, 100, {}, "&kinds=customer");
  CHECK(after.changes.back()["event"].text() == "CustomerErased");
  for (const JsonNode& change : after.changes) CHECK(change.json().find("Ada") == std::string::npos);
}

TEST_CASE("changes: faulty parameters are named", "[changes]") {
  ApiWorld world;
  world.set_up_acme();
  const LogPoint head = world.log().head();
  CHECK(page(world, "?limit=0", world.manager_key).code() == "PARAMETER_INVALID");
  CHECK(page(world, "?limit=1001", world.manager_key).code() == "PARAMETER_INVALID");
  CHECK(page(world, "?kinds=sale", world.manager_key).code() == "PARAMETER_INVALID");
  CHECK(page(world, "?after=17", world.manager_key).code() == "POSITION_INVALID");
  const std::string beyond = position_text(head.log_id, head.epoch, Position(head.position.value() + 1));
  CHECK(page(world, "?after=" + beyond, world.manager_key).code() == "POSITION_INVALID");
}

}  // namespace
}  // namespace till::testing
