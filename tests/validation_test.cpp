#include "api/validation.h"

#include <catch2/catch.hpp>

#include "api/problem.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

std::string errors_of(const google::protobuf::Message& message, WireForm form = WireForm::kProtobuf) {
  FieldErrors errors;
  validate_message(message, form, errors);
  std::string text;
  for (const auto& error : errors.list()) {
    if (!text.empty()) text += "; ";
    text += error.pointer + " " + std::string(error.code);
  }
  return text;
}

schema::AdjustStock adjustment() {
  schema::AdjustStock message;
  message.set_adjustment_id("a-1");
  message.set_store_id("s-1");
  message.set_sku("k-1");
  message.set_delta_e5(-1);
  message.set_reason(schema::AdjustStock::DAMAGE);
  return message;
}

schema::UpsertProduct product() {
  schema::UpsertProduct message;
  message.set_sku("k-1");
  message.set_name("Tea");
  message.set_category("Drinks");
  message.set_tax_code("VAT");
  message.mutable_unit_price()->set_amount(1);
  message.mutable_unit_price()->set_currency("USD");
  return message;
}

}  // namespace

TEST_CASE("required fields are missed", "[validation]") {
  CHECK(errors_of(adjustment()).empty());
  CHECK(errors_of(schema::AdjustStock()) ==
        "/adjustment_id REQUIRED; /store_id REQUIRED; /sku REQUIRED; /reason REQUIRED");
  CHECK(errors_of(schema::ReceiveStock()) == "/receipt_id REQUIRED; /store_id REQUIRED; /lines REQUIRED");

  schema::RingUpSale sale;
  sale.set_sale_id("s");
  sale.set_store_id("s");
  sale.set_terminal_id("t");
  sale.mutable_expected_total()->set_currency("USD");
  auto& line = *sale.add_lines();
  line.set_line_id("1");
  line.set_sku("k");
  line.mutable_unit_price()->set_amount(0);
  line.mutable_unit_price()->set_currency("USD");
  CHECK(errors_of(sale, WireForm::kJson).empty());
  CHECK(errors_of(sale, WireForm::kProtobuf) == "/terminal_seq REQUIRED; /occurred_at REQUIRED");
  sale.clear_expected_total();
  CHECK(errors_of(sale, WireForm::kJson) == "/expected_total REQUIRED");
}

TEST_CASE("rules of strings are kept", "[validation]") {
  struct Row {
    schema::Rule rule;
    std::string_view text;
    bool good;
  };
  const std::string id64(64, 'x'), id65(65, 'x'), tenant33(33, 'a');
  const Row rows[] = {
      {schema::ID, "Az09._-", true},
      {schema::ID, id64, true},
      {schema::ID, id65, false},
      {schema::ID, "a b", false},
      {schema::ID, "a/b", false},
      {schema::ID, "é", false},
      {schema::TENANT_ID, "acme-1", true},
      {schema::TENANT_ID, "Acme", false},
      {schema::TENANT_ID, tenant33, false},
      {schema::CURRENCY, "USD", true},
      {schema::CURRENCY, "usd", false},
      {schema::CURRENCY, "USDX", false},
      {schema::TEXT, "Käse 日本 🛒", true},
      {schema::TEXT, "tab\there", false},
      {schema::TEXT, "line\nbreak", false},
      {schema::TEXT, std::string_view("nul\0", 4), false},
      {schema::TEXT, "c1 \xC2\x85", false},
      {schema::TEXT, "del\x7f", false},
      {schema::TEXT, "bad \xC3", false},
      {schema::TEXT, "surrogate \xED\xA0\x80", false},
      {schema::TEXT, "beyond \xF4\x90\x80\x80", false},
      {schema::LABEL, "Food", true},
      {schema::LABEL, "F", true},
      {schema::LABEL, "Käse & 日本", true},
      {schema::LABEL, "Food ", false},
      {schema::LABEL, " Food", false},
      {schema::LABEL, " ", false},
      {schema::LABEL, "Food\xC2\xA0", false},
      {schema::LABEL, "line\nbreak", false},
      {schema::PIN, "0000", true},
      {schema::PIN, "123456789012", true},
      {schema::PIN, "123", false},
      {schema::PIN, "1234567890123", false},
      {schema::PIN, "12a4", false},
      {schema::EMAIL, "a@b", true},
      {schema::EMAIL, "jörg@example.org", true},
      {schema::EMAIL, "ab", false},
      {schema::EMAIL, "@b", false},
      {schema::EMAIL, "a@", false},
      {schema::EMAIL, "a@b@c", false},
      {schema::EMAIL, "a b@c", false},
      {schema::EMAIL, "a\xC2\xA0@c", false},
      {schema::URL, "https://hooks.slack.com/services/T0/B0/x", true},
      {schema::URL, "http://127.0.0.1:9000", true},
      {schema::URL, "hooks.slack.com/services", false},
      {schema::URL, "ftp://hooks.slack.com/", false},
      {schema::URL, "https://user@hooks.slack.com/", false},
      {schema::URL, "https://hooks.slack.com/#x", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rule, row.text);
    CHECK(keeps_rule(row.rule, row.text) == row.good);
  }
}

TEST_CASE("categories that SQL would take for one are not accepted", "[validation]") {
  auto message = product();
  CHECK(errors_of(message).empty());
  message.set_category("Drinks ");
  CHECK(errors_of(message) == "/category INVALID_FORMAT");
}

