// Commands through the public handler: who may, what counts as the same request, what is told.
#include <catch2/catch.hpp>

#include <set>

#include "api/command_codec.h"
#include "api/validation.h"
#include "engine/position_text.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

constexpr std::string_view kSales = "/v1/sales";

TEST_CASE("api: a sale is accepted once, and its replay is the same answer with a mark") {
  ApiWorld world;
  world.set_up_acme();
  const std::string body = world.sale_body("r1", 1);
  const ApiReply first = world.send("POST", kSales, body, world.terminal_key, "k1");
  INFO(first.body);
  REQUIRE(first.status == 201);
  CHECK(first.json()["sale_id"].text() == "r1");
  CHECK(first.json()["total"]["amount"].integer() == 500);
  CHECK(first.json()["position"].text() == first.header("Till-Position"));
  CHECK(first.header("Idempotent-Replayed").empty());

  const Position head = world.log().head().position;
  const ApiReply replay = world.send("POST", kSales, body, world.terminal_key, "k1");
  CHECK(replay.status == first.status);
  CHECK(replay.body == first.body);
  CHECK(replay.header("Idempotent-Replayed") == "true");
  CHECK(world.send("POST", kSales, body, world.terminal_key, "\"k1\"").body == first.body);
  CHECK(world.log().head().position == head);

  const ApiReply reused = world.send("POST", kSales, world.sale_body("r2", 2), world.terminal_key, "k1");
  CHECK(reused.status == 422);
  CHECK(reused.code() == "IDEMPOTENCY_KEY_REUSED");
  CHECK(reused.content_type == "application/problem+json");
}

TEST_CASE("api: the same sale under another key gives the first result") {
  ApiWorld world;
  world.set_up_acme();
  const ApiReply first = world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1");
  const ApiReply again = world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k2");
  INFO(again.body);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
}

TEST_CASE("api: a key that is bound to a terminal voids the sales of that terminal only") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1").status == 201);
  REQUIRE(world.send("POST", kSales, world.sale_body("r2", 1, "t2"), world.manager_key, "k2").status == 201);
  const std::string reason = R"({"reason":"typed wrong"})";
  const ApiReply others = world.send("POST", "/v1/sales/r2/void", reason, world.terminal_key, "k3");
  CHECK(others.status == 403);
  CHECK(others.code() == "TERMINAL_NOT_PERMITTED");
  const ApiReply batch = world.send(
      "POST", "/v1/batch",
      R"({"commands":[{"idempotency_key":"k4","command":"VoidSale","body":{"sale_id":"r2","reason":"typed wrong"}}]})",
      world.terminal_key, {});
  CHECK(batch.json()["results"].items().front()["status"].integer() == 403);
  CHECK(world.send("POST", "/v1/sales/r1/void", reason, world.terminal_key, "k5").status == 201);
  CHECK(world.send("POST", "/v1/sales/r2/void", reason, world.manager_key, "k6").status == 201);
}

TEST_CASE("api: the same void under another key gives the first result") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1").status == 201);
  const std::string reason = R"({"reason":"typed wrong"})";
  const ApiReply first = world.send("POST", "/v1/sales/r1/void", reason, world.terminal_key, "k2");
  REQUIRE(first.status == 201);
  const ApiReply again = world.send("POST", "/v1/sales/r1/void", reason, world.manager_key, "k3");
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  const ApiReply other = world.send("POST", "/v1/sales/r1/void", R"({"reason":"returned"})", world.terminal_key, "k4");
  CHECK(other.status == 409);
  CHECK(other.code() == "SALE_ALREADY_VOIDED");
}

