// What a mailed receipt is made of, from a real read cache and real keys.
#include "api/receipt_mail_source.h"

#include <chrono>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "commands/mail_template.h"
#include "tests/api_desk.h"
#include "tests/memory_books.h"

namespace till::testing {
namespace {

using Kind = MailReceiver::Kind;

constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kTemplate = "/v1/mail-templates/RECEIPT";

class MailSourceDesk {
 public:
  std::string sale(std::string_view sale_id, std::uint64_t seq, std::string_view customer_id) {
    std::string body = desk.world.sale_body(sale_id, seq);
    return body.insert(1, "\"customer_id\":\"" + std::string(customer_id) + "\",");
  }
  Position head() { return desk.world.log().head().position; }
  MailReceiver address(const std::string& customer_id) {
    const auto found = made.address("acme", customer_id, head());
    REQUIRE(found.ok());
    return found.value();
  }
  MailReceiver sealed_address(const std::string& customer_id, const std::string& sealed) {
    const auto found = made.sealed_address("acme", customer_id, sealed, head());
    REQUIRE(found.ok());
    return found.value();
  }
  // Of the last event of this kind.
  schema::ReceiptRequested last_request() {
    schema::ReceiptRequested last;
    std::vector<TransactionPtr> records;
    REQUIRE(desk.world.engine().feed().read(Position(), 1000, 1u << 24, records).ok());
    for (const TransactionPtr& record : records) {
      for (const auto& event : record->record().events()) {
        schema::Event fact;
        REQUIRE(fact.ParseFromString(event.payload()));
        if (fact.has_receipt_requested()) last = fact.receipt_requested();
      }
    }
    return last;
  }

