// The invariants of the domain catalogue that sales and stock must keep, by number, on random carts and histories.
// A failure prints the seed and the smallest counterexample found.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"
#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::RingUpSale;
using schema::SaleCompleted;

constexpr int kArticles = 6;
constexpr int kTaxCodes = 3;
constexpr std::int64_t kStockE5 = 100'000'000;  // 1,000 units

std::string sku(int number) {
  return "SKU-" + std::to_string(number);
}
std::string tax_code(int number) {
  return "TAX-" + std::to_string(number);
}

void set_money(schema::Money& money, std::int64_t amount) {
  till::set_money(money, amount, "EUR");
}

schema::Command command_product(int number) {
  schema::Command command;
  auto& product = *command.mutable_upsert_product();
  product.set_sku(sku(number));
  product.set_name("Article");
  product.set_category("Category " + std::to_string(number % 2));
  product.set_tax_code(tax_code(number % kTaxCodes));
  product.mutable_unit_price()->set_amount(100 + number);
  product.mutable_unit_price()->set_currency("EUR");
  return command;
}

// A store with a terminal and stocked articles.
void open_store(MemoryTill& till) {
  schema::Command command;
  command.mutable_upsert_store()->set_store_id("S1");
  must(till, command);
  command.mutable_register_terminal()->set_store_id("S1");
  command.mutable_register_terminal()->set_terminal_id("T1");
  must(till, command);
  for (int i = 0; i < kArticles; ++i) must(till, command_product(i));
  auto& receipt = *command.mutable_receive_stock();
  receipt.set_receipt_id("R1");
  receipt.set_store_id("S1");
  for (int i = 0; i < kArticles; ++i) {
    receipt.add_lines()->set_sku(sku(i));
    receipt.mutable_lines(i)->set_quantity_e5(kStockE5);
  }
  must(till, command);
}

// A consistent cart: what a till that counts right would send.
schema::Command random_cart(std::uint64_t sequence) {
  schema::Command command;
  RingUpSale& sale = *command.mutable_ring_up_sale();
  sale.set_sale_id("V" + std::to_string(sequence));
  sale.set_store_id("S1");
  sale.set_terminal_id("T1");
  sale.set_terminal_seq(sequence);
  sale.set_occurred_at_us(kTestStartUs);
  std::int64_t net = 0;
  const int lines = *rc::gen::inRange(1, 12);
  for (int i = 0; i < lines; ++i) {
    RingUpSale::Line& line = *sale.add_lines();
    line.set_line_id(std::to_string(i));
    line.set_sku(sku(*rc::gen::inRange(0, kArticles)));
    line.set_quantity_e5(*rc::gen::inRange<std::int64_t>(1, 500'000));
    line.mutable_unit_price()->set_amount_e4(*rc::gen::inRange<std::int64_t>(0, 10'000'000));
    line.mutable_unit_price()->set_currency("EUR");
    const auto gross = static_cast<std::int64_t>(line_amount(line.quantity_e5(), line.unit_price().amount_e4(), 2));
    set_money(*line.mutable_discount(), *rc::gen::inRange<std::int64_t>(0, gross + 1));
    net += gross - line.discount().amount();
  }
  std::int64_t total = net;
  const int rows = *rc::gen::inRange(0, kTaxCodes + 2);  // one code more than the articles have
  for (int i = 0; i < rows; ++i) {
    schema::TaxRow& row = *sale.add_taxes();
    row.set_tax_code(tax_code(i));
    set_money(*row.mutable_taxable(), *rc::gen::inRange<std::int64_t>(0, net + 1));
    set_money(*row.mutable_amount(), *rc::gen::inRange<std::int64_t>(0, net / 4 + 2));
    total += row.amount().amount();
  }
  set_money(*sale.mutable_expected_total(), total);
  const std::int64_t card = *rc::gen::inRange<std::int64_t>(0, total + 1);
  const std::int64_t change = *rc::gen::inRange<std::int64_t>(0, 5'000);
  if (card > 0) {
    sale.add_tenders()->set_type(schema::Tender::CARD);
    set_money(*sale.mutable_tenders(0)->mutable_amount(), card);
  }
  if (total - card + change > 0) {
    schema::Tender& cash = *sale.add_tenders();
    cash.set_type(schema::Tender::CASH);
    set_money(*cash.mutable_amount(), total - card + change);
  }
  set_money(*sale.mutable_change(), change);
  return command;
}

// Sends a random cart, which must be accepted, and gives the events.
MemoryTill::Sent ring_up(MemoryTill& till, const schema::Command& command) {
  auto sent = till.send(command);
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) {
    RC_FAIL(std::string(rejection->code) + " " + rejection->pointer + " " + rejection->detail);
  }
  RC_ASSERT(std::holds_alternative<Acceptance>(sent.decision));
  return sent;
}

// Runs `check(till, command, sale)` on one random cart after another, each in its own store.
template <class Check>
bool on_random_sales(const Check& check) {
  return rc::check([&] {
    MemoryTill till;
    open_store(till);
    const schema::Command command = random_cart(1);
    const auto sent = ring_up(till, command);
    check(till, command, sent.events.at(0).sale_completed());
  });
}

template <class Lines, class Value>
std::int64_t sum_over(const Lines& lines, const Value& value) {
  std::int64_t sum = 0;
  for (const auto& line : lines) sum += value(line);
  return sum;
}

}  // namespace

TEST_CASE("I1 tenders less change are the total", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command&, const SaleCompleted& sale) {
    RC_ASSERT(sum_over(sale.tenders(), [](const auto& t) { return t.amount(); }) - sale.change() == sale.total());
  }));
}

