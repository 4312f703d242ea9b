// Lists over HTTP: what is low, who is signed in, which drawers are open, the catalogue; and what a dashboard shows of
// now.
#include <catch2/catch.hpp>

#include <chrono>

#include "api/wire_values.h"
#include "tests/api_desk.h"

namespace till::testing {
namespace {

std::string sku(int number) {
  return "sku-" + std::to_string(100 + number);
}

void add_product(ApiDesk& desk, const std::string& id) {
  desk.must("PUT", "/v1/catalog/products/" + id,
            R"({"name":")" + id + R"(","category":"drinks","unit_price":{"amount":250,"currency":"USD"},)" +
                R"("tax_code":"standard"})");
}

void receive(ApiDesk& desk, const std::string& receipt, const std::string& id, const std::string& quantity) {
  desk.must("POST", "/v1/inventory/receipts",
            R"({"receipt_id":")" + receipt + R"(","store_id":"s1","lines":[{"sku":")" + id + R"(","quantity":")" +
                quantity + R"("}]})");
}

// Every item of a list over all its pages, by the member that names it.
std::vector<std::string> all_of(ApiDesk& desk, const std::string& target, std::string_view list,
                                std::string_view member) {
  std::vector<std::string> out;
  std::string cursor;
  do {
    const ApiReply reply = desk.read(target + (cursor.empty() ? "" : "&cursor=" + cursor));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    const JsonNode page = reply.json();
    for (const JsonNode& item : page[list].items()) out.emplace_back(item[member].text());
    cursor = page["next_cursor"].text();
    CHECK(page["has_more"].boolean() == !cursor.empty());
  } while (!cursor.empty());
  return out;
}

TEST_CASE("api: items at their reorder point or below are listed page by page") {
  ApiDesk desk;
  std::vector<std::string> low;
  for (int i = 0; i < 7; ++i) {
    add_product(desk, sku(i));
    receive(desk, "in-" + std::to_string(i), sku(i), i % 2 == 0 ? "5" : "6");
    desk.must("PUT", "/v1/stores/s1/stock/" + sku(i) + "/reorder-point", R"({"point":"5","target":"20"})");
    if (i % 2 == 0) low.push_back(sku(i));
  }
  CHECK(all_of(desk, "/v1/inventory/low-stock?store_id=s1&limit=2", "items", "sku") == low);
  CHECK(all_of(desk, "/v1/inventory/low-stock?store_id=s2&limit=2", "items", "sku").empty());
  const JsonNode first = desk.read("/v1/inventory/low-stock?store_id=s1&limit=1").json()["items"].items()[0];
  CHECK(first["on_hand"].text() == "5");
  CHECK(first["available"].text() == "5");
  CHECK(first["point"].text() == "5");
  CHECK(first["target"].text() == "20");
  // A delivery, and a point that is taken away.
  receive(desk, "in-9", sku(0), "0.00001");
  desk.must("PUT", "/v1/stores/s1/stock/" + sku(2) + "/reorder-point", "{}");
  CHECK(all_of(desk, "/v1/inventory/low-stock?store_id=s1", "items", "sku") ==
        std::vector<std::string>{sku(4), sku(6)});
}

TEST_CASE("api: a cursor belongs to its question, a limit has bounds") {
  ApiDesk desk;
  for (int i = 0; i < 3; ++i) add_product(desk, sku(i));
  const JsonNode page = desk.read("/v1/catalog/products?limit=2").json();
  CHECK(page["products"].items().size() == 2);
  const std::string cursor(page["next_cursor"].text());
  const auto fault = [&](const std::string& target) {
    const ApiReply reply = desk.read(target);
    const JsonNode json = reply.json();
    return json["code"].json() + " " + json["errors"].json();
  };
  CHECK(fault("/v1/shifts?store_id=s1&cursor=" + cursor).find("/cursor") != std::string::npos);
  CHECK(fault("/v1/catalog/products?cursor=nonsense").find("/cursor") != std::string::npos);
  CHECK(fault("/v1/catalog/products?cursor=" + cursor.substr(0, 16)).find("/cursor") != std::string::npos);
  for (const char* limit : {"0", "201", "-1", "many", ""}) {
    CHECK(fault("/v1/catalog/products?limit=" + std::string(limit)).find("/limit") != std::string::npos);
  }
  CHECK(fault("/v1/inventory/low-stock").find("/store_id") != std::string::npos);
  CHECK(fault("/v1/shifts?store_id=s1&state=CLOSED").find("/state") != std::string::npos);
}