  ApiDesk desk;
  ZoneTables zones = test_zones();
  ViewQueries queries{desk.world.cache(), nullptr, zones};
  ReceiptMailSource source{queries, desk.world.person_keys()};
  ReceiptMailSources made = source.sources();
};

// A receipt of which nothing is missing.
schema::Receipt whole_receipt() {
  schema::Receipt receipt;
  const auto set = [](schema::Money& money, std::int64_t amount) {
    money.set_amount(amount);
    money.set_currency("EUR");
  };
  receipt.set_kind(schema::Receipt::RETURN);
  receipt.set_state(schema::Receipt::VOIDED);
  receipt.set_receipt_id("R1");
  receipt.set_source_sale_id("V1");
  receipt.set_store_id("s1");
  receipt.set_store_name("High Street");
  receipt.set_terminal_id("t1");
  receipt.set_terminal_seq(17);
  receipt.set_occurred_at_us(1'772'442'900'000'000);
  receipt.set_business_date(20260302);
  receipt.set_employee_id("ann");
  receipt.set_copies(2);
  auto& line = *receipt.add_lines();
  line.set_sku("TEA");
  line.set_name("Tea");
  line.set_quantity_e5(150'000);
  line.mutable_unit_price()->set_amount(250);
  line.mutable_unit_price()->set_currency("EUR");
  line.set_tax_code("A");
  for (auto* money : {line.mutable_gross(), line.mutable_discount(), line.mutable_net()}) set(*money, 375);
  auto& tax = *receipt.add_taxes();
  tax.set_tax_code("A");
  for (auto* money : {tax.mutable_taxable(), tax.mutable_amount()}) set(*money, 26);
  auto& charge = *receipt.add_charges();
  charge.set_name("Bag");
  set(*charge.mutable_amount(), 20);
  auto& card = *receipt.add_gift_cards();
  card.set_gift_card("****7890");
  set(*card.mutable_amount(), 1'000);
  auto& payment = *receipt.add_payments();
  payment.set_type(schema::Tender::GIFT_CARD);
  payment.set_reference("****6666");
  set(*payment.mutable_amount(), 500);
  for (auto* money :
       {receipt.mutable_gross(), receipt.mutable_discount(), receipt.mutable_net(), receipt.mutable_tax(),
        receipt.mutable_tip(), receipt.mutable_cash_rounding(), receipt.mutable_total(), receipt.mutable_change()}) {
    set(*money, 1'250);
  }
  return receipt;
}

std::set<std::string> names_in(const TemplateTexts& texts) {
  std::set<std::string> names;
  for (const auto& [name, text] : texts) {
    CAPTURE(name);
    CHECK_FALSE(text.empty());
    names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("a whole receipt has every name that templates know", "[mail][receipt]") {
  const ReceiptTexts texts = receipt_texts(whole_receipt());
  const TemplateNames& names = receipt_template_names();
  std::set<std::string> values(names.values.begin(), names.values.end());
  values.erase("customer_name");
  CHECK(names_in(texts.values) == values);
  CHECK(texts.lists.size() == names.lists.size());
  for (const TemplateNames::List& list : names.lists) {
    CAPTURE(list.name);
    const auto found = texts.lists.find(list.name);
    REQUIRE(found != texts.lists.end());
    REQUIRE(found->second.size() == 1);
    CHECK(names_in(found->second.front()) == std::set<std::string>(list.values.begin(), list.values.end()));
  }
  CHECK(texts.values.at("total") == "12.50");
  CHECK(texts.values.at("date") == "2026-03-02");
  CHECK(texts.values.at("time") == "2026-03-02 09:15 UTC");
  CHECK(texts.lists.at("lines").front().at("quantity") == "1.5");
  CHECK(texts.lists.at("payments").front().at("type") == "Gift card");
}

TEST_CASE("receipts are those of the read cache", "[mail][receipt]") {
  MailSourceDesk desk;
  desk.desk.must("POST", "/v1/sales", desk.desk.world.sale_body("r1", 1));
  const auto found = desk.made.receipt("acme", {.kind = ReceiptRef::Kind::kSale, .id = "r1"}, desk.head());
  REQUIRE(found.ok());
  REQUIRE(found.value().has_value());
  CHECK(found.value()->values.at("store_name") == "Main street");
  CHECK(found.value()->values.at("total") == "5.00");
  CHECK(found.value()->values.at("is_return").empty());
  CHECK(found.value()->values.at("discount").empty());
  CHECK(found.value()->values.at("receipt").find("Tea\n") != std::string::npos);
  for (const auto kind : {ReceiptRef::Kind::kSale, ReceiptRef::Kind::kReturn}) {
    const auto none = desk.made.receipt("acme", {.kind = kind, .id = "none"}, desk.head());
    REQUIRE(none.ok());
    CHECK_FALSE(none.value().has_value());
  }
  const auto later =
      desk.made.receipt("acme", {.kind = ReceiptRef::Kind::kSale, .id = "r1"}, Position(desk.head().value() + 1));
  CHECK(later.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("who wants receipts by mail has an address", "[mail][persons]") {
  MailSourceDesk desk;
  desk.desk.must("POST", "/v1/customers",
                 R"({"customer_id":"c1","name":"Ada","email":"ada@example.org","receipts_by_mail":true})");
  desk.desk.must("POST", "/v1/customers", R"({"customer_id":"c2","email":"bob@example.org"})");
  desk.desk.must("POST", "/v1/customers", R"({"customer_id":"c3","receipts_by_mail":true})");
  const MailReceiver ada = desk.address("c1");
  CHECK(ada.kind == Kind::kAddress);
  CHECK(ada.address == "ada@example.org");
  CHECK(ada.name == "Ada");
  CHECK(desk.address("c2").kind == Kind::kNone);
  CHECK(desk.address("c3").kind == Kind::kNone);
  CHECK(desk.address("none").kind == Kind::kNone);
  CHECK(desk.desk.read("/v1/customers/c1").json()["receipts_by_mail"].boolean());
  CHECK_FALSE(desk.desk.read("/v1/customers/c2").json()["receipts_by_mail"].boolean());

  desk.desk.must("PUT", "/v1/customers/c2", R"({"email":"bob@example.org","receipts_by_mail":true})");
  CHECK(desk.address("c2").address == "bob@example.org");
  desk.desk.must("PUT", "/v1/customers/c2", R"({"email":"bob@example.org"})");
  CHECK(desk.address("c2").kind == Kind::kNone);
  // One that is merged has what the other has.
  desk.desk.must("POST", "/v1/customers/c2/merge", R"({"into_customer_id":"c1"})");
  CHECK(desk.address("c2").address == "ada@example.org");

  desk.desk.must("POST", "/v1/customers/c1/erase", R"({"legal_basis":"OBJECTION"})");
  CHECK(desk.address("c1").kind == Kind::kErased);
  CHECK(desk.address("c2").kind == Kind::kErased);
}

TEST_CASE("an address that came with a wish opens until its person is erased", "[mail][persons]") {
  MailSourceDesk desk;
  desk.desk.must("POST", "/v1/customers", R"({"customer_id":"c1"})");
  desk.desk.must("POST", "/v1/sales", desk.sale("r1", 1, "c1"));
  desk.desk.must("POST", "/v1/sales/r1/mails", R"({"customer_id":"c1","email":"ada@example.org"})");
  const std::string sealed = desk.last_request().sealed();
  CHECK(desk.sealed_address("c1", sealed).address == "ada@example.org");
  CHECK(desk.sealed_address("c1", "").kind == Kind::kNone);
  CHECK(desk.made.sealed_address("acme", "c1", sealed + "x", desk.head()).error().kind == ErrorKind::kCorrupt);
  desk.desk.must("POST", "/v1/customers/c1/erase", R"({"legal_basis":"OBJECTION"})");
  CHECK(desk.sealed_address("c1", sealed).kind == Kind::kErased);
  REQUIRE(desk.desk.world.person_eraser().wait_for(desk.head(), kPatience));
  CHECK(desk.sealed_address("c1", sealed).kind == Kind::kErased);
}

TEST_CASE("api: a tenant's words of a mail", "[mail]") {
  MailSourceDesk desk;
  CHECK(desk.desk.read(kTemplate).code() == "MAIL_TEMPLATE_NOT_SET");
  REQUIRE(desk.made.own_template("acme").ok());
  CHECK(desk.made.own_template("acme").value().text.empty());

  const ApiReply set = desk.desk.must("PUT", kTemplate, R"({"subject":"{{store_name}}","text":"{{receipt}}\n"})");
  CHECK(set.json()["template"].text() == "RECEIPT");
  const ApiReply shown = desk.desk.read(kTemplate);
  INFO(shown.body);
  CHECK(shown.json()["template"].text() == "RECEIPT");
  CHECK(shown.json()["text"].text() == "{{receipt}}\n");
  CHECK_FALSE(shown.json().has("html"));
  const auto own = desk.made.own_template("acme");
  REQUIRE(own.ok());
  CHECK(own.value().subject == "{{store_name}}");
  CHECK(own.value().html.empty());
  CHECK(desk.made.own_template("other").value().subject.empty());

  const ApiReply bad = desk.desk.send("PUT", kTemplate, R"({"html":"{{{receipt}}}"})", desk.desk.world.manager_key);
  CHECK(bad.status == 422);
  CHECK(bad.code() == "MAIL_TEMPLATE_INVALID");
  CHECK(bad.body.find("/html") != std::string::npos);
  CHECK(desk.desk.send("PUT", "/v1/mail-templates/INVOICE", R"({"text":"x"})", desk.desk.world.admin_key).code() ==
        "MAIL_TEMPLATE_UNKNOWN");
  CHECK(desk.desk.send("PUT", kTemplate, R"({"text":"x"})", desk.desk.world.terminal_key).code() == "FORBIDDEN");

  desk.desk.must("DELETE", std::string(kTemplate), {});
  CHECK_FALSE(desk.desk.read(kTemplate).json().has("text"));
  CHECK(desk.made.own_template("acme").value().subject.empty());
  CHECK(desk.desk.send("DELETE", kTemplate, {}, desk.desk.world.manager_key).code() == "MAIL_TEMPLATE_NOT_SET");
}

}  // namespace till::testing
