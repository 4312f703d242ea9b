// Open tickets and payments under random use: the parts of a ticket make its whole, the sale that it becomes is the one
// that a till would have rung up, no payment gives back more than it brought.
#include <algorithm>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include "commands/payment.h"
#include "commands/ticket.h"
#include "commands/ticket_pricing.h"
#include "tests/memory_books.h"
#include "tests/priced_ticket.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::RingUpSale;
using schema::SaleCompleted;

constexpr int kTicketArticles = 4;
constexpr std::size_t kEntityBytesMost = 64 * 1024;

schema::Command command_of(const std::string& text) {
  schema::Command command;
  if (!google::protobuf::TextFormat::ParseFromString(text, &command)) FAIL("not a command: " << text);
  return command;
}

MemoryTill::Sent give(MemoryTill& till, const std::string& text) {
  auto sent = till.send(command_of(text));
  CAPTURE(text, code_of(sent));
  REQUIRE_FALSE(std::holds_alternative<Rejection>(sent.decision));
  return sent;
}

std::string sku_of(int article) {
  return "A" + std::to_string(article);
}

// Four articles, each of a tax of its own, of every kind.
void open_shop(MemoryTill& till) {
  give(till, R"(upsert_store { store_id: "S1" name: "High Street" })");
  give(till, R"(set_store_policy { store_id: "S1" stock: ALLOW_NEGATIVE time_zone: "UTC" cash_rounding: 5 })");
  give(till, R"(register_terminal { store_id: "S1" terminal_id: "T1" })");
  give(till, R"(register_terminal { store_id: "S1" terminal_id: "T2" })");
  for (int i = 0; i < kTicketArticles; ++i) {
    const std::string code = "X" + std::to_string(i);
    const std::string kind = i % 2 == 0 ? "ADDITIVE" : "INCLUSIVE";
    give(till, "define_tax { tax_id: \"" + code + "\" tax_code: \"" + code + "\" rate_ppm: " +
                   std::to_string(70'000 + 60'000 * i) + " kind: " + kind + " phase: SUBTOTAL valid_from: 20200101 }");
    give(till, "upsert_product { sku: \"" + sku_of(i) + "\" name: \"Article\" category: \"C\" tax_code: \"" + code +
                   "\" unit_price { amount: " + std::to_string(99 + 317 * i) + " currency: \"EUR\" } }");
  }
}

