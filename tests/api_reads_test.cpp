// Reads through the public handler: read-your-writes, parameters, what is not there.
#include <catch2/catch.hpp>

#include "api/read_request.h"
#include "engine/position_text.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

std::string post_sale(ApiWorld& world, std::string_view id, std::uint64_t seq) {
  const ApiReply reply =
      world.send("POST", "/v1/sales", world.sale_body(id, seq), world.terminal_key, "key-" + std::string(id));
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  return reply.header("Till-Position");
}

TEST_CASE("api: a read at least at a write's position sees the write") {
  ApiWorld world;
  world.set_up_acme();
  ApiFields fields;
  fields.key = world.manager_key;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const std::string id = "r" + std::to_string(i);
    fields.at_least = post_sale(world, id, i);
    const ApiReply reply = world.get("/v1/sales/" + id, fields);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(reply.json()["sale_id"].text() == id);
    CHECK(reply.json()["state"].text() == "COMPLETED");
    CHECK(reply.json()["position"].text() == fields.at_least);
    CHECK_FALSE(reply.header("Till-Position").empty());
  }
  const ApiReply stock = world.get("/v1/inventory/availability?store_id=s1&sku=tea&sku=nothing", fields);
  INFO(stock.body);
  REQUIRE(stock.status == 200);
  CHECK(stock.json()["items"].items()[0]["on_hand"].text() == "-40");
  CHECK(stock.json()["items"].items()[1]["on_hand"].text() == "0");
  const ApiReply day = world.get("/v1/dashboards/tenant", fields);
  INFO(day.body);
  REQUIRE(day.status == 200);
  CHECK(day.json()["sales"].integer() == 20);
  CHECK(day.json()["net"]["amount"].integer() == 20 * 500);
  const std::string date(day.json()["business_date"].text());
  const ApiReply store = world.get("/v1/dashboards/stores/s1?business_date=" + date, fields);
  CHECK(store.json()["sales"].integer() == 20);
  CHECK(world.get("/v1/dashboards/stores/s2?business_date=" + date, fields).json()["sales"].integer() == 0);
}

TEST_CASE("api: a position that is not reached in time is 503, one of another log 400") {
  ApiWorld world;
  world.set_up_acme();
  const LogPoint head = world.log().head();
  ApiFields fields;
  fields.key = world.manager_key;
  fields.prefer = "wait=0";
  fields.at_least = position_text(head.log_id, head.epoch, Position(head.position.value() + 1000));
  const ApiReply behind = world.get("/v1/sales/r1", fields);
  CHECK(behind.status == 503);
  CHECK(behind.code() == "VIEW_BEHIND");
  CHECK(behind.header("Retry-After") == "1");
  for (const std::string bad : {"17", "", "nonsense"}) {
    if (bad.empty()) continue;
    fields.at_least = bad;
    CHECK(world.get("/v1/sales/r1", fields).code() == "POSITION_INVALID");
  }
  fields.at_least = position_text(LogId{9}, head.epoch, head.position);
  CHECK(world.get("/v1/sales/r1", fields).code() == "POSITION_INVALID");
  fields.at_least = position_text(head.log_id, head.epoch.next(), head.position);
  CHECK(world.get("/v1/sales/r1", fields).code() == "POSITION_INVALID");
}