TEST_CASE("api: JSON and Protobuf of one request are one payload") {
  ApiWorld world;
  world.set_up_acme();
  const std::string json =
      R"({"name":"Cup","category":"ware","unit_price":{"amount":900,"currency":"USD"},"tax_code":"standard"})";
  const ApiReply first = world.send("PUT", "/v1/catalog/products/cup", json, world.manager_key, "k1");
  REQUIRE(first.status == 201);
  schema::UpsertProduct product;
  product.set_sku("cup");
  product.set_name("Cup");
  product.set_category("ware");
  product.mutable_unit_price()->set_amount(900);
  product.mutable_unit_price()->set_currency("USD");
  product.set_tax_code("standard");
  ApiFields fields;
  fields.key = world.manager_key;
  fields.idempotency_key = "k1";
  fields.content_type = fields.accept = "application/x-protobuf";
  const ApiReply second = call(world.handler(), "PUT", "/v1/catalog/products/cup", product.SerializeAsString(), fields);
  CHECK(second.status == 201);
  CHECK(second.content_type == "application/x-protobuf");
  CHECK(second.header("Idempotent-Replayed") == "true");
  schema::CommandAnswer answer;
  REQUIRE(answer.ParseFromString(second.body));
  CHECK(answer.position() == first.json()["position"].text());
  CHECK(answer.answer().sku() == "cup");
  product.set_name("Mug");
  const ApiReply third = call(world.handler(), "PUT", "/v1/catalog/products/cup", product.SerializeAsString(), fields);
  schema::Problem problem;
  REQUIRE(problem.ParseFromString(third.body));
  CHECK(problem.code() == schema::IDEMPOTENCY_KEY_REUSED);
}

TEST_CASE("api: checks come in the order that a client expects") {
  ApiWorld world;
  world.set_up_acme();
  const auto code = [&](std::string_view method, std::string_view target, std::string_view body, ApiFields fields) {
    const ApiReply reply = call(world.handler(), method, target, body, fields);
    return std::to_string(reply.status) + " " + reply.code();
  };
  ApiFields fields;
  CHECK(code("POST", kSales, "", fields) == "401 UNAUTHENTICATED");
  CHECK(code("POST", "/v1/nothing", "", fields) == "401 UNAUTHENTICATED");
  CHECK(code("GET", "/nothing", "", fields) == "404 ROUTE_NOT_FOUND");
  fields.key = "till_0000_1111";
  CHECK(code("POST", kSales, "", fields) == "401 UNAUTHENTICATED");
  fields.key = world.terminal_key + "0";
  CHECK(code("POST", kSales, "", fields) == "401 UNAUTHENTICATED");
  fields.key = world.reporting_key;
  CHECK(code("POST", kSales, "", fields) == "403 FORBIDDEN");
  fields.key = world.terminal_key;
  CHECK(code("POST", "/v1/nothing", "", fields) == "404 ROUTE_NOT_FOUND");
  CHECK(code("DELETE", kSales, "", fields) == "405 METHOD_NOT_ALLOWED");
  fields.content_type = "text/plain";
  CHECK(code("POST", kSales, "", fields) == "415 UNSUPPORTED_MEDIA_TYPE");
  fields.content_type = "application/json; charset=utf-8";
  CHECK(code("POST", kSales, "", fields) == "400 IDEMPOTENCY_KEY_MISSING");
  fields.idempotency_key = "line\nbreak";
  CHECK(code("POST", kSales, "", fields) == "400 IDEMPOTENCY_KEY_INVALID");
  fields.idempotency_key = std::string(256, 'x');
  CHECK(code("POST", kSales, "", fields) == "400 IDEMPOTENCY_KEY_INVALID");
  fields.idempotency_key = "k1";
  CHECK(code("POST", kSales, "{", fields) == "400 MALFORMED_BODY");
  CHECK(code("POST", kSales, "{}", fields) == "400 VALIDATION_FAILED");
  CHECK(code("POST", kSales, world.sale_body("r1", 1, "t2"), fields) == "403 TERMINAL_NOT_PERMITTED");
  CHECK(code("PUT", "/v1/stores/s1", R"({"name":"x"})", fields) == "403 FORBIDDEN");
  CHECK(code("POST", kSales, world.sale_body("r1", 1), fields) == "201 ");
}

TEST_CASE("api: answers of the door carry the header fields that belong to them") {
  ApiWorld world;
  world.set_up_acme();
  CHECK(world.get("/v1/sales/r1", {}).header("WWW-Authenticate") == "Bearer");
  ApiFields fields;
  fields.key = world.admin_key;
  CHECK(call(world.handler(), "DELETE", kSales, "", fields).header("Allow") == "POST");
}