TEST_CASE("lengths, counts, values and unknown fields are checked", "[validation]") {
  auto message = adjustment();
  message.set_sku("a b");
  CHECK(errors_of(message) == "/sku INVALID_FORMAT");
  message = adjustment();
  message.set_reason(static_cast<schema::AdjustStock::Reason>(99));
  CHECK(errors_of(message) == "/reason INVALID_VALUE");
  message = adjustment();
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(900, 1);
  CHECK(errors_of(message) == " UNKNOWN_FIELD");

  schema::UpsertProduct goods = product();
  CHECK(errors_of(goods).empty());
  goods.set_category(std::string(129, 'x'));
  CHECK(errors_of(goods) == "/category TOO_LONG");
  goods = product();
  goods.set_name(std::string(256, 'x'));
  CHECK(errors_of(goods) == "/name TOO_LONG");
  goods = product();
  goods.mutable_unit_price()->GetReflection()->MutableUnknownFields(goods.mutable_unit_price())->AddVarint(900, 1);
  CHECK(errors_of(goods) == "/unit_price UNKNOWN_FIELD");

  schema::RegisterCustomer customer;
  customer.set_customer_id("c");
  customer.set_sealed("x");
  CHECK(errors_of(customer) == "/sealed UNKNOWN_FIELD");

  schema::RingUpSale sale;
  for (int i = 0; i < 65; ++i) sale.add_taxes();
  CHECK(errors_of(sale).find("/taxes TOO_MANY_ITEMS") != std::string::npos);
  sale.set_occurred_at_us(-1);
  CHECK(errors_of(sale).find("/occurred_at OUT_OF_RANGE") != std::string::npos);
}

TEST_CASE("a unit price has exactly one amount", "[validation]") {
  schema::UpsertProduct goods = product();
  goods.mutable_unit_price()->set_amount_e4(1);
  CHECK(errors_of(goods) == "/unit_price EXACTLY_ONE_REQUIRED");
  goods.mutable_unit_price()->clear_amount();
  CHECK(errors_of(goods).empty());
  goods.mutable_unit_price()->clear_amount_e4();
  CHECK(errors_of(goods) == "/unit_price/amount REQUIRED");
  goods.mutable_unit_price()->set_amount(0);
  CHECK(errors_of(goods).empty());
  goods.mutable_unit_price()->clear_currency();
  CHECK(errors_of(goods) == "/unit_price/currency REQUIRED");
}

TEST_CASE("idempotency keys come bare or quoted", "[validation]") {
  CHECK(idempotency_key_of_header("abc") == "abc");
  CHECK(idempotency_key_of_header("  \"abc\" ") == "abc");
  CHECK(idempotency_key_of_header(R"("a\"b\\c")") == R"(a"b\c)");
  CHECK(idempotency_key_of_header("").empty());
  CHECK(idempotency_key_of_header("\"\"").empty());
  CHECK(idempotency_key_of_header("\"abc").empty());
  CHECK(idempotency_key_of_header(R"("a\n")").empty());
  CHECK(idempotency_key_of_header(std::string(255, 'k')).size() == 255);
  CHECK(idempotency_key_of_header(std::string(256, 'k')).empty());
  CHECK(idempotency_key_of_header("kéy").empty());
  CHECK(is_idempotency_key("timer/points/c1/1772445600000000"));
}

TEST_CASE("no client sends a key of the server's own", "[validation]") {
  const std::string key = own_key({"timer", "points", "c1"});
  CHECK(key ==
        "timer\x1fpoints\x1f"
        "c1");
  CHECK_FALSE(is_idempotency_key(key));
  CHECK(idempotency_key_of_header(key).empty());
  CHECK(idempotency_key_of_header('"' + key + '"').empty());
}

TEST_CASE("problems say what their code means", "[problem]") {
  CHECK(error_code_by_name("INSUFFICIENT_STOCK") == schema::INSUFFICIENT_STOCK);
  CHECK_FALSE(error_code_by_name("ERROR_UNSPECIFIED"));
  CHECK_FALSE(error_code_by_name("NOPE"));
  const auto problem = make_problem(schema::INSUFFICIENT_STOCK, "Only 2 left", "/requests/7");
  CHECK(problem_json(problem) ==
        R"({"type":"urn:till:error:insufficient-stock","title":"Not enough stock","status":409,"detail":"Only 2 left",)"
        R"("instance":"/requests/7","code":"INSUFFICIENT_STOCK","retryable":false})");
  schema::Problem back;
  REQUIRE(back.ParseFromString(problem_body(problem, true)));
  CHECK(back.code() == schema::INSUFFICIENT_STOCK);

  const auto gap = make_problem(Rejection{"TERMINAL_SEQUENCE_GAP", "", "/terminal_seq", 18});
  CHECK(problem_json(gap).ends_with(
      R"("retryable":false,"errors":[{"pointer":"/terminal_seq","code":"TERMINAL_SEQUENCE_GAP"}],"expected":18})"));
  CHECK(make_problem(Rejection{"NOPE", "", "", 0}).code() == schema::INTERNAL_ERROR);
  for (int i = 1; i < schema::ErrorCode_descriptor()->value_count(); ++i) {
    const auto& value = *schema::ErrorCode_descriptor()->value(i);
    const ErrorTraits& traits = error_traits(static_cast<schema::ErrorCode>(value.number()));
    CAPTURE(value.name());
    CHECK(traits.name == value.name());
    CHECK(traits.http_status >= 400);
    CHECK_FALSE(traits.title.empty());
  }
}

}  // namespace till
