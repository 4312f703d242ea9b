// The invariants of the domain catalogue that returns must keep, by number, on random sales and histories. A failure
// prints the seed and the smallest counterexample found.
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"
#include "commands/sale_return.h"
#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::ReturnState;
using schema::SaleCompleted;

constexpr int kLines = 5;
constexpr int kCodes = 2;
constexpr int kSteps = 40;

std::string goods(int number) {
  return "G" + std::to_string(number);
}

void open_store(MemoryTill& till, std::uint32_t cash_rounding) {
  schema::Command command;
  command.mutable_upsert_store()->set_store_id("S1");
  must(till, command);
  command.mutable_register_terminal()->set_store_id("S1");
  command.mutable_register_terminal()->set_terminal_id("T1");
  must(till, command);
  auto& policy = *command.mutable_set_store_policy();
  policy.set_store_id("S1");
  policy.set_stock(schema::StorePolicy::ALLOW_NEGATIVE);
  policy.set_time_zone("UTC");
  policy.set_cash_rounding(cash_rounding);
  must(till, command);
  for (int i = 0; i < kLines; ++i) {
    auto& product = *command.mutable_upsert_product();
    product.set_sku(goods(i));
    product.set_name("Article");
    product.set_category("Goods");
    product.set_tax_code("TAX-" + std::to_string(i % kCodes));
    product.mutable_unit_price()->set_amount(100);
    product.mutable_unit_price()->set_currency("EUR");
    product.mutable_unit_cost()->set_amount(33 + i);
    product.mutable_unit_cost()->set_currency("EUR");
    must(till, command);
  }
}

// A sale of up to kLines lines, one article each, with discounts and tax rows; one row more than the articles have
// codes. Paid in cash, rounded where the store rounds.
SaleCompleted sell(MemoryTill& till, std::uint32_t cash_rounding) {
  schema::Command command;
  auto& sale = *command.mutable_ring_up_sale();
  sale.set_sale_id("V1");
  sale.set_store_id("S1");
  sale.set_terminal_id("T1");
  sale.set_terminal_seq(1);
  sale.set_occurred_at_us(kTestStartUs);
  std::int64_t net = 0;
  const int lines = *rc::gen::inRange(1, kLines + 1);
  for (int i = 0; i < lines; ++i) {
    auto& line = *sale.add_lines();
    line.set_line_id("L" + std::to_string(i));
    line.set_sku(goods(i));
    line.set_quantity_e5(*rc::gen::inRange<std::int64_t>(1, 7) * 100'000);
    line.mutable_unit_price()->set_amount(*rc::gen::inRange<std::int64_t>(0, 2'000));
    line.mutable_unit_price()->set_currency("EUR");
    const auto gross = static_cast<std::int64_t>(line_amount(line.quantity_e5(), line.unit_price().amount() * 100, 2));
    set_money(*line.mutable_discount(), *rc::gen::inRange<std::int64_t>(0, gross + 1), "EUR");
    net += gross - line.discount().amount();
  }
  std::int64_t total = net;
  const int rows = *rc::gen::inRange(0, kCodes + 2);
  for (int i = 0; i < rows; ++i) {
    auto& row = *sale.add_taxes();
    row.set_tax_code("TAX-" + std::to_string(i));
    set_money(*row.mutable_taxable(), *rc::gen::inRange<std::int64_t>(0, net + 1), "EUR");
    set_money(*row.mutable_amount(), *rc::gen::inRange<std::int64_t>(0, net / 4 + 2), "EUR");
    total += row.amount().amount();
  }
  set_money(*sale.mutable_expected_total(), total, "EUR");
  const std::int64_t step = cash_rounding > 1 ? cash_rounding : 1;
  const auto cash = static_cast<std::int64_t>(divide_half_away(total, step)) * step;
  if (cash != total) set_money(*sale.mutable_cash_rounding(), cash - total, "EUR");
  if (cash > 0) {
    sale.add_tenders()->set_type(schema::Tender::CASH);
    set_money(*sale.mutable_tenders(0)->mutable_amount(), cash, "EUR");
  }
  return must(till, command).events.at(0).sale_completed();
}

// Of each line so many pieces.
schema::Command start_command(const SaleCompleted& sale, const std::string& id,
                              const std::vector<std::int64_t>& pieces) {
  schema::Command command;
  auto& start = *command.mutable_start_return();
  start.set_return_id(id);
  start.set_sale_id(sale.sale_id());
  start.set_store_id("S1");
  start.set_terminal_id("T1");
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i] == 0) continue;
    auto& line = *start.add_lines();
    line.set_line_id(sale.lines(static_cast<int>(i)).line_id());
    line.set_quantity_e5(pieces[i] * 100'000);
  }
  return command;
}

const ReturnState& return_of(MemoryTill& till, const std::string& id) {
  return *till.books().get<ReturnState>(kind_of(schema::RETURN), id);
}

// Pays the return in cash, rounded as a sale of the same total would be.
SaleCompleted complete(MemoryTill& till, const std::string& id, std::uint64_t sequence, std::uint32_t cash_rounding) {
  const std::int64_t total = return_of(till, id).total().amount();
  const std::int64_t step = cash_rounding > 1 ? cash_rounding : 1;
  const auto cash = static_cast<std::int64_t>(divide_half_away(total, step)) * step;
  schema::Command command;
  auto& completion = *command.mutable_complete_return();
  completion.set_return_id(id);
  completion.set_terminal_seq(sequence);
  completion.set_occurred_at_us(kTestStartUs);
  set_money(*completion.mutable_expected_total(), total, "EUR");
  if (cash != total) set_money(*completion.mutable_cash_rounding(), cash - total, "EUR");
  if (cash > 0) {
    completion.add_refunds()->set_type(schema::Tender::CASH);
    set_money(*completion.mutable_refunds(0)->mutable_amount(), cash, "EUR");
  }
  return must(till, command).events.at(0).return_completed().receipt();
}

std::map<std::string, std::int64_t> tax_sums(const SaleCompleted& receipt) {
  std::map<std::string, std::int64_t> sums;
  for (const auto& row : receipt.taxes()) sums[row.tax_code()] += row.amount();
  return sums;
}

std::int64_t cash_of(const SaleCompleted& receipt) {
  return receipt.tenders().empty() ? 0 : receipt.tenders(0).amount();
}

}  // namespace