TEST_CASE("api: a rejection tells its code, the expected sequence, and uses nothing up") {
  ApiWorld world;
  world.set_up_acme();
  const ApiReply gap = world.send("POST", kSales, world.sale_body("r1", 3), world.terminal_key, "k1");
  CHECK(gap.status == 409);
  CHECK(gap.code() == "TERMINAL_SEQUENCE_GAP");
  CHECK(gap.json()["expected"].integer() == 1);
  const ApiReply unknown =
      world.send("POST", kSales, world.sale_body("r1", 1, "t1", "nothing"), world.terminal_key, "k1");
  CHECK(unknown.status == 422);
  CHECK(unknown.code() == "PRODUCT_NOT_FOUND");
  CHECK(world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1").status == 201);
  const ApiReply fork = world.send("POST", kSales, world.sale_body("r9", 1), world.terminal_key, "k9");
  CHECK(fork.code() == "TERMINAL_SEQUENCE_FORK");
}

TEST_CASE("api: a revoked key ends at once, another tenant sees nothing") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1").status == 201);
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"other"})").status == 201);
  const std::string other = world.issue("other", "ADMIN");
  ApiFields fields;
  fields.key = other;
  fields.at_least = position_text(world.log().id(), Epoch(1), world.log().head().position);
  CHECK(world.get("/v1/sales/r1", fields).code() == "SALE_NOT_FOUND");
  CHECK(world.send("POST", "/v1/sales/r1/void", R"({"reason":"x"})", other, "v1").code() == "SALE_NOT_FOUND");

  const std::string key_id = world.manager_key.substr(5, world.manager_key.rfind('_') - 5);
  const ApiReply revoked =
      world.operate("POST", "/operator/keys/revoke", R"({"tenant":"acme","key_id":")" + key_id + "\"}");
  INFO(revoked.body);
  REQUIRE(revoked.status == 200);
  fields.key = world.manager_key;
  CHECK(world.get("/v1/sales/r1", fields).status == 401);
}

std::string batch_item(std::string_view key, std::string_view command, std::string_view body) {
  return R"({"idempotency_key":")" + std::string(key) + R"(","command":")" + std::string(command) + R"(","body":)" +
         std::string(body) + "}";
}

TEST_CASE("api: a batch answers each command by itself, in order") {
  ApiWorld world;
  world.set_up_acme();
  const std::string sale = batch_item("b1", "RingUpSale", world.sale_body("r1", 1));
  const std::string body =
      R"({"commands":[)" + sale + "," + sale + "," + batch_item("b2", "RingUpSale", world.sale_body("r2", 2, "t2")) +
      "," + batch_item("b3", "Nothing", "{}") + "," +
      batch_item("b4", "UpsertStore", R"({"store_id":"s1","name":"x"})") + "," + batch_item("b5", "RingUpSale", "{}") +
      "," + batch_item("b6", "RingUpSale", world.sale_body("r3", 9)) + "," +
      batch_item("b7", "RegisterCustomer", R"({"customer_id":"c1","name":"Ada"})") + "," +
      batch_item("b8", "RingUpSale", world.sale_body("r2", 2)) + "]}";
  ApiFields fields;
  fields.key = world.terminal_key;
  const ApiReply reply = call(world.handler(), "POST", "/v1/batch", body, fields);
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  const JsonNode json = reply.json();
  std::vector<std::string> told;
  for (const JsonNode& item : json["results"].items()) {
    told.push_back(std::to_string(item["status"].integer()) + " " + std::string(item["body"]["code"].text()));
  }
  CHECK(told == std::vector<std::string>{"201 ", "201 ", "403 TERMINAL_NOT_PERMITTED", "400 COMMAND_UNKNOWN",
                                         "403 FORBIDDEN", "400 VALIDATION_FAILED", "409 TERMINAL_SEQUENCE_GAP", "201 ",
                                         "201 "});
  const auto& results = json["results"].items();
  CHECK(results[0]["body"].json() == results[1]["body"].json());
  const ApiReply again = call(world.handler(), "POST", "/v1/batch", body, fields);
  CHECK(again.json()["results"].items()[8].json() == results[8].json());
  CHECK(call(world.handler(), "POST", "/v1/batch", "[]", fields).status == 400);
}

