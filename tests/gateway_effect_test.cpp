// The card gateway's effect, on a gateway that is made up, and what an HTTP gateway's answers mean.
#include "projections/effects/gateway_effect.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "projections/effects/http_card_gateway.h"
#include "schemas/events.pb.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryAttempt::Kind;

// Answers what it is told to.
class ToldGateway final : public CardGateway {
 public:
  Result<GatewayAnswer> send(const GatewayRequest& request) override {
    requests.push_back(request);
    return next;
  }
  std::vector<GatewayRequest> requests;
  Result<GatewayAnswer> next{GatewayAnswer{.approved = true, .reference = "g 1", .code = {}}};
};

struct Submitted {
  std::string tenant;
  schema::Command command;
  std::string key;
};

struct GatewayDesk {
  ToldGateway gateway;
  std::vector<Submitted> submitted;
  Status taken;
  GatewayEffect effect{gateway,
                       [this](const std::string& tenant, const schema::Command& command, const std::string& key) {
                         submitted.push_back({tenant, command, key});
                         return taken;
                       }};
};

EffectMessage capture_message() {
  schema::Event event;
  auto& asked = *event.mutable_gateway_requested();
  asked.set_request_id("P1:CAPTURE:1");
  asked.set_payment_id("P1");
  asked.set_kind(schema::GatewayRequest::CAPTURE);
  asked.set_amount(1999);
  asked.set_currency("EUR");
  asked.set_last4("4242");
  asked.set_reference("auth \"4711\"");
  EffectMessage message;
  message.tenant = "t1";
  message.event_name = "GatewayRequested";
  message.stream_id = "P1";
  message.payload = event.SerializeAsString();
  return message;
}

}  // namespace

TEST_CASE("a request is sent, and its outcome recorded", "[effects][gateway]") {
  GatewayDesk desk;
  CHECK(desk.effect.wants("GatewayRequested"));
  CHECK_FALSE(desk.effect.wants("CardCaptured"));
  CHECK(desk.effect.order_key(capture_message()) == "t1/P1");
  CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kDone);
  REQUIRE(desk.gateway.requests.size() == 1);
  CHECK(gateway_request_json(desk.gateway.requests.front()) ==
        R"({"tenant":"t1","request_id":"P1:CAPTURE:1","kind":"CAPTURE","amount":1999,"currency":"EUR",)"
        R"("payment_id":"P1","reference":"auth \"4711\"","last4":"4242"})");
  REQUIRE(desk.submitted.size() == 1);
  CHECK(desk.submitted.front().tenant == "t1");
  CHECK(desk.submitted.front().key == "gateway/P1:CAPTURE:1");
  const auto& result = desk.submitted.front().command.record_gateway_result();
  CHECK(result.payment_id() == "P1");
  CHECK(result.request_id() == "P1:CAPTURE:1");
  CHECK(result.outcome() == schema::GatewayRequest::APPROVED);
  CHECK(result.gateway_reference() == "g 1");
  CHECK(result.code().empty());
}

TEST_CASE("what a gateway declines has a code that the command takes", "[effects][gateway]") {
  GatewayDesk desk;
  for (const auto& [told, code] : {std::pair("expired card", "expired-card"), std::pair("", "declined")}) {
    desk.gateway.next = GatewayAnswer{.approved = false, .reference = "\xff", .code = told};
    CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kDone);
    const auto& result = desk.submitted.back().command.record_gateway_result();
    CHECK(result.outcome() == schema::GatewayRequest::DECLINED);
    CHECK(result.code() == code);
    CHECK(result.gateway_reference() == "?");
  }
}

TEST_CASE("no answer is tried again, a refusal is not", "[effects][gateway]") {
  GatewayDesk desk;
  desk.gateway.next = Error{ErrorKind::kUnavailable, "away"};
  CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kFailed);
  desk.gateway.next = Error{ErrorKind::kInvalid, "refused"};
  CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kRefused);
  CHECK(desk.submitted.empty());
  desk.gateway.next = GatewayAnswer{.approved = true, .reference = {}, .code = {}};
  desk.taken = Error{ErrorKind::kUnavailable, "the log is away"};
  CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kFailed);
  desk.taken = Error{ErrorKind::kInvalid, "DOCUMENT_ID_REUSED"};
  CHECK(desk.effect.deliver(capture_message(), "").kind == Kind::kRefused);
  EffectMessage other = capture_message();
  other.payload = schema::Event().SerializeAsString();
  CHECK(desk.effect.deliver(other, "").kind == Kind::kRefused);
}

TEST_CASE("a gateway that is away is asked for a day, less and less often", "[effects][gateway]") {
  const GatewayDesk desk;
  CHECK(desk.effect.wait_after(1) == 5s);
  CHECK(desk.effect.wait_after(2) == 30s);
  CHECK(desk.effect.wait_after(3) == 5min);
  CHECK(desk.effect.wait_after(4) == 30min);
  CHECK(desk.effect.wait_after(5) == 1h);
  CHECK(desk.effect.wait_after(23) == 1h);
  CHECK_FALSE(desk.effect.wait_after(24).has_value());
}

TEST_CASE("answers of an HTTP gateway", "[effects][gateway]") {
  const auto approved =
      read_gateway_answer(200, "{\n  \"status\": \"approved\" ,\n  \"reference\": \"g\\/1 \xc3\xa9\"\n}");
  REQUIRE(approved.ok());
  CHECK(approved->approved);
  CHECK(approved->reference == "g/1 ??");
  const auto declined = read_gateway_answer(402, R"({"status":"declined","code":"expired_card","more":{"a":[1,"}"]}})");
  REQUIRE(declined.ok());
  CHECK_FALSE(declined->approved);
  CHECK(declined->code == "expired_card");
  CHECK(read_gateway_answer(201, R"({"status":"declined"})").ok());

  for (const int status : {302, 408, 409, 425, 429, 500, 503}) {
    CAPTURE(status);
    CHECK(read_gateway_answer(status, R"({"status":"approved"})").error().kind == ErrorKind::kUnavailable);
  }
  for (const int status : {400, 401, 403, 404, 422}) {
    CAPTURE(status);
    CHECK(read_gateway_answer(status, "").error().kind == ErrorKind::kInvalid);
  }
  for (const char* body :
       {"", "{", "[]", "{}", R"({"status":"pending"})", R"({"status":1})", R"({"status":"approved")"}) {
    CAPTURE(body);
    CHECK(read_gateway_answer(200, body).error().kind == ErrorKind::kUnavailable);
  }
  CHECK(read_gateway_answer(402, R"({"status":"approved"})").error().kind == ErrorKind::kUnavailable);
}

}  // namespace till::testing