TEST_CASE("api: products are read one by one and as a list, with the version that a change may expect") {
  ApiDesk desk;
  for (int i = 0; i < 5; ++i) add_product(desk, sku(i));
  CHECK(all_of(desk, "/v1/catalog/products?limit=2", "products", "sku") ==
        std::vector<std::string>{sku(0), sku(1), sku(2), sku(3), sku(4), "tea"});
  desk.must("POST", "/v1/catalog/products/tea/discontinue", "{}");
  const ApiReply tea = desk.read("/v1/catalog/products/tea", desk.world.terminal_key);
  INFO(tea.body);
  REQUIRE(tea.status == 200);
  CHECK(tea.header("ETag") == "\"v2\"");
  CHECK(tea.json()["name"].text() == "Tea");
  CHECK(tea.json()["unit_price"]["amount_e4"].integer() == 25'000);
  CHECK(tea.json()["version"].integer() == 2);
  CHECK(tea.json()["discontinued"].boolean());
  CHECK_FALSE(tea.json()["recalled"].boolean());
  CHECK(desk.read("/v1/catalog/products/none").code() == "NOT_FOUND");
}

void sign_in(ApiDesk& desk, const std::string& session, const std::string& employee, const std::string& more = {}) {
  desk.must("POST", "/v1/sessions",
            R"({"session_id":")" + session + R"(","employee_id":")" + employee +
                R"(","store_id":"s1","terminal_id":"t1")" + more + "}");
}

TEST_CASE("api: sessions that may be used now are listed, the one that ends first first") {
  ApiDesk desk;
  for (const char* employee : {"ann", "bob"}) {
    desk.must("PUT", "/v1/employees/" + std::string(employee), R"({"name":"A"})");
  }
  sign_in(desk, "n1", "ann");
  sign_in(desk, "n2", "ann", R"(,"ttl_seconds":3600)");
  sign_in(desk, "n3", "bob", R"(,"ttl_seconds":1800)");
  sign_in(desk, "n4", "bob", R"(,"ttl_seconds":7200)");
  CHECK(all_of(desk, "/v1/sessions?store_id=s1&limit=1", "sessions", "session_id") ==
        std::vector<std::string>{"n3", "n2", "n4", "n1"});
  desk.must("POST", "/v1/sessions/n2/end", "{}");
  desk.must("POST", "/v1/sessions/n1/lock", "{}");
  desk.must("POST", "/v1/employees/bob/sessions/revoke", "{}");
  const JsonNode list = desk.read("/v1/sessions?store_id=s1").json();
  REQUIRE(list["sessions"].items().size() == 1);
  CHECK(list["sessions"].items()[0]["session_id"].text() == "n1");
  CHECK(list["sessions"].items()[0]["status"].text() == "LOCKED");
  CHECK_FALSE(list["sessions"].items()[0].has("fingerprint"));
  CHECK(desk.read("/v1/sessions?store_id=s1", {}, "application/x-protobuf").status == 200);
}

void open_shift(ApiDesk& desk, const std::string& shift, const std::string& terminal) {
  desk.must("POST", "/v1/shifts",
            R"({"shift_id":")" + shift + R"(","store_id":"s1","terminal_id":")" + terminal +
                R"(","opening_float":{"amount":10000,"currency":"USD"}})");
}

