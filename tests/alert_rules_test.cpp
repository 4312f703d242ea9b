// Which events are alerts, and in what words.
#include "projections/effects/alert_rules.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "commands/rules.h"
#include "schemas/events.pb.h"

namespace till::testing {
namespace {

constexpr Micros kAt{1'772'445'600'000'000};  // 2026-03-02 10:00 UTC

EffectMessage message_of(const schema::Event& event, std::string stream_id = "x") {
  EffectMessage message;
  message.event = {Position(7), 0};
  message.tenant = "acme";
  message.stream_id = std::move(stream_id);
  message.recorded_at = kAt;
  message.payload = event.SerializeAsString();
  const auto* member = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
  message.event_name = member == nullptr ? "" : event_type_name(*member);
  return message;
}

Result<std::optional<schema::Money>> no_limit(const std::string&) {
  return std::optional<schema::Money>();
}

OverShortLimit limit_of(std::int64_t amount, const std::string& currency) {
  return [amount, currency](const std::string&) -> Result<std::optional<schema::Money>> {
    schema::Money money;
    money.set_amount(amount);
    money.set_currency(currency);
    return std::optional(money);
  };
}

std::optional<Alert> read_alert(const schema::Event& event, const std::string& stream_id = "x",
                                const OverShortLimit& limit = no_limit) {
  const EffectMessage message = message_of(event, stream_id);
  const Result<std::optional<Alert>> alert = alert_of(message, limit);
  REQUIRE(alert.ok());
  // Whatever can be one is looked at.
  if (alert->has_value()) CHECK(may_alert(message.event_name));
  return *alert;
}

schema::Event quarantine_event(schema::ErrorCode code) {
  schema::Event event;
  auto& fact = *event.mutable_offline_entry_quarantined();
  fact.set_terminal_id("t1");
  fact.set_client_seq(5);
  fact.set_command("RingUpSale");
  fact.set_code(code);
  fact.set_detail("what the rules said");
  fact.set_payload(R"({"a":"b"})");
  return event;
}

schema::Event closed_shift(std::int64_t cash, std::optional<std::int64_t> card = std::nullopt) {
  schema::Event event;
  auto& fact = *event.mutable_shift_closed();
  fact.set_shift_id("sh1");
  fact.set_store_id("s1");
  fact.set_terminal_id("t1");
  fact.set_z_no(17);
  fact.set_currency("EUR");
  fact.set_over_short(cash);
  if (!card) return event;
  for (const auto& [type, amount] : {std::pair(schema::Tender::CASH, cash), std::pair(schema::Tender::CARD, *card)}) {
    auto& variance = *fact.add_variances();
    variance.set_type(type);
    variance.mutable_over_short()->set_amount(amount);
    variance.mutable_over_short()->set_currency("EUR");
  }
  fact.add_variances()->set_type(schema::Tender::VOUCHER);  // not counted
  return event;
}

}  // namespace

TEST_CASE("low stock is an alert of its own at each crossing", "[alerts]") {
  schema::Event event;
  auto& fact = *event.mutable_low_stock_detected();
  fact.set_store_id("s1");
  fact.set_sku("tea");
  fact.set_on_hand_e5(250'000);
  fact.set_point_e5(500'000);
  fact.set_target_e5(2'000'000);
  fact.set_document_id("sale-1");
  const auto first = read_alert(event, "s1/tea");
  REQUIRE(first.has_value());
  CHECK(first->kind == schema::Alert::LOW_STOCK);
  CHECK(first->tenant == "acme");
  CHECK(first->at == kAt);
  CHECK(first->title == "Low stock of tea at s1");
  CHECK(first->text == "2.5 on hand, reorder point 5, target 20");
  CHECK(read_alert(event, "s1/tea")->subject == first->subject);
  fact.set_document_id("sale-2");
  CHECK(read_alert(event, "s1/tea")->subject != first->subject);
}

TEST_CASE("negative stock is an alert", "[alerts]") {
  schema::Event event;
  auto& fact = *event.mutable_stock_went_negative();
  fact.set_store_id("s1");
  fact.set_sku("tea");
  fact.set_on_hand_e5(-300'000);
  fact.set_sale_id("sale-1");
  const auto alert = read_alert(event, "s1/tea");
  REQUIRE(alert.has_value());
  CHECK(alert->kind == schema::Alert::NEGATIVE_STOCK);
  CHECK(alert->title == "Negative stock of tea at s1");
  CHECK(alert->text == "-3 on hand after sale sale-1");
}

TEST_CASE("a fork of a terminal is urgent, another quarantine is not", "[alerts]") {
  const auto fork = read_alert(quarantine_event(schema::OFFLINE_SEQUENCE_FORK));
  REQUIRE(fork.has_value());
  CHECK(fork->kind == schema::Alert::TERMINAL_FORK);
  CHECK(fork->severity == AlertSeverity::kCritical);
  CHECK(fork->subject == "t1");
  CHECK(fork->title == "Terminal t1 has two entries 5");
  const auto other = read_alert(quarantine_event(schema::PRODUCT_NOT_FOUND));
  REQUIRE(other.has_value());
  CHECK(other->kind == schema::Alert::OFFLINE_QUARANTINE);
  CHECK(other->severity == AlertSeverity::kWarning);
  CHECK(other->title == "Entry 5 of terminal t1 was not booked");
  CHECK(other->text == "RingUpSale: PRODUCT_NOT_FOUND\nSee GET /v1/terminals/t1/offline");
  // Neither says what was in it.
  CHECK((fork->text + other->text).find("what the rules said") == std::string::npos);
  CHECK((fork->text + other->text).find("\"a\"") == std::string::npos);
}

TEST_CASE("a drawer is told where its difference is beyond the limit", "[alerts]") {
  CHECK_FALSE(read_alert(closed_shift(-2'500)).has_value());
  CHECK_FALSE(read_alert(closed_shift(-500), "sh1", limit_of(500, "EUR")).has_value());
  CHECK_FALSE(read_alert(closed_shift(500), "sh1", limit_of(500, "EUR")).has_value());
  CHECK_FALSE(read_alert(closed_shift(0), "sh1", limit_of(0, "USD")).has_value());
  const auto alert = read_alert(closed_shift(-501), "sh1", limit_of(500, "EUR"));
  REQUIRE(alert.has_value());
  CHECK(alert->kind == schema::Alert::OVER_SHORT);
  CHECK(alert->subject == "sh1");
  CHECK(alert->title == "Shift sh1 of terminal t1 closed 5.01 EUR short");
  CHECK(alert->text == "Store s1, Z 17\nCASH: 5.01 EUR short");
  CHECK(read_alert(closed_shift(501), "sh1", limit_of(500, "EUR"))->title ==
        "Shift sh1 of terminal t1 closed 5.01 EUR over");
  // A limit in another currency limits nothing.
  CHECK(read_alert(closed_shift(1), "sh1", limit_of(500, "USD")).has_value());
  // Each type of tender that was counted counts.
  const auto cards = read_alert(closed_shift(-10, 900), "sh1", limit_of(500, "EUR"));
  REQUIRE(cards.has_value());
  CHECK(cards->text == "Store s1, Z 17\nCARD: 9.00 EUR over");
  CHECK(read_alert(closed_shift(-600, 900), "sh1", limit_of(500, "EUR"))->text ==
        "Store s1, Z 17\nCASH: 6.00 EUR short\nCARD: 9.00 EUR over");
}

TEST_CASE("a limit that cannot be asked for is an error, and is not asked for of an even drawer", "[alerts]") {
  const OverShortLimit away = [](const std::string& store) -> Result<std::optional<schema::Money>> {
    CHECK(store == "s1");
    return Error{ErrorKind::kUnavailable, "away"};
  };
  CHECK(alert_of(message_of(closed_shift(-1)), away).error().kind == ErrorKind::kUnavailable);
  CHECK(alert_of(message_of(closed_shift(0, 0)), away).ok());
}

TEST_CASE("a card taken offline that was declined is an alert", "[alerts]") {
  schema::Event event;
  auto& fact = *event.mutable_offline_payment_declined();
  fact.set_payment_id("p1");
  fact.set_store_id("s1");
  fact.set_terminal_id("t1");
  fact.set_sale_id("sale-1");
  fact.set_currency("EUR");
  fact.set_amount(1'999);
  fact.set_decline_code("do_not_honor");
  const auto alert = read_alert(event);
  REQUIRE(alert.has_value());
  CHECK(alert->kind == schema::Alert::OFFLINE_DECLINE);
  CHECK(alert->subject == "p1");
  CHECK(alert->title == "A card taken offline was declined: 19.99 EUR");
  CHECK(alert->text == "Payment p1 of terminal t1 at s1, sale sale-1: do_not_honor");
}

TEST_CASE("wrong PINs are an alert once they lock", "[alerts]") {
  schema::Event event;
  auto& fact = *event.mutable_pin_refused();
  fact.set_employee_id("ann");
  fact.set_failures_after(4);
  fact.set_terminal_id("t1");
  CHECK_FALSE(read_alert(event).has_value());
  fact.set_failures_after(5);
  fact.set_locked_until_us(kAt.value() + 15LL * 60 * 1'000'000);
  const auto alert = read_alert(event);
  REQUIRE(alert.has_value());
  CHECK(alert->kind == schema::Alert::PIN_LOCKOUT);
  CHECK(alert->title == "Employee ann is locked after 5 wrong PINs");
  CHECK(alert->text == "Until 2026-03-02 10:15 UTC, at terminal t1");
}

TEST_CASE("a gateway at odds and a webhook endpoint that was disabled are alerts", "[alerts]") {
  schema::Event event;
  auto& result = *event.mutable_gateway_result_recorded();
  result.set_request_id("P1:CAPTURE:1");
  result.set_payment_id("P1");
  result.set_kind(schema::GatewayRequest::CAPTURE);
  result.set_amount(1'999);
  result.set_currency("JPY");
  CHECK_FALSE(read_alert(event).has_value());
  result.set_at_odds(true);
  const auto odds = read_alert(event);
  REQUIRE(odds.has_value());
  CHECK(odds->severity == AlertSeverity::kCritical);
  CHECK(odds->title == "The card gateway declined what counts as done: 1999 JPY");
  CHECK(odds->text == "CAPTURE of payment P1, request P1:CAPTURE:1");
  event.mutable_webhook_endpoint_disabled()->set_endpoint_id("we_1");
  event.mutable_webhook_endpoint_disabled()->set_reason("410");
  const auto disabled = read_alert(event);
  REQUIRE(disabled.has_value());
  CHECK(disabled->kind == schema::Alert::WEBHOOK_DISABLED);
  CHECK(disabled->text == "410");
}

TEST_CASE("what cannot be an alert is not looked at, and what does not read is an error", "[alerts]") {
  for (const char* name :
       {"SaleCompleted", "OfflineEntryRecorded", "OfflineChainMoved", "PinAccepted", "", "lowstock"}) {
    CAPTURE(name);
    CHECK_FALSE(may_alert(name));
  }
  schema::Event sale;
  sale.mutable_sale_completed();
  CHECK_FALSE(read_alert(sale).has_value());
  EffectMessage message;
  CHECK(alert_of(message, no_limit).error().kind == ErrorKind::kInvalid);
  message.payload = "\xff";
  CHECK(alert_of(message, no_limit).error().kind == ErrorKind::kInvalid);
}

TEST_CASE("every name that is looked at is that of an event", "[alerts]") {
  int alerting = 0;
  for (int i = 0; i < schema::Event::descriptor()->field_count(); ++i) {
    alerting += may_alert(event_type_name(*schema::Event::descriptor()->field(i))) ? 1 : 0;
  }
  CHECK(alerting == 8);
}

TEST_CASE("a chat takes plain text as text", "[alerts]") {
  CHECK(slack_body("a", "b") == R"({"text":"*a*\nb"})");
  CHECK(slack_body("a", "") == R"({"text":"*a*"})");
  CHECK(slack_body("<!channel> & \"x\" \\", "1\n2\t3") == R"({"text":"*&lt;!channel&gt; &amp; \"x\" \\*\n1\n2?3"})");
  CHECK(slack_body("Käse 日本 🛒", "") == "{\"text\":\"*Käse 日本 🛒*\"}");
  // Not UTF-8: a lone byte, an overlong form, a surrogate, what is cut off.
  CHECK(slack_body("\xff", "\xC0\xAF\xED\xA0\x80\xE2\x82") == R"({"text":"*?*\n???????"})");
}

TEST_CASE("an alert says whose it is, when it was, and how many were held back", "[alerts]") {
  Alert alert;
  alert.tenant = "acme";
  alert.title = "Low stock";
  alert.text = "2 on hand";
  alert.at = kAt;
  CHECK(words_of(alert, 0).title == "Low stock");
  CHECK(words_of(alert, 0).text == "2 on hand\nacme, 2026-03-02 10:00 UTC");
  CHECK(words_of(alert, 12).text ==
        "2 on hand\nAnd 12 more of this kind that were held back.\nacme, 2026-03-02 10:00 UTC");
  alert.severity = AlertSeverity::kCritical;
  alert.text.clear();
  CHECK(words_of(alert, 0).title == "Urgent: Low stock");
  CHECK(words_of(alert, 0).text == "acme, 2026-03-02 10:00 UTC");
  // Cut before a character, not within.
  alert.severity = AlertSeverity::kWarning;
  std::string beginning(kAlertTitleMost - 4, 'x');
  alert.title = beginning;
  alert.title.append("ééé");
  CHECK(words_of(alert, 0).title == beginning.append("..."));
}

TEST_CASE("money in words", "[alerts]") {
  CHECK(money_words(0, "EUR") == "0.00 EUR");
  CHECK(money_words(5, "EUR") == "0.05 EUR");
  CHECK(money_words(-1'250, "EUR") == "-12.50 EUR");
  CHECK(money_words(1'999, "JPY") == "1999 JPY");
  CHECK(money_words(-1, "KWD") == "-0.001 KWD");
  CHECK(money_words(std::numeric_limits<std::int64_t>::min(), "EUR") == "-92233720368547758.08 EUR");
  CHECK(money_words(7, "") == "7 ");
}

}  // namespace till::testing