TEST_CASE("api: a key that may send no command gets no batch read") {
  ApiWorld world;
  world.set_up_acme();
  for (const std::string body : {R"({"commands":[]})", "{", "[]"}) {
    const ApiReply reply = world.send("POST", "/v1/batch", body, world.reporting_key, {});
    CHECK(reply.status == 403);
    CHECK(reply.code() == "FORBIDDEN");
  }
}

TEST_CASE("api: personal fields are sealed in the log and plain in the answer") {
  ApiWorld world;
  world.set_up_acme();
  const std::string body = R"({"customer_id":"c1","name":"Ada Lovelace","email":"ada@example.org"})";
  const ApiReply made = world.send("POST", "/v1/customers", body, world.terminal_key, "k1");
  INFO(made.body);
  REQUIRE(made.status == 201);
  const ApiReply replay = world.send("POST", "/v1/customers", body, world.terminal_key, "k1");
  CHECK(replay.body == made.body);
  CHECK(replay.header("Idempotent-Replayed") == "true");
  CHECK(world.send("POST", "/v1/customers", R"({"customer_id":"c1","name":"Eve"})", world.terminal_key, "k1").code() ==
        "IDEMPOTENCY_KEY_REUSED");
  for (std::uint64_t at = 1; at <= world.log().head().position.value(); ++at) {
    const std::string stored = *world.log().read(Position(at));
    CHECK(stored.find("Lovelace") == std::string::npos);
    CHECK(stored.find("ada@") == std::string::npos);
  }
  ApiFields fields;
  fields.key = world.terminal_key;
  fields.at_least = made.header("Till-Position");
  const ApiReply read = world.get("/v1/customers/c1", fields);
  INFO(read.body);
  REQUIRE(read.status == 200);
  CHECK(read.json()["name"].text() == "Ada Lovelace");
  CHECK(read.json()["email"].text() == "ada@example.org");
  CHECK_FALSE(read.json().has("phone"));
  CHECK(read.json()["position"].text() == made.header("Till-Position"));
  CHECK(world.get("/v1/customers/c2", fields).code() == "CUSTOMER_NOT_FOUND");
}

TEST_CASE("api: neither an employee's name nor a PIN reaches the log") {
  ApiWorld world;
  world.set_up_acme();
  const std::string person = R"({"name":"Ada Lovelace","stores":["s1"],"permissions":["DISCOUNT"],"session_limit":1})";
  const ApiReply made = world.send("PUT", "/v1/employees/ann", person, world.manager_key, "k1");
  INFO(made.body);
  REQUIRE(made.status == 201);
  CHECK(made.json()["employee_id"].text() == "ann");
  const std::string pin = R"({"pin":"471108154711"})";
  const ApiReply set = world.send("PUT", "/v1/employees/ann/pin", pin, world.manager_key, "k2");
  INFO(set.body);
  REQUIRE(set.status == 201);
  CHECK(set.body.find("4711") == std::string::npos);
  CHECK(world.send("PUT", "/v1/employees/ann/pin", R"({"pin":"12"})", world.manager_key, "k3").status == 400);
  CHECK(
      world.send("PUT", "/v1/employees/ann/pin", R"({"pin":"1234","pin_hash":"AA"})", world.manager_key, "k4").status ==
      400);
  CHECK(world.send("PUT", "/v1/employees/bob/pin", pin, world.manager_key, "k5").code() == "EMPLOYEE_NOT_FOUND");
  CHECK(world.send("PUT", "/v1/employees/ann/pin", pin, world.terminal_key, "k6").code() == "FORBIDDEN");
  std::size_t hashes = 0;
  for (std::uint64_t at = 1; at <= world.log().head().position.value(); ++at) {
    const std::string stored = *world.log().read(Position(at));
    CHECK(stored.find("Lovelace") == std::string::npos);
    CHECK(stored.find("471108154711") == std::string::npos);
    if (stored.find("$argon2id$") != std::string::npos) ++hashes;
  }
  CHECK(hashes == 1);
}