void add_random_lines(MemoryTill& till) {
  const int lines = *rc::gen::inRange(1, 9);
  for (int i = 0; i < lines; ++i) {
    give(till, "add_sale_line { sale_id: \"V1\" line_id: \"" + std::to_string(i) + "\" sku: \"" +
                   sku_of(*rc::gen::inRange(0, kTicketArticles)) +
                   "\" quantity_e5: " + std::to_string(*rc::gen::inRange(1, 500'000)) + " }");
  }
}

// What the rules refuse, as a discount of more than is left, changes nothing.
void change_at_random(MemoryTill& till) {
  const int changes = *rc::gen::inRange(0, 8);
  for (int i = 0; i < changes; ++i) {
    const std::string id = std::to_string(i);
    const std::string line = std::to_string(*rc::gen::inRange(0, 9));
    const std::string number = std::to_string(*rc::gen::inRange(1, 400'000));
    const std::vector<std::string> choices{
        R"(apply_discount { sale_id: "V1" discount_id: ")" + id + R"(" percent_ppm: )" + number + " }",
        R"(apply_discount { sale_id: "V1" discount_id: ")" + id + R"(" line_id: ")" + line + R"(" percent_ppm: )" +
            number + " }",
        R"(apply_discount { sale_id: "V1" discount_id: ")" + id + R"(" amount { currency: "EUR" amount: )" +
            std::to_string(*rc::gen::inRange(1, 500)) + " } }",
        R"(apply_discount { sale_id: "V1" discount_id: ")" + id + R"(" reason: STAFF percent_ppm: )" + number + " }",
        R"(void_sale_line { sale_id: "V1" line_id: ")" + line + R"(" })",
        R"(override_line_price { sale_id: "V1" line_id: ")" + line + R"(" unit_price { currency: "EUR" amount_e4: )" +
            number + " } }",
        R"(add_service_charge { sale_id: "V1" charge_id: ")" + id + R"(" amount { currency: "EUR" amount: 37 } })",
        R"(set_tip { sale_id: "V1" amount { currency: "EUR" amount: 113 } })",
        R"(override_tax { sale_id: "V1" line_id: ")" + line + R"(" tax_code: "X1" })"};
    till.send(command_of(choices[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(choices.size())))]));
  }
}

std::string complete(std::int64_t total, const std::string& rest) {
  return R"(complete_sale { sale_id: "V1" terminal_id: "T1" terminal_seq: 1 occurred_at_us: 1772445590000000 )"
         R"(expected_total { currency: "EUR" amount: )" +
         std::to_string(total) + " } " + rest + " }";
}

void set_eur(schema::Money& money, std::int64_t amount) {
  money.set_amount(amount);
  money.set_currency("EUR");
}

// What a till would have sent of the same content.
schema::Command ring_up_of(const SaleCompleted& sale) {
  schema::Command command;
  RingUpSale& ring = *command.mutable_ring_up_sale();
  ring.set_sale_id(sale.sale_id());
  ring.set_store_id(sale.store_id());
  ring.set_terminal_id(sale.terminal_id());
  ring.set_terminal_seq(sale.terminal_seq());
  ring.set_occurred_at_us(sale.occurred_at_us());
  for (const SaleCompleted::Line& from : sale.lines()) {
    RingUpSale::Line& line = *ring.add_lines();
    line.set_line_id(from.line_id());
    line.set_sku(from.sku());
    line.set_quantity_e5(from.quantity_e5());
    *line.mutable_unit_price() = from.stated_price();
    line.set_tax_code(from.tax_code());
    set_eur(*line.mutable_discount(), from.discount());
    set_eur(*line.mutable_tax(), from.tax());
    set_eur(*line.mutable_included_tax(), from.included_tax());
  }
  for (const SaleCompleted::Tax& from : sale.taxes()) {
    schema::TaxRow& row = *ring.add_taxes();
    row.set_tax_code(from.tax_code());
    set_eur(*row.mutable_taxable(), from.taxable());
    set_eur(*row.mutable_amount(), from.amount());
  }
  for (const SaleCompleted::Payment& from : sale.tenders()) {
    schema::Tender& tender = *ring.add_tenders();
    tender.set_type(from.type());
    set_eur(*tender.mutable_amount(), from.amount());
  }
  *ring.mutable_charges() = sale.charges();
  if (sale.tip() != 0) set_eur(*ring.mutable_tip(), sale.tip());
  set_eur(*ring.mutable_change(), sale.change());
  if (sale.cash_rounding() != 0) set_eur(*ring.mutable_cash_rounding(), sale.cash_rounding());
  set_eur(*ring.mutable_expected_total(), sale.total());
  set_eur(*ring.mutable_discount_scopes()->mutable_sale(), sale.sale_discount());
  set_eur(*ring.mutable_discount_scopes()->mutable_employee(), sale.employee_discount());
  set_eur(*ring.mutable_discount_scopes()->mutable_coupon(), sale.coupon_discount());
  ring.mutable_line_voids()->set_count(sale.line_voids());
  set_eur(*ring.mutable_line_voids()->mutable_amount(), sale.line_voided());
  return command;
}

template <class Items, class Value>
std::int64_t sum_of(const Items& items, const Value& value) {
  std::int64_t sum = 0;
  for (const auto& item : items) sum += value(item);
  return sum;
}

void check_sums(const SaleCompleted& sale) {
  RC_ASSERT(sum_of(sale.lines(), [](const auto& l) { return l.net() + l.tax(); }) == sale.net() + sale.tax());
  RC_ASSERT(sum_of(sale.lines(), [](const auto& l) { return l.gross() - l.discount() - l.included_tax(); }) ==
            sale.net());
  RC_ASSERT(sum_of(sale.taxes(), [](const auto& t) { return t.amount(); }) == sale.tax());
  RC_ASSERT(sum_of(sale.charges(), [](const auto& c) { return c.amount().amount(); }) == sale.charged());
  RC_ASSERT(sale.net() + sale.tax() + sale.charged() + sale.tip() == sale.total());
  RC_ASSERT(sum_of(sale.tenders(), [](const auto& t) { return t.amount(); }) - sale.change() ==
            sale.total() + sale.cash_rounding());
  for (const auto& line : sale.lines()) RC_ASSERT(line.discount() >= 0 && line.discount() <= line.gross());
  RC_ASSERT(sale.sale_discount() + sale.employee_discount() + sale.coupon_discount() <= sale.discount());
}

}  // namespace

TEST_CASE("I1 I2 I9 I10 the parts of a random ticket make its whole, and its sale is the ring-up of the same content",
          "[commands][invariants][ticket]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_shop(till);
    give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
    add_random_lines(till);
    change_at_random(till);
    const std::int64_t total = priced_of(till).total;
    RC_PRE(total > 0);
    const std::string tender =
        R"(tenders { type: CARD amount { currency: "EUR" amount: )" + std::to_string(total) + "}}";
    const auto sent = till.send(command_of(complete(total, tender)));
    RC_PRE(code_of(sent) != "VALIDATION_FAILED");  // every line was voided
    RC_ASSERT(code_of(sent) == "");
    SaleCompleted sale = sent.events.at(0).sale_completed();
    check_sums(sale);

    MemoryTill other;
    open_shop(other);
    const auto rung = other.send(ring_up_of(sale));
    RC_ASSERT(code_of(rung) == "");
    SaleCompleted same = rung.events.at(0).sale_completed();
    sale.clear_fingerprint();
    same.clear_fingerprint();
    RC_ASSERT(sale.SerializeAsString() == same.SerializeAsString());
  }));
}