TEST_CASE("I2 the total is the sum of its lines", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command&, const SaleCompleted& sale) {
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.gross(); }) == sale.gross());
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.gross() - l.discount(); }) == sale.net());
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.net() + l.tax(); }) == sale.total());
    RC_ASSERT(sale.net() + sale.tax() == sale.total());
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.quantity_e5(); }) == sale.units_e5());
  }));
}

TEST_CASE("I3 change comes from cash only", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill& till, const schema::Command& command, const SaleCompleted& sale) {
    const auto cash = [](const auto& t) { return t.type() == schema::Tender::CASH ? t.amount() : 0; };
    RC_ASSERT(sale.change() >= 0 && sale.change() <= sum_over(sale.tenders(), cash));
    RC_PRE(sale.change() > 0);
    schema::Command other = command;
    other.mutable_ring_up_sale()->set_sale_id("V2");
    other.mutable_ring_up_sale()->set_terminal_seq(2);
    for (auto& tender : *other.mutable_ring_up_sale()->mutable_tenders()) tender.set_type(schema::Tender::CARD);
    RC_ASSERT(code_of(till.send(other)) == "CHANGE_NOT_FROM_CASH");
  }));
}

TEST_CASE("I4 any other total than the computed one is refused", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till);
    schema::Command command = random_cart(1);
    auto& total = *command.mutable_ring_up_sale()->mutable_expected_total();
    total.set_amount(total.amount() + *rc::gen::nonZero<std::int32_t>());
    RC_ASSERT(code_of(till.send(command)) == "TOTAL_MISMATCH");
  }));
}

TEST_CASE("I5 a sale has a line", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command& command, const SaleCompleted& sale) {
    RC_ASSERT(sale.lines_size() > 0 && sale.lines_size() == command.ring_up_sale().lines_size());
  }));
}

TEST_CASE("I6 a completed sale never changes", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill& till, const schema::Command& command, const SaleCompleted& sale) {
    const EntityKind kind = kind_of(schema::SALE);
    RC_ASSERT(std::holds_alternative<AlreadyDone>(till.send(command).decision));
    schema::Command other = command;
    other.mutable_ring_up_sale()->set_employee_id("other");
    RC_ASSERT(!code_of(till.send(other)).empty());
    schema::Command reversal;
    reversal.mutable_void_sale()->set_sale_id(sale.sale_id());
    RC_ASSERT(code_of(till.send(reversal)).empty());
    const auto* state = till.books().get<schema::SaleState>(kind, sale.sale_id());
    RC_ASSERT(state->voided());
    RC_ASSERT(state->sale() == sale.SerializeAsString());
  }));
}

TEST_CASE("I7 a sale id and a terminal's sequence belong to each other", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till);
    std::uint64_t last = 0;
    for (int i = 0; i < 12; ++i) {
      const auto sequence = *rc::gen::inRange<std::uint64_t>(0, last + 3);
      schema::Command command = random_cart(sequence);
      command.mutable_ring_up_sale()->set_sale_id("attempt-" + std::to_string(i));
      const auto sent = till.send(command);
      if (sequence <= last)
        RC_ASSERT(code_of(sent) == "TERMINAL_SEQUENCE_FORK");
      else if (sequence > last + 1)
        RC_ASSERT(code_of(sent) == "TERMINAL_SEQUENCE_GAP");
      else
        RC_ASSERT(std::holds_alternative<Acceptance>(sent.decision));
      if (sequence == last + 1) ++last;
    }
  }));
}

TEST_CASE("I8 a sale keeps the catalogue of its moment", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill& till, const schema::Command&, const SaleCompleted& sale) {
    const std::string before = sale.SerializeAsString();
    schema::Command change = command_product(0);
    change.mutable_upsert_product()->set_category("moved");
    change.mutable_upsert_product()->set_tax_code("other");
    must(till, change);
    const auto* state = till.books().get<schema::SaleState>(kind_of(schema::SALE), sale.sale_id());
    RC_ASSERT(state->sale() == before);
    for (const auto& line : sale.lines()) RC_ASSERT(line.category() != "moved" && line.tax_code() != "other");
  }));
}

TEST_CASE("I9 the lines' discounts are the sale's discount", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command& command, const SaleCompleted& sale) {
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.discount(); }) == sale.discount());
    for (int i = 0; i < sale.lines_size(); ++i) {
      RC_ASSERT(sale.lines(i).discount() == command.ring_up_sale().lines(i).discount().amount());
      RC_ASSERT(sale.lines(i).net() >= 0);
    }
  }));
}