TEST_CASE("api: the X report of every open drawer is one list, and closing takes a shift off it") {
  ApiDesk desk;
  open_shift(desk, "h1", "t1");
  open_shift(desk, "h2", "t2");
  std::string sale = desk.world.sale_body("r1", 1);
  desk.must("POST", "/v1/sales", sale.insert(1, R"("shift_id":"h1","employee_id":"ann",)"));
  const JsonNode list = desk.read("/v1/shifts?store_id=s1&state=OPEN").json();
  REQUIRE(list["shifts"].items().size() == 2);
  CHECK(list["shifts"].items()[0]["shift_id"].text() == "h1");
  CHECK(list["shifts"].items()[0]["totals"]["sales"].integer() == 1);
  CHECK(list["shifts"].items()[0]["expected_cash"]["amount"].integer() == 10'500);
  // A report changes nothing, however often it is asked for.
  const Position head = desk.world.log().head().position;
  for (int i = 0; i < 10; ++i) CHECK(desk.read("/v1/shifts/h1").json()["totals"]["sales"].integer() == 1);
  CHECK(desk.world.log().head().position == head);
  CHECK(desk.read("/v1/dashboards/stores/s1").json()["open_shifts"].integer() == 2);
  CHECK(desk.read("/v1/dashboards/tenant").json()["open_shifts"].integer() == 2);
  CHECK(desk.read("/v1/dashboards/stores/s2").json()["open_shifts"].integer() == 0);
  desk.must("POST", "/v1/shifts/h2/end", "{}");
  CHECK(all_of(desk, "/v1/shifts?store_id=s1&state=OPEN&limit=1", "shifts", "shift_id") ==
        std::vector<std::string>{"h1"});
  CHECK(all_of(desk, "/v1/shifts?store_id=s1&limit=1", "shifts", "shift_id") == std::vector<std::string>{"h1", "h2"});
  desk.must("POST", "/v1/shifts/h2/counts",
            R"({"count_id":"k1","counted":[{"type":"CASH","amount":{"amount":10000,"currency":"USD"}}]})");
  desk.must("POST", "/v1/shifts/h2/close", "{}");
  CHECK(all_of(desk, "/v1/shifts?store_id=s1", "shifts", "shift_id") == std::vector<std::string>{"h1"});
  CHECK(desk.read("/v1/dashboards/stores/s1").json()["open_shifts"].integer() == 1);
}

TEST_CASE("api: a dashboard shows who sold, and the hour that it is") {
  ApiDesk desk;
  const auto sell = [&](const std::string& id, std::uint64_t seq, const std::string& employee) {
    std::string body = desk.world.sale_body(id, seq);
    if (!employee.empty()) body.insert(1, R"("employee_id":")" + employee + "\",");
    desk.must("POST", "/v1/sales", body);
  };
  sell("r1", 1, "ann");
  sell("r2", 2, "bob");
  sell("r3", 3, "bob");
  sell("r4", 4, "");
  sell("r5", 5, "eve");
  desk.must("POST", "/v1/sales/r5/void", R"({"reason":"typed wrong"})");
  for (const std::string target : {"/v1/dashboards/stores/s1", "/v1/dashboards/tenant"}) {
    const auto begin = std::chrono::steady_clock::now();
    const ApiReply reply = desk.read(target);
    const auto taken = std::chrono::steady_clock::now() - begin;
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(taken < std::chrono::seconds(1));
    const JsonNode day = reply.json();
    REQUIRE(day["employees"].items().size() == 2);
    CHECK(day["employees"].items()[0]["employee_id"].text() == "bob");
    CHECK(day["employees"].items()[0]["sales"].integer() == 2);
    CHECK(day["employees"].items()[0]["net"]["amount"].integer() == 1000);
    CHECK(day["employees"].items()[1]["employee_id"].text() == "ann");
    // The sales are of the moment at which the test began: unless the hour is over, they are of this hour.
    REQUIRE(day.has("this_hour"));
    const std::int64_t sales = day["this_hour"]["sales"].integer();
    CHECK((sales == 4 || sales == 0));
  }
  CHECK_FALSE(desk.read("/v1/dashboards/stores/s1?business_date=2001-01-01").json().has("this_hour"));
}

TEST_CASE("5.3 row 31: sessions are kept in use without an event, whatever the tills touch") {
  ApiDesk desk;
  desk.must("PUT", "/v1/employees/ann", R"({"name":"A"})");
  sign_in(desk, "n1", "ann");
  const ApiReply first = desk.ask("POST", "/v1/sessions/n1/touch", desk.world.terminal_key);
  INFO(first.body);
  REQUIRE(first.status == 200);
  CHECK(first.json()["session_id"].text() == "n1");
  CHECK(first.json()["idle_until"].text() < first.json()["expires_at"].text());
  const Position head = desk.world.log().head().position;
  std::string last(first.json()["idle_until"].text());
  for (int i = 0; i < 1000; ++i) {
    const ApiReply again = desk.ask("POST", "/v1/sessions/n1/touch", desk.world.terminal_key);
    REQUIRE(again.status == 200);
    CHECK(again.json()["idle_until"].text() >= last);
    last = again.json()["idle_until"].text();
  }
  CHECK(desk.world.log().head().position == head);
  CHECK(desk.world.cache().touches().size() == 1);
}

