// The alert policy at the door: who may set and read it, what is refused, and that nothing below the API knows who is
// told.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "commands/alert_policy.h"
#include "tests/api_desk.h"

namespace till::testing {
namespace {

constexpr std::string_view kPath = "/v1/alert-policy";
constexpr std::string_view kPolicy = R"({"slack_url":"https://hooks.slack.com/services/T0/B0/token",)"
                                     R"("mail_to":["ann@example.org","bob@example.org"],"muted":["LOW_STOCK"],)"
                                     R"("quiet_hours":{"from":"22:00","to":"07:00","time_zone":"UTC"},)"
                                     R"("over_short_limit":{"amount":500,"currency":"USD"},)"
                                     R"("rates":[{"kind":"OVER_SHORT","most":1,"interval_seconds":60}]})";
constexpr std::chrono::seconds kPatience{20};

// Every transaction as it is stored.
std::string stored_bytes(ApiWorld& world) {
  std::vector<TransactionPtr> batch;
  REQUIRE(world.engine().feed().read(Position(), 1'000, 16u << 20, batch).ok());
  std::string bytes;
  for (const TransactionPtr& transaction : batch) bytes += transaction->record().SerializeAsString();
  return bytes;
}

}  // namespace

TEST_CASE("api: an administrator sets and reads the alert policy", "[alerts][api]") {
  ApiDesk desk;
  const std::string& admin = desk.world.admin_key;
  const ApiReply empty = desk.read(kPath, admin);
  INFO(empty.body);
  REQUIRE(empty.status == 200);
  CHECK(empty.json()["mail_to"].items().empty());
  const ApiReply set = desk.send("PUT", kPath, kPolicy, admin);
  INFO(set.body);
  REQUIRE(set.status == 201);
  ApiFields fields;
  fields.key = admin;
  fields.at_least = set.header("Till-Position");
  const ApiReply shown = desk.world.get(kPath, fields);
  INFO(shown.body);
  REQUIRE(shown.status == 200);
  CHECK(shown.json()["slack_url"].text() == "https://hooks.slack.com/services/T0/B0/token");
  CHECK(shown.json()["mail_to"].items().size() == 2);
  CHECK(shown.json()["mail_to"].items()[1].text() == "bob@example.org");
  CHECK(shown.json()["muted"].items()[0].text() == "LOW_STOCK");
  CHECK(shown.json()["quiet_hours"]["to"].text() == "07:00");
  CHECK(shown.json()["over_short_limit"]["amount"].integer() == 500);
  CHECK(shown.json()["rates"].items()[0]["most"].integer() == 1);
  CHECK(shown.json()["version"].integer() == 1);
  CHECK(shown.body.find("sealed") == std::string::npos);
  CHECK(shown.header("ETag") == "\"v1\"");
  for (const std::string& key : {desk.world.manager_key, desk.world.terminal_key, desk.world.reporting_key}) {
    CHECK(desk.world.send("PUT", kPath, "{}", key, "k").status == 403);
    fields.key = key;
    CHECK(desk.world.get(kPath, fields).status == 403);
  }
}

TEST_CASE("api: who is told of alerts stands nowhere in plain text, and goes with the tenant", "[alerts][api]") {
  ApiDesk desk;
  REQUIRE(desk.send("PUT", kPath, kPolicy, desk.world.admin_key).status == 201);
  const std::string bytes = stored_bytes(desk.world);
  CHECK(bytes.find("07:00") != std::string::npos);
  CHECK(bytes.find("example.org") == std::string::npos);
  CHECK(bytes.find("slack.com") == std::string::npos);
  CHECK(desk.world.person_keys().knows("acme", kAlertPerson));
  const JsonNode page = desk.world.operate("GET", "/operator/tenants/export?tenant=acme").json();
  std::string plain;
  for (const JsonNode& line : page["lines"].items()) {
    for (const JsonNode& person : line["personal"].items()) {
      plain.append(person["slack_url"].text());
      for (const JsonNode& address : person["mail_to"].items()) plain.append(";").append(address.text());
    }
  }
  CHECK(plain == "https://hooks.slack.com/services/T0/B0/token;ann@example.org;bob@example.org");
  REQUIRE(
      desk.world.operate("POST", "/operator/tenants/delete", R"({"tenant":"acme","confirm":"acme","reason":"left"})")
          .status == 200);
  REQUIRE(desk.world.person_eraser().wait_for(desk.world.log().head().position, kPatience));
  CHECK(desk.world.person_keys().counts().live == 0);
  CHECK(desk.world.person_keys().counts().erased == 1);
}

TEST_CASE("api: a policy that could tell nobody rightly is refused at the door", "[alerts][api]") {
  ApiDesk desk;
  const auto fault = [&desk](std::string_view body) {
    const ApiReply reply = desk.send("PUT", kPath, body, desk.world.admin_key);
    INFO(reply.body);
    REQUIRE(reply.status == 400);
    const JsonNode json = reply.json();
    const JsonNode& error = json["errors"].items()[0];
    return std::string(error["pointer"].text()) + " " + std::string(error["code"].text());
  };
  CHECK(fault(R"({"slack_url":"hooks.slack.com/services"})") == "/slack_url INVALID_FORMAT");
  CHECK(fault(R"({"slack_url":"ftp://hooks.slack.com/"})") == "/slack_url INVALID_FORMAT");
  CHECK(fault(R"({"slack_url":"https://user:word@hooks.slack.com/"})") == "/slack_url INVALID_FORMAT");
  CHECK(fault(R"({"slack_url":"https://a.example/)" + std::string(2'048, 'x') + R"("})") == "/slack_url TOO_LONG");
  CHECK(fault(R"({"mail_to":["ann"]})") == "/mail_to/0 INVALID_FORMAT");
  CHECK(fault(R"({"mail_to":["a@b","a@b","a@b","a@b","a@b","a@b"]})") == "/mail_to TOO_MANY_ITEMS");
  CHECK(fault(R"({"sealed":"AAAA"})") == "/sealed UNKNOWN_FIELD");
  CHECK(fault(R"({"quiet_hours":{"from":"22:00","to":"07:00"}})") == "/quiet_hours/time_zone REQUIRED");
}

TEST_CASE("api: a policy is replaced where its version is known, and told nobody afterwards", "[alerts][api]") {
  ApiDesk desk;
  const std::string& admin = desk.world.admin_key;
  REQUIRE(desk.send("PUT", kPath, kPolicy, admin).status == 201);
  CHECK(desk.send("PUT", kPath, R"({"expected_version":2})", admin).code() == "VERSION_MISMATCH");
  const ApiReply cleared = desk.send("PUT", kPath, R"({"expected_version":1})", admin);
  REQUIRE(cleared.status == 201);
  ApiFields fields;
  fields.key = admin;
  fields.at_least = cleared.header("Till-Position");
  const ApiReply shown = desk.world.get(kPath, fields);
  CHECK(shown.json()["slack_url"].text().empty());
  CHECK(shown.json()["mail_to"].items().empty());
  CHECK(shown.json()["version"].integer() == 2);
}

}  // namespace till::testing