TEST_CASE("I10 the tax rows are the tax, and the lines share it whole", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command&, const SaleCompleted& sale) {
    RC_ASSERT(sum_over(sale.taxes(), [](const auto& t) { return t.amount(); }) == sale.tax());
    RC_ASSERT(sum_over(sale.lines(), [](const auto& l) { return l.tax(); }) == sale.tax());
    for (const auto& line : sale.lines()) RC_ASSERT(line.tax() >= 0);
  }));
}

TEST_CASE("I11 every tender has the sign of the sale", "[commands][invariants]") {
  CHECK(on_random_sales([](MemoryTill&, const schema::Command&, const SaleCompleted& sale) {
    for (const auto& tender : sale.tenders()) RC_ASSERT(tender.amount() > 0);
    RC_ASSERT(sale.total() >= 0);
  }));
}

TEST_CASE("V1 stock is what came in less what went out", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till);
    std::map<std::string, std::int64_t> shelf;
    for (int i = 0; i < kArticles; ++i) shelf[sku(i)] = kStockE5;
    for (std::uint64_t i = 1; i <= 8; ++i) {
      const schema::Command command = random_cart(i);
      ring_up(till, command);
      const bool reversed = *rc::gen::arbitrary<bool>();
      if (reversed) {
        schema::Command reversal;
        reversal.mutable_void_sale()->set_sale_id(command.ring_up_sale().sale_id());
        must(till, reversal);
        continue;
      }
      for (const auto& line : command.ring_up_sale().lines()) shelf[line.sku()] -= line.quantity_e5();
    }
    for (const auto& [article, level] : shelf) {
      const auto* item = till.books().get<schema::StockState>(kind_of(schema::STOCK), "S1/" + article);
      RC_ASSERT(item->on_hand_e5() == level);
    }
  }));
}

TEST_CASE("T3 a terminal's business date never goes back", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till);
    std::int32_t last = 0;
    for (std::uint64_t i = 1; i <= 10; ++i) {
      schema::Command command = random_cart(i);
      const auto days = *rc::gen::inRange<std::int64_t>(-400, 2);
      command.mutable_ring_up_sale()->set_occurred_at_us(kTestStartUs + days * 86'400'000'000);
      const auto sent = ring_up(till, command);
      const std::int32_t date = sent.events.at(0).sale_completed().business_date();
      RC_ASSERT(date >= last);
      RC_ASSERT(date == till.log().back().business_date());
      last = date;
    }
  }));
}

TEST_CASE("the retail events folded again give the same bytes", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till);
    for (std::uint64_t i = 1; i <= 5; ++i) ring_up(till, random_cart(i));
    schema::Command reversal;
    reversal.mutable_void_sale()->set_sale_id("V3");
    must(till, reversal);
    MemoryBooks once(till.domain());
    MemoryBooks twice(till.domain());
    for (const schema::Record& record : till.log()) once.apply(record);
    for (const schema::Record& record : till.log()) twice.apply(record);
    RC_ASSERT(once.images() == till.books().images());
    RC_ASSERT(once.images() == twice.images());
  }));
}

TEST_CASE("deciding the same twice gives the same bytes", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill one;
    MemoryTill two;
    open_store(one);
    open_store(two);
    const schema::Command command = random_cart(1);
    ring_up(one, command);
    ring_up(two, command);
    RC_ASSERT(one.log().back().SerializeAsString() == two.log().back().SerializeAsString());
  }));
}

TEST_CASE("a sale of 499 lines is decided whole", "[commands][invariants]") {
  MemoryTill till;
  open_store(till);
  schema::Command command;
  RingUpSale& sale = *command.mutable_ring_up_sale();
  sale.set_sale_id("V1");
  sale.set_store_id("S1");
  sale.set_terminal_id("T1");
  sale.set_terminal_seq(1);
  for (int i = 0; i < 499; ++i) {
    RingUpSale::Line& line = *sale.add_lines();
    line.set_line_id(std::to_string(i));
    line.set_sku(sku(i % kArticles));
    line.set_quantity_e5(100'000);
    line.mutable_unit_price()->set_amount(1);
    line.mutable_unit_price()->set_currency("EUR");
  }
  sale.add_taxes()->set_tax_code("ALL");
  set_money(*sale.mutable_taxes(0)->mutable_taxable(), 499);
  set_money(*sale.mutable_taxes(0)->mutable_amount(), 95);
  sale.add_tenders()->set_type(schema::Tender::CARD);
  set_money(*sale.mutable_tenders(0)->mutable_amount(), 594);
  set_money(*sale.mutable_expected_total(), 594);
  const auto sent = till.send(command);
  REQUIRE(std::holds_alternative<Acceptance>(sent.decision));
  CHECK(sent.events.size() == 1 + kArticles);
  const SaleCompleted& done = sent.events[0].sale_completed();
  CHECK(sum_over(done.lines(), [](const auto& line) { return line.tax(); }) == 95);
  CHECK(done.lines(94).tax() == 1);
  CHECK(done.lines(95).tax() == 0);
}

}  // namespace till::testing
