#include "api/routes.h"
#include "api/wire_values.h"

#include <catch2/catch.hpp>

#include <google/protobuf/util/message_differencer.h>

#include "api/command_codec.h"
#include "api/json_codec.h"
#include "api/problem.h"
#include "tests/random_message.h"
#include "tests/test_seed.h"

namespace till {
namespace {

constexpr std::string_view kInstance = "/requests/1";

std::string outcome_of(std::string_view method, std::string_view path) {
  const RouteMatch match = match_route(method, path);
  if (match.route == nullptr) return match.allow.empty() ? "404" : "405 " + match.allow;
  std::string text = match.route->name;
  for (const auto& parameter : match.parameters) text += " " + parameter.segment->text + "=" + parameter.value;
  if (!match.invalid_parameter.empty()) text += " invalid:" + std::string(match.invalid_parameter);
  return text;
}

std::string problem_of(const DecodedCommand& decoded) {
  if (!decoded.problem) return {};
  std::string text = std::string(error_traits(decoded.problem->code()).name);
  for (const auto& error : decoded.problem->errors()) text += "; " + error.pointer() + " " + error.code();
  return text;
}

DecodedCommand decode(std::string_view method, std::string_view path, std::string_view body,
                      WireForm form = WireForm::kJson) {
  const RouteMatch match = match_route(method, path);
  REQUIRE(match.route != nullptr);
  return decode_command(match, form, body, kInstance);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_id(std::string_view(&c, 1))) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return encoded;
}

}  // namespace

