// Versions over HTTP: what a read tells as ETag, a command may expect, in its body or as If-Match.
#include <catch2/catch.hpp>

#include "tests/api_desk.h"

namespace till::testing {
namespace {

TEST_CASE("api: If-Match and expected_version have one meaning") {
  ApiDesk desk;
  const ApiReply seen = desk.read("/v1/stores/s1");
  CHECK(seen.header("ETag") == "\"v2\"");
  CHECK(seen.json()["version"].integer() == 2);
  const ApiReply changed = desk.send_if_match("PUT", "/v1/stores/s1", R"({"name":"A"})", "\"v2\"");
  INFO(changed.body);
  REQUIRE(changed.status == 201);
  const ApiReply header = desk.send_if_match("PUT", "/v1/stores/s1", R"({"name":"B"})", "\"v2\"");
  CHECK(header.status == 412);
  CHECK(header.code() == "PRECONDITION_FAILED");
  CHECK(header.json()["detail"].text() == "Store s1 is at version 3, not 2");
  const ApiReply body =
      desk.send("PUT", "/v1/stores/s1", R"({"name":"B","expected_version":2})", desk.world.manager_key);
  CHECK(body.status == 409);
  CHECK(body.code() == "VERSION_MISMATCH");
  CHECK(body.json()["detail"].text() == "Store s1 is at version 3, not 2");
  CHECK(body.json()["errors"].items()[0]["pointer"].text() == "/expected_version");
  CHECK(desk.send_if_match("PUT", "/v1/stores/s1", R"({"name":"B","expected_version":3})", "\"v3\"").status == 201);
  const ApiReply both = desk.send_if_match("PUT", "/v1/stores/s1", R"({"name":"B","expected_version":4})", "\"v3\"");
  CHECK(both.status == 400);
  CHECK(both.code() == "IF_MATCH_INVALID");
}

TEST_CASE("api: what is no entity tag, or means nothing to a command, is refused") {
  ApiDesk desk;
  for (const char* tag :
       {"*", "v2", "\"2\"", "\"v\"", "\"v2", "\"v-1\"", "\"v2\", \"v3\"", "W/\"v2\"", "\"v99999999999999999999\""}) {
    CAPTURE(tag);
    const ApiReply reply = desk.send_if_match("PUT", "/v1/stores/s1", R"({"name":"A"})", tag);
    CHECK(reply.status == 400);
    CHECK(reply.code() == "IF_MATCH_INVALID");
  }
  const ApiReply sale = desk.send_if_match("POST", "/v1/sales", desk.world.sale_body("r1", 1), "\"v1\"");
  CHECK(sale.status == 400);
  CHECK(sale.code() == "IF_MATCH_NOT_SUPPORTED");
  CHECK(desk.send_if_match("POST", "/v1/batch", R"({"commands":[]})", "\"v1\"").code() == "IF_MATCH_NOT_SUPPORTED");
}

TEST_CASE("api: the ETag of a read is what the command on it may expect") {
  ApiDesk desk;
  desk.must("POST", "/v1/customers", R"({"customer_id":"c1","name":"Ada"})");
  desk.must("PUT", "/v1/catalog/promotions/p1",
            R"({"name":"P","kind":"PERCENT_OFF","percent_ppm":100000,"valid_from":"2026-01-01T00:00:00Z"})");
  desk.must("POST", "/v1/catalog/prices",
            R"({"price_id":"x1","price_list":"retail","sku":"tea","price":{"amount":199,"currency":"USD"},)"
            R"("valid_from":"2026-01-01T00:00:00Z","valid_to":"2026-02-01T00:00:00Z"})");
  struct Row {
    std::string read;
    std::string method;
    std::string target;
    std::string body;
  };
  const Row rows[] = {
      {"/v1/customers/c1", "PUT", "/v1/customers/c1", R"({"name":"Eve"})"},
      {"/v1/catalog/promotions/p1", "PUT", "/v1/catalog/promotions/p1",
       R"({"name":"Q","kind":"PERCENT_OFF","percent_ppm":100000,"valid_from":"2026-01-01T00:00:00Z"})"},
      {"/v1/catalog/products/tea", "PUT", "/v1/catalog/products/tea",
       R"({"name":"T","category":"d","unit_price":{"amount":250,"currency":"USD"},"tax_code":"standard"})"},
      {"/v1/stores/s1", "PUT", "/v1/stores/s1/policy", R"({"stock":"DENY","time_zone":"UTC"})"},
      {"/v1/catalog/price-lists/retail/prices/tea", "POST", "/v1/catalog/prices",
       R"({"price_id":"x2","price_list":"retail","sku":"tea","price":{"amount":199,"currency":"USD"},)"
       R"("valid_from":"2026-03-01T00:00:00Z"})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const std::string tag = desk.read(row.read).header("ETag");
    REQUIRE(tag.starts_with("\"v"));
    CHECK(desk.send_if_match(row.method, row.target, row.body, "\"v77\"").code() == "PRECONDITION_FAILED");
    const ApiReply changed = desk.send_if_match(row.method, row.target, row.body, tag);
    INFO(changed.body);
    CHECK(changed.status == 201);
  }
}

TEST_CASE("api: a terminal has a quota of its own within its tenant's") {
  ServiceOptions options;
  options.rate_limit = {100, 100, 1, 2};
  ApiWorld world(std::move(options));
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"acme"})").status == 201);
  ApiFields busy;
  busy.key = world.issue("acme", "TERMINAL", "t1");
  ApiFields calm;
  calm.key = world.issue("acme", "TERMINAL", "t2");
  const ApiReply first = world.get("/v1/sales/r1", busy);
  CHECK(first.header("RateLimit-Policy") == "\"tenant\";q=100;w=1, \"terminal\";q=2;w=2");
  CHECK(first.header("RateLimit") == "\"tenant\";r=99;t=1, \"terminal\";r=1;t=1");
  world.get("/v1/sales/r1", busy);
  const ApiReply refused = world.get("/v1/sales/r1", busy);
  CHECK(refused.status == 429);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(world.get("/v1/sales/r1", calm).status == 404);
  ApiFields office;
  office.key = world.issue("acme", "MANAGER");
  CHECK(world.get("/v1/sales/r1", office).header("RateLimit-Policy") == "\"tenant\";q=100;w=1");
}

}  // namespace
}  // namespace till::testing