TEST_CASE("R5 all parts of a sale that come back are worth what was paid, row by row", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till, 0);
    const SaleCompleted sale = sell(till, 0);
    std::vector<std::int64_t> left;
    for (const auto& line : sale.lines()) left.push_back(line.quantity_e5() / 100'000);
    SaleCompleted back;
    std::map<std::string, std::int64_t> taxes;
    std::uint64_t sequence = 1;
    const int returns = *rc::gen::inRange(1, 6);
    for (int step = 0; step < returns; ++step) {
      std::vector<std::int64_t> pieces;
      for (std::int64_t& of_line : left) {
        const bool last = step + 1 == returns;
        pieces.push_back(last ? of_line : *rc::gen::inRange<std::int64_t>(0, of_line + 1));
        of_line -= pieces.back();
      }
      const std::string id = "B" + std::to_string(step);
      const schema::Command start = start_command(sale, id, pieces);
      if (start.start_return().lines().empty()) continue;
      must(till, start);
      const SaleCompleted receipt = complete(till, id, ++sequence, 0);
      RC_ASSERT(receipt.net() >= 0 && receipt.tax() >= 0 && receipt.discount() >= 0 && receipt.cogs_e4() >= 0);
      RC_ASSERT(receipt.net() + receipt.tax() == receipt.total());
      back.set_gross(back.gross() + receipt.gross());
      back.set_net(back.net() + receipt.net());
      back.set_tax(back.tax() + receipt.tax());
      back.set_cogs_e4(back.cogs_e4() + receipt.cogs_e4());
      std::int64_t rows = 0;
      for (const auto& [code, amount] : tax_sums(receipt)) {
        rows += amount;
        taxes[code] += amount;
      }
      RC_ASSERT(rows == receipt.tax());
    }
    RC_ASSERT(back.gross() == sale.gross());
    RC_ASSERT(back.net() == sale.net());
    RC_ASSERT(back.tax() == sale.tax());
    RC_ASSERT(back.cogs_e4() == sale.cogs_e4());
    std::erase_if(taxes, [](const auto& row) { return row.second == 0; });
    auto sold = tax_sums(sale);
    std::erase_if(sold, [](const auto& row) { return row.second == 0; });
    RC_ASSERT(taxes == sold);
  }));
}

TEST_CASE("R1 of no line more comes back than was sold, through any history of returns", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store(till, 0);
    const SaleCompleted sale = sell(till, 0);
    std::map<std::string, std::vector<std::int64_t>> kept;  // by return, started or completed
    std::vector<std::string> open;
    std::uint64_t sequence = 1;
    for (int step = 0; step < kSteps; ++step) {
      const int choice = *rc::gen::inRange(0, 4);
      if (choice < 2 || open.empty()) {
        std::vector<std::int64_t> pieces;
        bool fits = true;
        for (int i = 0; i < sale.lines_size(); ++i) {
          pieces.push_back(*rc::gen::inRange<std::int64_t>(0, 3));
          std::int64_t taken = pieces.back();
          for (const auto& [id, of_return] : kept) taken += of_return[static_cast<std::size_t>(i)];
          fits = fits && taken * 100'000 <= sale.lines(i).quantity_e5();
        }
        const std::string id = "B" + std::to_string(step);
        const schema::Command start = start_command(sale, id, pieces);
        if (start.start_return().lines().empty()) continue;
        RC_ASSERT(code_of(till.send(start)) == (fits ? "" : "RETURN_EXCEEDS_SOLD"));
        if (!fits) continue;
        kept[id] = pieces;
        open.push_back(id);
      } else if (choice == 2) {
        complete(till, open.back(), ++sequence, 0);
        open.pop_back();
      } else {
        schema::Command cancel;
        cancel.mutable_cancel_return()->set_return_id(open.back());
        must(till, cancel);
        kept.erase(open.back());
        open.pop_back();
      }
    }
  }));
}

TEST_CASE("R6 a sale paid in cash and wholly returned gives the same cash back, rounding and all",
          "[commands][invariants]") {
  CHECK(rc::check([] {
    const auto step = *rc::gen::element<std::uint32_t>(0, 5, 10, 50, 100);
    MemoryTill till;
    open_store(till, step);
    const SaleCompleted sale = sell(till, step);
    std::vector<std::int64_t> pieces;
    for (const auto& line : sale.lines()) pieces.push_back(line.quantity_e5() / 100'000);
    must(till, start_command(sale, "B1", pieces));
    const SaleCompleted receipt = complete(till, "B1", 2, step);
    RC_ASSERT(receipt.total() == sale.total());
    RC_ASSERT(receipt.cash_rounding() == sale.cash_rounding());
    RC_ASSERT(cash_of(receipt) == cash_of(sale));
  }));
}

}  // namespace till::testing