TEST_CASE("requests find their route", "[routes]") {
  struct Row {
    std::string_view method;
    std::string_view path;
    std::string_view outcome;
  };
  const Row rows[] = {
      {"PUT", "/v1/stores/s-1", "UpsertStore store_id=s-1"},
      {"PUT", "/v1/stores/s-1/terminals/t.1", "RegisterTerminal store_id=s-1 terminal_id=t.1"},
      {"PUT", "/v1/stores/s-1/policy", "SetStorePolicy store_id=s-1"},
      {"PUT", "/v1/catalog/products/SKU%2D1", "UpsertProduct sku=SKU-1"},
      {"PUT", "/v1/catalog/barcodes/40170725", "AssignBarcode barcode=40170725"},
      {"DELETE", "/v1/catalog/barcodes/40170725", "RemoveBarcode barcode=40170725"},
      {"POST", "/v1/customers", "RegisterCustomer"},
      {"PUT", "/v1/customers/c", "UpdateCustomer customer_id=c"},
      {"PUT", "/v1/customers/c/consents", "SetConsent customer_id=c"},
      {"POST", "/v1/customers/c/legal-hold", "PlaceLegalHold customer_id=c"},
      {"POST", "/v1/customers/c/legal-hold/lift", "LiftLegalHold customer_id=c"},
      {"POST", "/v1/inventory/receipts", "ReceiveStock"},
      {"POST", "/v1/inventory/adjustments", "AdjustStock"},
      {"POST", "/v1/sales", "RingUpSale"},
      {"POST", "/v1/sales/S-1/void", "VoidSale sale_id=S-1"},
      {"POST", "/v1/batch", "Batch"},
      {"GET", "/v1/sales/S-1", "GetSale sale_id=S-1"},
      {"GET", "/v1/sales/S-1/receipt", "GetReceipt sale_id=S-1"},
      {"GET", "/v1/sales/S-1/copies", "GetReceiptCopies sale_id=S-1"},
      {"POST", "/v1/sales/S-1/copies", "CopyReceipt sale_id=S-1"},
      {"GET", "/v1/returns/R-1/receipt", "GetReturnReceipt return_id=R-1"},
      {"GET", "/v1/catalog/products/A", "GetProduct sku=A"},
      {"GET", "/v1/catalog/products", "ListProducts"},
      {"GET", "/v1/inventory/low-stock", "ListLowStock"},
      {"GET", "/v1/sessions", "ListSessions"},
      {"GET", "/v1/shifts", "ListShifts"},
      {"POST", "/v1/sessions/N-1/touch", "TouchSession session_id=N-1"},
      {"GET", "/v1/customers/c", "GetCustomer customer_id=c"},
      {"GET", "/v1/inventory/availability", "GetAvailability"},
      {"GET", "/v1/dashboards/stores/s-1", "GetStoreDashboard store_id=s-1"},
      {"GET", "/v1/dashboards/tenant", "GetTenantDashboard"},
      {"GET", "/v1/reports/sales", "GetSalesReport"},
      {"GET", "/v1/reports/tax", "GetTaxReport"},
      {"GET", "/v1/reports/shifts", "GetShiftsReport"},
      {"GET", "/v1/reports/shifts/sh-1/z", "GetShiftZ shift_id=sh-1"},
      {"GET", "/v1/reports/shifts/sh-1/x", "GetShiftX shift_id=sh-1"},
      {"GET", "/livez", "GetLivez"},
      {"GET", "/readyz", "GetReadyz"},
      {"GET", "/openapi.json", "GetOpenApi"},
      {"GET", "/docs", "GetDocs"},
      {"GET", "/v1/sales", "405 POST"},
      {"DELETE", "/v1/sales/S-1", "405 GET"},
      {"POST", "/v1/sales/S-1", "405 GET"},
      {"get", "/livez", "405 GET"},
      {"GET", "/", "404"},
      {"GET", "", "404"},
      {"GET", "*", "404"},
      {"GET", "/v1/sales/", "404"},
      {"GET", "/v1/sales/S-1/", "404"},
      {"PUT", "/v1/stores//policy", "404"},
      {"GET", "//livez", "404"},
      {"PUT", "/v1/stores/a%2Fb", "UpsertStore store_id=a/b invalid:store_id"},
      {"PUT", "/v1/stores/a%2", "UpsertStore store_id=a invalid:store_id"},
      {"PUT", "/v1/stores/a%zz", "UpsertStore store_id=a invalid:store_id"},
      {"GET", "/v1/sales/a%20b", "GetSale sale_id=a b invalid:sale_id"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method, row.path);
    CHECK(outcome_of(row.method, row.path) == row.outcome);
  }
  CHECK(outcome_of("GET", std::string(10'000, '/')) == "404");
  CHECK(match_route("GET", "/v1/sales/S-1").parameter("sale_id") == "S-1");
}

TEST_CASE("keys reach what their scope permits", "[routes]") {
  const Route& sale = *route_of_command("RingUpSale");
  CHECK(scope_permits(sale, schema::TERMINAL));
  CHECK(scope_permits(sale, schema::ADMIN));
  CHECK_FALSE(scope_permits(sale, schema::REPORTING));
  CHECK_FALSE(scope_permits(*route_of_command("UpsertProduct"), schema::TERMINAL));
  CHECK(scope_permits(*match_route("GET", "/livez").route, schema::SCOPE_UNSPECIFIED));
  CHECK(route_of_command("CreateTenant") == nullptr);
  CHECK(route_of_command("Batch") == nullptr);
  CHECK(make_command("IssueApiKey") == nullptr);
  REQUIRE(make_command("VoidSale"));
  CHECK(make_command("VoidSale")->has_void_sale());
}

TEST_CASE("queries are split and decoded", "[routes]") {
  std::vector<std::pair<std::string, std::string>> query;
  REQUIRE(parse_query("store_id=s&sku=A&sku=B%2FC&x=a+b&flag&&=e", query));
  const std::vector<std::pair<std::string, std::string>> expected{{"store_id", "s"}, {"sku", "A"}, {"sku", "B/C"},
                                                                  {"x", "a b"},      {"flag", ""}, {"", "e"}};
  CHECK(query == expected);
  CHECK_FALSE(parse_query("a=%", query));
  std::string many;
  for (std::size_t i = 0; i <= kQueryParametersMost; ++i) many += "a=1&";
  CHECK_FALSE(parse_query(many, query));
}

TEST_CASE("media types choose the form", "[routes]") {
  CHECK(wire_form_of_content_type("application/json; charset=utf-8") == WireForm::kJson);
  CHECK(wire_form_of_content_type("") == WireForm::kJson);
  CHECK(wire_form_of_content_type("Application/X-Protobuf") == WireForm::kProtobuf);
  CHECK_FALSE(wire_form_of_content_type("text/plain"));
  CHECK(wire_form_of_accept("", WireForm::kProtobuf) == WireForm::kProtobuf);
  CHECK(wire_form_of_accept("*/*", WireForm::kJson) == WireForm::kJson);
  CHECK(wire_form_of_accept("text/html, application/json;q=0.9", WireForm::kProtobuf) == WireForm::kJson);
  CHECK(wire_form_of_accept("application/x-protobuf", WireForm::kJson) == WireForm::kProtobuf);
}

TEST_CASE("path parameters become fields of the command", "[routes]") {
  auto decoded = decode("PUT", "/v1/stores/s-1/terminals/t-1", R"({"name":"Front"})");
  REQUIRE(decoded.command);
  CHECK(decoded.command->register_terminal().store_id() == "s-1");
  CHECK(decoded.command->register_terminal().terminal_id() == "t-1");
  CHECK(decode("PUT", "/v1/stores/s-1", R"({"store_id":"s-1","name":"A"})").command);
  CHECK(problem_of(decode("PUT", "/v1/stores/s-1", R"({"store_id":"s-2","name":"A"})")) ==
        "VALIDATION_FAILED; /store_id PATH_MISMATCH");
  CHECK(problem_of(decode("PUT", "/v1/stores/s%201", R"({"name":"A"})")) ==
        "VALIDATION_FAILED; /store_id INVALID_FORMAT");
  CHECK(problem_of(decode("PUT", "/v1/stores/s-1", "{}")) == "VALIDATION_FAILED; /name REQUIRED");
  CHECK(problem_of(decode("PUT", "/v1/stores/s-1", "{")) == "MALFORMED_BODY");
  CHECK(problem_of(decode("PUT", "/v1/stores/s-1", "[]")) == "VALIDATION_FAILED;  WRONG_TYPE");
  CHECK(problem_of(decode("PUT", "/v1/stores/s-1", "\xff", WireForm::kProtobuf)) == "MALFORMED_BODY");
  CHECK(decode("DELETE", "/v1/catalog/barcodes/40170725", "").command->remove_barcode().barcode() == "40170725");
  CHECK(decode("DELETE", "/v1/catalog/barcodes/40170725", "{}").command);
  CHECK(problem_of(decode("PUT", "/v1/catalog/barcodes/40170725", "")) == "MALFORMED_BODY");
  CHECK(problem_of(decode("POST", "/v1/sales", R"({"lines":7,"change":1.5})"))
            .starts_with("VALIDATION_FAILED; /lines WRONG_TYPE; /change WRONG_TYPE; /terminal_seq REQUIRED"));
}

TEST_CASE("JSON and Protobuf forms of a command are equal messages", "[routes]") {
  const auto seed = testing::test_seed();
  CAPTURE(seed);
  testing::RandomMessages random(seed);
  for (const Route& route : all_routes()) {
    if (route.member == nullptr) continue;
    for (int round = 0; round < 30; ++round) {
      schema::Command command;
      auto& message = *command.GetReflection()->MutableMessage(&command, route.member);
      random.fill(message);
      std::string path;
      for (const PathSegment& segment : route.segments) {
        const std::string value = segment.parameter ? message.GetReflection()->GetString(message, segment.field) : "";
        path += "/" + (segment.parameter ? percent_encoded(value) : segment.text);
      }
      const std::string text = to_json(message);
      CAPTURE(path, text);
      const auto json = decode(route.method, path, text);
      const auto protobuf = decode(route.method, path, message.SerializeAsString(), WireForm::kProtobuf);
      CHECK(problem_of(json).empty());
      CHECK(problem_of(protobuf).empty());
      REQUIRE((json.command && protobuf.command));
      CHECK(json.command->SerializeAsString() == protobuf.command->SerializeAsString());
      CHECK(google::protobuf::util::MessageDifferencer::Equals(*json.command, command));
    }
  }
}

TEST_CASE("a batch gives each item its own outcome", "[batch]") {
  const auto batch = decode_batch(WireForm::kJson, R"({"commands":[
    {"idempotency_key":"k1","command":"UpsertStore","body":{"store_id":"s","name":"A"}},
    {"idempotency_key":"k2","command":"UpsertStore","body":{"name":"A","x":1}},
    {"idempotency_key":"k3","command":"Nope","body":{}},
    {"command":"UpsertStore","body":{}},
    {"idempotency_key":"k5","command":"UpsertStore"},
    {"idempotency_key":"k6","command":"UpsertStore","body":[]},
    {"idempotency_key":7,"command":"UpsertStore","body":{}},
    {"idempotency_key":"k8","command":"UpsertStore","body":{},"other":1},
    {"idempotency_key":"k\n","command":"UpsertStore","body":{}},
    {"idempotency_key":"k10","command":"CreateTenant","body":{}},
    5]})",
                                  kInstance);
  REQUIRE_FALSE(batch.problem);
  const std::vector<std::string> expected{
      "",
      "VALIDATION_FAILED; /x UNKNOWN_FIELD; /store_id REQUIRED",
      "COMMAND_UNKNOWN",
      "IDEMPOTENCY_KEY_MISSING",
      "VALIDATION_FAILED; /body REQUIRED",
      "VALIDATION_FAILED; /body WRONG_TYPE",
      "VALIDATION_FAILED; /idempotency_key WRONG_TYPE",
      "VALIDATION_FAILED; /other UNKNOWN_FIELD",
      "IDEMPOTENCY_KEY_INVALID",
      "COMMAND_UNKNOWN",
      "VALIDATION_FAILED;  WRONG_TYPE",
  };
  REQUIRE(batch.items.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(problem_of(batch.items[i].decoded) == expected[i]);
    CHECK((batch.items[i].decoded.command != nullptr) == expected[i].empty());
  }
  CHECK(batch.items[0].idempotency_key == "k1");
  CHECK(batch.items[0].route->name == "UpsertStore");
  CHECK(batch.items[0].decoded.command->upsert_store().name() == "A");
}