TEST_CASE("I9 a discount of the whole sale is shared out to the cent", "[commands][invariants][ticket]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_shop(till);
    give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
    add_random_lines(till);
    const std::int64_t left = priced_of(till).left;
    RC_PRE(left > 0);
    const std::int64_t amount = *rc::gen::inRange<std::int64_t>(1, left + 1);
    give(till, R"(apply_discount { sale_id: "V1" discount_id: "D" amount { currency: "EUR" amount: )" +
                   std::to_string(amount) + " } }");
    const PricedTicket priced = priced_of(till);
    RC_ASSERT(sum_of(priced.lines, [](const PricedLine& line) { return line.discount; }) == amount);
    RC_ASSERT(priced.left == left - amount);
  }));
}

TEST_CASE("P1 cash in any pieces covers a ticket, with change once and one rounding",
          "[commands][invariants][ticket]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_shop(till);
    give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
    add_random_lines(till);
    const std::int64_t total = priced_of(till).total;
    RC_PRE(total > 5);
    std::int64_t due = total;
    for (int i = 0; due > 0; ++i) {
      RC_ASSERT(i < 16);
      // The last piece pays it all.
      const std::int64_t piece = i == 6 ? total + 5 : *rc::gen::inRange<std::int64_t>(1, total + 500);
      const auto sent = give(till, R"(add_cash_tender { sale_id: "V1" payment_id: "P)" + std::to_string(i) +
                                       R"(" tendered { currency: "EUR" amount: )" + std::to_string(piece) + " } }");
      due = sent.answer.due().amount();
      RC_ASSERT(sent.answer.change().amount() >= 0);
      RC_ASSERT(due == 0 || sent.answer.change().amount() == 0);
    }
    const auto done = till.send(command_of(complete(total, "")));
    RC_ASSERT(code_of(done) == "");
    check_sums(done.events.at(0).sale_completed());
  }));
}

TEST_CASE("5.3 row 4: whatever comes after its completion, a ticket only moves forward", "[commands][ticket]") {
  MemoryTill till;
  open_shop(till);
  give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
  give(till, R"(add_sale_line { sale_id: "V1" line_id: "1" sku: "A0" quantity_e5: 100000 })");
  give(till, complete(106, R"(tenders { type: CARD amount { currency: "EUR" amount: 106 } })"));
  const auto before = till.books().images();
  for (const char* command :
       {R"(suspend_sale { sale_id: "V1" })", R"(resume_sale { sale_id: "V1" terminal_id: "T1" })",
        R"(cancel_sale { sale_id: "V1" })", R"(set_tip { sale_id: "V1" amount { currency: "EUR" amount: 1 } })",
        R"(add_sale_line { sale_id: "V1" line_id: "2" sku: "A0" quantity_e5: 100000 })"}) {
    CAPTURE(command);
    CHECK(code_of(till.send(command_of(command))) == "SALE_NOT_OPEN");
  }
  CHECK(till.books().images() == before);
}

TEST_CASE("5.3 row 26: a double click pays once, and two terminals complete a sale once", "[commands][ticket]") {
  MemoryTill till;
  open_shop(till);
  give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
  give(till, R"(add_sale_line { sale_id: "V1" line_id: "1" sku: "A0" quantity_e5: 100000 })");
  const auto cash =
      command_of(R"(add_cash_tender { sale_id: "V1" payment_id: "P1" tendered { currency: "EUR" amount: 200 } })");
  REQUIRE(std::holds_alternative<Acceptance>(till.send(cash).decision));
  CHECK(std::holds_alternative<AlreadyDone>(till.send(cash).decision));

  schema::Command first = command_of(complete(106, ""));
  schema::Command second = first;
  second.mutable_complete_sale()->set_terminal_id("T2");
  CHECK(code_of(till.send(second)) == "SALE_OWNED_ELSEWHERE");
  REQUIRE(std::holds_alternative<Acceptance>(till.send(first).decision));
  CHECK(std::holds_alternative<AlreadyDone>(till.send(first).decision));
  CHECK(code_of(till.send(second)) == "SALE_ALREADY_COMPLETED");
  const auto sales = std::ranges::count_if(till.log(), [](const schema::Record& record) {
    return std::ranges::any_of(record.events(), [](const auto& event) {
      return event.type() == static_cast<std::uint32_t>(schema::Event::kSaleCompleted);
    });
  });
  CHECK(sales == 1);
}

