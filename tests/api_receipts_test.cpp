// Receipts over HTTP: forms, copies, mails; and what a sale shows whole.
#include <catch2/catch.hpp>

#include "tests/api_desk.h"

namespace till::testing {
namespace {

TEST_CASE("api: a receipt is data, text or a page, as Accept asks", "[receipt]") {
  ApiDesk desk;
  desk.must("POST", "/v1/sales", desk.world.sale_body("r1", 1));
  const ApiReply data = desk.read("/v1/sales/r1/receipt");
  INFO(data.body);
  REQUIRE(data.status == 200);
  CHECK(data.content_type == "application/json");
  CHECK(data.json()["kind"].text() == "SALE");
  CHECK(data.json()["state"].text() == "COMPLETED");
  CHECK(data.json()["store_name"].text() == "Main street");
  CHECK(data.json()["lines"].items()[0]["name"].text() == "Tea");
  CHECK(data.json()["lines"].items()[0]["quantity"].text() == "2");
  CHECK(data.json()["total"]["amount"].integer() == 500);
  CHECK(data.json()["copies"].integer() == 0);
  CHECK_FALSE(data.header("Till-Position").empty());

  const ApiReply text = desk.read("/v1/sales/r1/receipt", {}, "text/plain");
  CHECK(text.status == 200);
  CHECK(text.content_type == "text/plain; charset=utf-8");
  CHECK(text.body.find("Tea\n  2 x 2.50                            5.00\n") != std::string::npos);
  CHECK(text.body.find("DUPLICATE") == std::string::npos);

  const ApiReply page = desk.read("/v1/sales/r1/receipt", {}, "text/html,application/xhtml+xml,*/*;q=0.8");
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body.find("<h1>Main street</h1>") != std::string::npos);
  CHECK(page.header("Content-Security-Policy") == "default-src 'none'; style-src 'unsafe-inline'");

  CHECK(desk.read("/v1/sales/r2/receipt", {}, "text/html").code() == "SALE_NOT_FOUND");
  CHECK(desk.read("/v1/returns/r2/receipt").status == 404);
}

TEST_CASE("api: every copy of a receipt is counted and says so", "[receipt]") {
  ApiDesk desk;
  desk.must("POST", "/v1/sales", desk.world.sale_body("r1", 1));
  CHECK(desk.read("/v1/sales/r1/copies").code() == "NOT_FOUND");
  CHECK(desk.must("POST", "/v1/sales/r1/copies", "{}").json()["copies"].integer() == 1);
  CHECK(desk.must("POST", "/v1/sales/r1/copies", R"({"copy_id":"c1"})").json()["copies"].integer() == 2);
  CHECK(desk.must("POST", "/v1/sales/r1/copies", R"({"copy_id":"c1"})").json()["copies"].integer() == 2);
  CHECK(desk.read("/v1/sales/r1/copies").json()["copies"].integer() == 2);
  CHECK(desk.read("/v1/sales/r1/receipt", {}, "text/plain").body.find("*** DUPLICATE 2 ***") != std::string::npos);
  desk.must("POST", "/v1/sales/r1/void", R"({"reason":"typed wrong"})");
  const ApiReply voided = desk.read("/v1/sales/r1/receipt");
  CHECK(voided.json()["state"].text() == "VOIDED");
  CHECK(voided.json()["copies"].integer() == 2);
}

std::string sale_of_customer(const ApiWorld& world, std::string_view sale_id, std::uint64_t seq) {
  std::string body = world.sale_body(sale_id, seq);
  return body.insert(1, R"("customer_id":"c1",)");
}

TEST_CASE("api: the address of a receipt by e-mail lies in no record in clear", "[receipt]") {
  ApiDesk desk;
  desk.must("POST", "/v1/customers", R"({"customer_id":"c1"})");
  desk.must("POST", "/v1/sales", sale_of_customer(desk.world, "r1", 1));
  desk.must("POST", "/v1/sales", desk.world.sale_body("r2", 2));
  const std::string mail = R"({"customer_id":"c1","email":"ada.lovelace@example.org"})";
  desk.must("POST", "/v1/sales/r1/mails", mail);
  CHECK(desk.read("/v1/sales/r1/copies").json()["mails"].integer() == 1);
  CHECK(desk.send("POST", "/v1/sales/r2/mails", mail, desk.world.terminal_key).code() == "RECEIPT_WITHOUT_CUSTOMER");
  CHECK(desk.send("POST", "/v1/sales/r1/mails", R"({"customer_id":"c1","email":"nobody"})", desk.world.manager_key)
            .code() == "VALIDATION_FAILED");
  Feed& feed = desk.world.engine().feed();
  std::vector<TransactionPtr> records;
  REQUIRE(feed.read(Position(), 1000, 1u << 24, records).ok());
  std::size_t sealed = 0;
  for (const TransactionPtr& record : records) {
    const std::string bytes = record->record().SerializeAsString();
    CHECK(bytes.find("lovelace") == std::string::npos);
    for (const auto& event : record->record().events()) {
      schema::Event fact;
      REQUIRE(fact.ParseFromString(event.payload()));
      if (fact.has_receipt_requested() && !fact.receipt_requested().sealed().empty()) ++sealed;
    }
  }
  CHECK(sealed == 1);
}

TEST_CASE("api: a sale shows its customer and products whole where that is asked for") {
  ApiDesk desk;
  desk.must("POST", "/v1/customers", R"({"customer_id":"c1","name":"Ada"})");
  desk.must("POST", "/v1/sales", sale_of_customer(desk.world, "r1", 1));
  const JsonNode plain = desk.read("/v1/sales/r1").json();
  CHECK_FALSE(plain.has("customer"));
  CHECK_FALSE(plain["lines"].items()[0].has("product"));
  const JsonNode whole = desk.read("/v1/sales/r1?expand=customer&expand=lines.product").json();
  CHECK(whole["customer"]["name"].text() == "Ada");
  CHECK(whole["lines"].items()[0]["product"]["name"].text() == "Tea");
  CHECK(whole["lines"].items()[0]["product"]["version"].integer() == 1);
  CHECK(desk.read("/v1/sales/r1?expand=store").code() == "PARAMETER_INVALID");
  CHECK(desk.read("/v1/sales/r1?expand=lines.product.category").code() == "PARAMETER_INVALID");
  CHECK(desk.read("/v1/sales/r1?expand=customer&expand=customer&expand=customer&expand=customer&expand=customer")
            .json()["errors"]
            .items()[0]["code"]
            .text() == "TOO_MANY_ITEMS");
  CHECK(desk.read("/v1/sales/r1?expand=customer&as_of=2026-01-01T00:00:00Z").code() == "PARAMETER_INVALID");
  // Who may not read customers does not see them through a sale.
  CHECK(desk.read("/v1/sales/r1?expand=customer", desk.world.reporting_key).code() == "FORBIDDEN");
  CHECK(desk.read("/v1/sales/r1?expand=lines.product", desk.world.reporting_key).status == 200);
  desk.must("POST", "/v1/customers/c1/erase", R"({"legal_basis":"OBJECTION"})");
  const ApiReply erased = desk.read("/v1/sales/r1?expand=customer");
  CHECK(erased.status == 200);
  CHECK_FALSE(erased.json().has("customer"));
}

}  // namespace
}  // namespace till::testing