TEST_CASE("a batch as a whole has its bounds", "[batch]") {
  const auto problem = [](WireForm form, std::string_view body) {
    const auto batch = decode_batch(form, body, kInstance);
    CHECK(batch.items.empty());
    return problem_of(DecodedCommand{nullptr, batch.problem});
  };
  CHECK(problem(WireForm::kJson, "[]") == "VALIDATION_FAILED;  WRONG_TYPE");
  CHECK(problem(WireForm::kJson, "{}") == "VALIDATION_FAILED; /commands REQUIRED");
  CHECK(problem(WireForm::kJson, R"({"commands":[]})") == "VALIDATION_FAILED; /commands REQUIRED");
  CHECK(problem(WireForm::kJson, R"({"commands":{}})") == "VALIDATION_FAILED; /commands WRONG_TYPE");
  CHECK(problem(WireForm::kJson, R"({"commands":[1],"commands":[1]})") ==
        "VALIDATION_FAILED; /commands DUPLICATE_FIELD");
  CHECK(problem(WireForm::kJson, R"({"commands":[1],"x":1})") == "VALIDATION_FAILED; /x UNKNOWN_FIELD");
  CHECK(problem(WireForm::kJson, "{\"commands\":[1,") == "MALFORMED_BODY");
  std::string many = R"({"commands":[1)";
  for (int i = 0; i < 1000; ++i) many += ",1";
  CHECK(problem(WireForm::kJson, many + "]}") == "VALIDATION_FAILED; /commands TOO_MANY_ITEMS");
  CHECK(problem(WireForm::kProtobuf, "") == "VALIDATION_FAILED; /commands REQUIRED");
  CHECK(problem(WireForm::kProtobuf, "\xff") == "MALFORMED_BODY");
}