TEST_CASE("a ticket stays within the door of an entity, whatever is on it", "[commands][ticket]") {
  MemoryTill till;
  open_shop(till);
  const auto padded = [](const std::string& text) { return text + std::string(64 - text.size(), 'x'); };
  give(till, "upsert_product { sku: \"" + padded("S") + "\" name: \"A\" category: \"C\" tax_code: \"" + padded("X") +
                 "\" unit_price { amount: 1 currency: \"EUR\" } }");
  give(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
  std::string code;
  for (int i = 0; i < 1'000 && code.empty(); ++i) {
    code = code_of(till.send(command_of("add_sale_line { sale_id: \"V1\" line_id: \"" + padded(std::to_string(i)) +
                                        "\" sku: \"" + padded("S") + "\" quantity_e5: 100000 serial: \"" + padded("N") +
                                        "\" batch: \"" + padded("B") + "\" }")));
  }
  CHECK(code == "TICKET_LIMIT");
  for (const auto& [key, image] : till.books().images()) CHECK(image.size() < kEntityBytesMost);
}

TEST_CASE("P3 P5 random refunds give back what was captured at most", "[commands][invariants][payment]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_shop(till);
    const std::int64_t amount = *rc::gen::inRange<std::int64_t>(1, 10'000);
    const std::string money = "{ currency: \"EUR\" amount: " + std::to_string(amount) + " }";
    give(till, R"(record_card_authorization { payment_id: "P1" store_id: "S1" terminal_id: "T1" requested )" + money +
                   " approved " + money + " }");
    give(till, R"(capture_card { payment_id: "P1" })");
    std::int64_t completed = 0;
    std::int64_t pending = 0;
    for (int i = 0; i < 12; ++i) {
      const std::int64_t part = *rc::gen::inRange<std::int64_t>(1, amount + 2);
      const std::string id = R"({ payment_id: "P1" refund_id: "F)" + std::to_string(i) + "\"";
      const std::string code = code_of(till.send(
          command_of("refund_payment " + id + " amount { currency: \"EUR\" amount: " + std::to_string(part) + " } }")));
      const bool fits = part <= amount - completed;
      if (completed == amount) {
        RC_ASSERT(code == "PAYMENT_NOT_REFUNDABLE");
        continue;
      }
      RC_ASSERT(code == (fits ? "" : "REFUND_AMOUNT_INVALID"));
      if (!fits) continue;
      pending = part;
      RC_ASSERT(code_of(till.send(command_of(
                    R"(refund_payment { payment_id: "P1" refund_id: "X" amount { currency: "EUR" amount: 1 } })"))) ==
                "REFUND_ALREADY_PENDING");
      const bool through = *rc::gen::arbitrary<bool>();
      give(till, (through ? "complete_refund " : "fail_refund ") + id + " }");
      if (through) completed += pending;
    }
    const auto* payment = till.books().get<schema::PaymentState>(kind_of(schema::PAYMENT), "P1");
    RC_ASSERT(payment->refunded().amount() == completed);
  }));
}

TEST_CASE("a return gives a captured payment back, once and no more than it brought", "[commands][payment]") {
  MemoryTill till;
  open_shop(till);
  for (const char* id : {"P1", "P2"}) {
    give(till, std::string("record_card_authorization { payment_id: \"") + id +
                   R"(" store_id: "S1" terminal_id: "T1" requested { currency: "EUR" amount: 500 } )"
                   R"(approved { currency: "EUR" amount: 500 } })");
  }
  give(till, R"(capture_card { payment_id: "P1" })");
  google::protobuf::Arena arena;
  DecideContext context;
  context.recorded_at = Micros(till.now());
  context.arena = &arena;
  const Deciding deciding{context, till.books(), till.domain().zones(), till.domain()};
  const auto ask = [&](const char* id, std::int64_t amount, const char* currency) {
    Acceptance accepted;
    const Refusal refusal = refund_payment(deciding, id, amount, currency, "R1", "/refunds/0/payment_id", accepted);
    CHECK(accepted.events.size() == (refusal ? 0u : 1u));
    return refusal ? std::string(refusal->code) : std::string();
  };
  CHECK(ask("P1", 500, "EUR") == "");
  CHECK(ask("P1", 501, "EUR") == "REFUND_AMOUNT_INVALID");
  CHECK(ask("P1", 1, "USD") == "CURRENCY_MISMATCH");
  CHECK(ask("P2", 1, "EUR") == "PAYMENT_NOT_REFUNDABLE");
  CHECK(ask("P9", 1, "EUR") == "PAYMENT_NOT_FOUND");
  give(till, R"(refund_payment { payment_id: "P1" refund_id: "F1" amount { currency: "EUR" amount: 1 } })");
  CHECK(ask("P1", 1, "EUR") == "REFUND_ALREADY_PENDING");
}

}  // namespace till::testing