TEST_CASE("api: a session begins at a terminal, and a batch with PINs as well") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("PUT", "/v1/employees/ann", R"({"name":"Ada"})", world.manager_key, "k1").status == 201);
  const std::string start = R"({"session_id":"n1","employee_id":"ann","store_id":"s1","terminal_id":"t1"})";
  const ApiReply made = world.send("POST", "/v1/sessions", start, world.terminal_key, "k2");
  INFO(made.body);
  REQUIRE(made.status == 201);
  CHECK(made.json()["session_id"].text() == "n1");
  CHECK(made.json().has("expires_at"));
  const std::string items = batch_item("b1", "SetEmployeePin", R"({"employee_id":"ann","pin":"1234"})") + "," +
                            batch_item("b2", "LockSession", R"({"session_id":"n1"})");
  const ApiReply batch = world.send("POST", "/v1/batch", R"({"commands":[)" + items + "]}", world.manager_key, {});
  INFO(batch.body);
  const JsonNode results = batch.json();
  REQUIRE(results["results"].items().size() == 2);
  for (const JsonNode& item : results["results"].items()) CHECK(item["status"].integer() == 201);
}

TEST_CASE("api: a client uses no key of the server's own, by itself or in a batch") {
  ApiWorld world;
  world.set_up_acme();
  const std::string key = own_key({"timer", "reservation", "B1", "1772445600000000"});
  const ApiReply single = world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, key);
  CHECK(single.status == 400);
  CHECK(single.code() == "IDEMPOTENCY_KEY_INVALID");
  const ApiReply batch = world.send("POST", "/v1/batch",
                                    R"({"commands":[)" +
                                        batch_item(R"(timer\u001freservation\u001fB1\u001f1772445600000000)",
                                                   "RingUpSale", world.sale_body("r1", 1)) +
                                        "]}",
                                    world.terminal_key, {});
  INFO(batch.body);
  CHECK(batch.json()["results"].items().front()["status"].integer() == 400);
  CHECK(batch.body.find("IDEMPOTENCY_KEY_INVALID") != std::string::npos);
}

TEST_CASE("api: a tenant over its quota is told so, and when to come back") {
  ServiceOptions options;
  options.rate_limit = {1, 3};
  ApiWorld world(std::move(options));
  REQUIRE(world.operate("POST", "/operator/tenants", R"({"tenant":"acme"})").status == 201);
  ApiFields fields;
  fields.key = world.issue("acme", "ADMIN");
  const ApiReply first = world.get("/v1/sales/r1", fields);
  CHECK(first.header("RateLimit-Policy") == "\"tenant\";q=3;w=3");
  CHECK(first.header("RateLimit").starts_with("\"tenant\";r=2;t="));
  world.get("/v1/sales/r1", fields);
  world.get("/v1/sales/r1", fields);
  const ApiReply refused = world.get("/v1/sales/r1", fields);
  CHECK(refused.status == 429);
  CHECK(refused.code() == "RATE_LIMITED");
  CHECK(refused.header("Retry-After") == "1");
}

TEST_CASE("api: a stopped engine takes no command, and readiness says so") {
  ApiWorld world;
  world.set_up_acme();
  CHECK(world.get("/readyz", {}).status == 200);
  CHECK(world.get("/livez", {}).status == 200);
  world.engine().stop();
  const ApiReply reply = world.send("POST", kSales, world.sale_body("r1", 1), world.terminal_key, "k1");
  CHECK(reply.status == 503);
  CHECK(reply.code() == "NOT_READY");
  CHECK_FALSE(reply.header("Retry-After").empty());
  CHECK(world.get("/readyz", {}).code() == "NOT_READY");
  CHECK(world.get("/livez", {}).status == 200);
}

}  // namespace
}  // namespace till::testing