TEST_CASE("api: faulty parameters are named") {
  ApiWorld world;
  world.set_up_acme();
  ApiFields fields;
  fields.key = world.admin_key;
  const auto fault = [&](std::string_view target) {
    const ApiReply reply = world.get(target, fields);
    if (reply.status != 400) return std::to_string(reply.status) + " " + reply.code();
    const JsonNode json = reply.json();
    if (json["errors"].items().empty()) return reply.code();
    const JsonNode& error = json["errors"].items()[0];
    return reply.code() + " " + std::string(error["pointer"].text()) + " " + std::string(error["code"].text());
  };
  CHECK(fault("/v1/inventory/availability?sku=tea") == "PARAMETER_INVALID /store_id REQUIRED");
  CHECK(fault("/v1/inventory/availability?store_id=s1") == "PARAMETER_INVALID /sku REQUIRED");
  CHECK(fault("/v1/inventory/availability?store_id=s1&sku=a%20b") == "PARAMETER_INVALID /sku INVALID_VALUE");
  CHECK(fault("/v1/inventory/availability?store_id=s1&sku=a%2") == "PARAMETER_INVALID");
  CHECK(fault("/v1/inventory/availability?store_id=s1&sku=a&skus=b") == "PARAMETER_INVALID /skus UNKNOWN_FIELD");
  CHECK(fault("/v1/inventory/availability?store_id=s1&store_id=s2&sku=a") ==
        "PARAMETER_INVALID /store_id DUPLICATE_FIELD");
  CHECK(fault("/v1/dashboards/tenant?business_date=2026-02-30") == "PARAMETER_INVALID /business_date INVALID_VALUE");
  CHECK(fault("/v1/reports/sales?from=2026-02-02&to=2026-02-01&group_by=day") == "PARAMETER_INVALID /to OUT_OF_RANGE");
  CHECK(fault("/v1/reports/sales?from=2026-02-01&to=2026-02-02&group_by=week") ==
        "PARAMETER_INVALID /group_by INVALID_VALUE");
  CHECK(fault("/v1/reports/sales?from=2026-02-01&to=2026-02-02&group_by=day") == "503 VIEW_UNAVAILABLE");
  CHECK(fault("/v1/reports/sales?from=2026-02-01&to=2026-02-02&group_by=employee&format=csv") ==
        "503 VIEW_UNAVAILABLE");
  CHECK(fault("/v1/reports/tax?from=2026-02-02&to=2026-02-01") == "PARAMETER_INVALID /to OUT_OF_RANGE");
  CHECK(fault("/v1/reports/tax?from=2026-02-02") == "PARAMETER_INVALID /to REQUIRED");
  CHECK(fault("/v1/reports/stock?limit=0") == "PARAMETER_INVALID /limit INVALID_VALUE");
  CHECK(fault("/v1/reports/stock?limit=1001") == "PARAMETER_INVALID /limit INVALID_VALUE");
  CHECK(fault("/v1/reports/stock?cursor=7Z") == "PARAMETER_INVALID /cursor INVALID_VALUE");
  CHECK(fault("/v1/reports/stock?format=xml") == "PARAMETER_INVALID /format INVALID_VALUE");
  CHECK(fault("/v1/reports/stock?limit=1000&cursor=41&store_id=s1") == "503 VIEW_UNAVAILABLE");
  CHECK(fault("/v1/reports/shifts/a%20b/z") == "PARAMETER_INVALID /shift_id INVALID_VALUE");
  CHECK(fault("/v1/sales/a%20b") == "PARAMETER_INVALID /sale_id INVALID_VALUE");
  std::string many = "/v1/inventory/availability?store_id=s1";
  for (std::size_t i = 0; i <= kSkusMost; ++i) many += "&sku=s" + std::to_string(i);
  CHECK(fault(many) == "PARAMETER_INVALID /sku TOO_MANY_ITEMS");
}

TEST_CASE("api: without a reporting database a report says so at once") {
  ApiWorld world;
  world.set_up_acme();
  const LogPoint head = world.log().head();
  ApiFields fields;
  fields.key = world.reporting_key;
  fields.at_least = position_text(head.log_id, head.epoch, head.position);
  fields.prefer = "wait=10";
  const auto begin = std::chrono::steady_clock::now();
  const ApiReply reply = world.get("/v1/reports/sales?from=2026-02-01&to=2026-02-02&group_by=day", fields);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(reply.status == 503);
  CHECK(reply.code() == "VIEW_UNAVAILABLE");
  CHECK(reply.json()["detail"].text() == "reports need the reporting database, which is not configured");
}

TEST_CASE("api: what a key may read depends on its scope") {
  ApiWorld world;
  world.set_up_acme();
  const auto status = [&](std::string_view target, const std::string& key) {
    ApiFields fields;
    fields.key = key;
    return world.get(target, fields).status;
  };
  CHECK(status("/v1/customers/c1", world.reporting_key) == 403);
  CHECK(status("/v1/customers/c1", world.terminal_key) == 404);
  CHECK(status("/v1/reports/sales?from=2026-02-01&to=2026-02-02&group_by=day", world.terminal_key) == 403);
  CHECK(status("/v1/dashboards/tenant", world.reporting_key) == 200);
}

TEST_CASE("api: Prefer is read leniently and bounded") {
  using namespace std::chrono_literals;
  CHECK(preferred_wait("") == 2s);
  CHECK(preferred_wait("wait=5") == 5s);
  CHECK(preferred_wait("respond-async, wait = \"3\"; x=1") == 3s);
  CHECK(preferred_wait("wait=0") == 0s);
  CHECK(preferred_wait("wait=soon") == 2s);
  CHECK(preferred_wait("wait=100000000000000") == 30s);
}

}  // namespace
}  // namespace till::testing