TEST_CASE("a Protobuf batch and a line of a file are read alike", "[batch]") {
  schema::UpsertStore store;
  store.set_store_id("s");
  store.set_name("A");
  schema::Batch message;
  for (const char* command : {"UpsertStore", "Nope"}) {
    auto& item = *message.add_commands();
    item.set_idempotency_key("k");
    item.set_command(command);
    item.set_body(store.SerializeAsString());
  }
  message.add_commands()->set_command("UpsertStore");
  const auto batch = decode_batch(WireForm::kProtobuf, message.SerializeAsString(), kInstance);
  REQUIRE(batch.items.size() == 3);
  REQUIRE(batch.items[0].decoded.command);
  CHECK(problem_of(batch.items[1].decoded) == "COMMAND_UNKNOWN");
  CHECK(problem_of(batch.items[2].decoded) == "IDEMPOTENCY_KEY_MISSING");

  const auto line =
      decode_batch_item(R"({"idempotency_key":"k","command":"UpsertStore","body":{"store_id":"s","name":"A"}})", "");
  REQUIRE(line.decoded.command);
  CHECK(line.decoded.command->SerializeAsString() == batch.items[0].decoded.command->SerializeAsString());
  CHECK(problem_of(decode_batch_item("nonsense", "").decoded) == "MALFORMED_BODY");
}

TEST_CASE("answers are written in both forms", "[batch]") {
  schema::Answer answer;
  answer.set_sale_id("S-1");
  answer.set_business_date(20261123);
  answer.mutable_total()->set_amount(5);
  answer.mutable_total()->set_currency("USD");
  const std::string json = encode_answer(WireForm::kJson, "0a-1-9", answer);
  CHECK(json ==
        R"({"position":"0a-1-9","sale_id":"S-1","business_date":"2026-11-23","total":{"amount":5,"currency":"USD"}})");
  CHECK(encode_answer(WireForm::kJson, "p", schema::Answer()) == R"({"position":"p"})");
  schema::CommandAnswer whole;
  REQUIRE(whole.ParseFromString(encode_answer(WireForm::kProtobuf, "0a-1-9", answer)));
  CHECK(whole.answer().sale_id() == "S-1");

  const std::vector<BatchOutcome> outcomes{{201, json}, {409, "{}"}};
  CHECK(encode_batch(WireForm::kJson, outcomes) ==
        R"({"results":[{"status":201,"body":)" + json + R"(},{"status":409,"body":{}}]})");
  CHECK(encode_batch(WireForm::kJson, {}) == R"({"results":[]})");
  schema::BatchResult result;
  REQUIRE(result.ParseFromString(encode_batch(WireForm::kProtobuf, outcomes)));
  CHECK(result.results(1).status() == 409);
}

}  // namespace till