TEST_CASE("api: a session that is over, locked or another terminal's is not touched") {
  ApiDesk desk;
  desk.must("PUT", "/v1/employees/ann", R"({"name":"A"})");
  sign_in(desk, "n1", "ann");
  const auto touch = [&](const std::string& id, const std::string& key) {
    const ApiReply reply = desk.ask("POST", "/v1/sessions/" + id + "/touch", key);
    return reply.status == 200 ? std::string("200") : std::to_string(reply.status) + " " + reply.code();
  };
  const std::string other_key = desk.world.issue("acme", "TERMINAL", "t2");
  CHECK(touch("n9", desk.world.manager_key) == "404 SESSION_NOT_FOUND");
  CHECK(touch("n1", other_key) == "403 TERMINAL_NOT_PERMITTED");
  CHECK(touch("n1", desk.world.reporting_key) == "403 FORBIDDEN");
  desk.must("POST", "/v1/sessions/n1/lock", "{}");
  CHECK(touch("n1", desk.world.terminal_key) == "409 SESSION_LOCKED");
  desk.must("POST", "/v1/sessions/n1/end", "{}");
  CHECK(touch("n1", desk.world.terminal_key) == "409 SESSION_EXPIRED");
  sign_in(desk, "n2", "ann");
  desk.must("POST", "/v1/employees/ann/sessions/revoke", "{}");
  CHECK(touch("n2", desk.world.terminal_key) == "409 SESSION_EXPIRED");
}

TEST_CASE("E1: a session is over when its time is, though nothing in the log says so") {
  ApiDesk desk;
  desk.must("PUT", "/v1/employees/ann", R"({"name":"A"})");
  sign_in(desk, "n1", "ann", R"(,"ttl_seconds":3600)");
  const JsonNode shown = desk.read("/v1/sessions/n1").json();
  std::int64_t expires_at = 0;
  REQUIRE(parse_timestamp(shown["expires_at"].text(), expires_at) == ParseFault::kNone);
  const ZoneTables zones{{"UTC", {}}};
  Micros now(expires_at - 1);
  ViewQueries queries(desk.world.cache(), nullptr, zones, [&now] { return now; });
  const auto count = [&] { return queries.open_sessions("acme", "s1", {{}, 10})->message.sessions_size(); };
  const auto refusal = [&] { return queries.touch_session("acme", "n1", {})->refused; };
  CHECK(count() == 1);
  now = Micros(expires_at);
  CHECK(count() == 0);
  CHECK(refusal() == schema::SESSION_EXPIRED);

  // It was in use, and nobody came back for a while: off the list, until it is unlocked or the like.
  now = Micros(expires_at - 2 * std::chrono::microseconds(kSessionIdle).count());
  CHECK(refusal() == schema::ERROR_UNSPECIFIED);
  CHECK(count() == 1);
  now = Micros(expires_at - std::chrono::microseconds(kSessionIdle).count());
  CHECK(count() == 0);
  CHECK(refusal() == schema::SESSION_EXPIRED);
  desk.must("POST", "/v1/sessions/n1/lock", "{}");
  CHECK(desk.read("/v1/sessions/n1").status == 200);
  CHECK(count() == 1);
}

TEST_CASE("E3: lists are the same after the cache was made anew from the log") {
  ApiDesk desk;
  desk.must("PUT", "/v1/employees/ann", R"({"name":"A"})");
  sign_in(desk, "n1", "ann");
  sign_in(desk, "n2", "ann");
  desk.must("POST", "/v1/sessions/n2/end", "{}");
  open_shift(desk, "h1", "t1");
  desk.must("PUT", "/v1/stores/s1/stock/tea/reorder-point", R"({"point":"5"})");
  std::string sale = desk.world.sale_body("r1", 1);
  desk.must("POST", "/v1/sales", sale.insert(1, R"("shift_id":"h1","employee_id":"ann",)"));
  desk.must("POST", "/v1/sales/r1/copies", "{}");
  const std::string targets[] = {"/v1/sessions?store_id=s1", "/v1/shifts?store_id=s1",
                                 "/v1/catalog/products",     "/v1/inventory/low-stock?store_id=s1",
                                 "/v1/sales/r1/receipt",     "/v1/dashboards/stores/s1",
                                 "/v1/catalog/products/tea"};
  std::vector<std::string> before;
  for (const std::string& target : targets) before.push_back(desk.read(target).body);
  REQUIRE(desk.world.cache().rebuild({}).ok());
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(desk.read(targets[i]).body == before[i]);
}

}  // namespace
}  // namespace till::testing
