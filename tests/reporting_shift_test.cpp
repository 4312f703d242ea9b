// Drawers and shifts in the reporting model, against a real server.
#include <catch2/catch.hpp>

#include "projections/digest_difference.h"
#include "tests/reporting_drawer.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;
using schema::Tender;

schema::ShiftReport shift_report(Reporting& reporting, ReportKind kind, const std::string& shift_id) {
  Result<TableReportAt> found = reporting.table_report({.kind = kind, .tenant = "acme", .shift_id = shift_id});
  if (!found.ok()) FAIL(found.error().message);
  if (found->report == nullptr) return {};
  return static_cast<const schema::ShiftReport&>(*found->report);
}

// Definition 4 of the catalogue, word by word but for the names of its tables.
const char* const kExpectedCash =
    "SELECT shift_id, SUM(CASE kind WHEN 'FLOAT' THEN amount WHEN 'CASH_IN' THEN amount WHEN 'PAID_IN' THEN amount "
    "WHEN 'LOAN' THEN amount ELSE -amount END) expected FROM f_drawer GROUP BY shift_id";

// A day with everything in it: 200.00 at the beginning, 140.35 expected.
void trade(TestDrawer& drawer) {
  drawer.open(20'000, -50);
  drawer.sell({.sale_id = "A-1", .lines = 2, .tenders = {{Tender::CARD, 700}, {Tender::CASH, 2000}}, .change = 500});
  drawer.sell({.sale_id = "A-2", .employee_id = "E9"});
  drawer.void_sale({.sale_id = "A-2", .employee_id = "E9"});
  drawer.sell({.sale_id = "A-3", .charged = 3, .tip = 100, .gift_cards_sold = 500, .cash_rounding = 2});
  drawer.give_back({.sale_id = "R-1"}, "A-1");
  drawer.pay_in(30);
  drawer.pay_out(100);
  drawer.lend(1000);
  drawer.pick_up(9000);
  drawer.no_sale();
  drawer.change_operator("E2");
}

}  // namespace

// Rows 19, 21 and 24: change is taken off, the opening difference counts once (in the float), and cents stay whole.
TEST_CASE("reporting: rows 19, 21 and 24, the cash that a drawer should hold", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  trade(drawer);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const std::int64_t cash_of_sales = 1500 + 1100 - 1100 + 1705 - 1100;
  REQUIRE(drawer.expected() == 20'000 + cash_of_sales + 30 - 100 + 1000 - 9000);
  CHECK(fixture.rows(kExpectedCash) == Lines{"sh-1|" + std::to_string(drawer.expected())});
  CHECK(fixture.rows("SELECT status, opening_float, opening_difference, expected, counted, first_terminal_seq, "
                     "last_terminal_seq, employee_id FROM d_shift") ==
        Lines{"OPEN|20000|-50|" + std::to_string(drawer.expected()) + "|-|1|3|E2"});
  CHECK(fixture.rows("SELECT kind, amount, effect FROM f_drawer ORDER BY position, seq") ==
        Lines{"FLOAT|20000|20000", "CASH_IN|1500|1500", "CASH_IN|1100|1100", "CASH_REFUND|1100|-1100",
              "CASH_IN|1705|1705", "CASH_REFUND|1100|-1100", "PAID_IN|30|30", "PAID_OUT|100|-100", "LOAN|1000|1000",
              "PICKUP|9000|-9000", "NO_SALE|0|0", "OPERATOR|0|0"});
  CHECK(fixture.rows("SELECT employee_id, act, acts FROM agg_employee_act") == Lines{"E1|NO_SALE|1"});
}

TEST_CASE("reporting: X while the shift is open, Z when it is closed", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  trade(drawer);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(shift_report(*reporting, ReportKind::kShiftZ, "sh-1").shift_id().empty());
  CHECK(shift_report(*reporting, ReportKind::kShiftX, "sh-2").shift_id().empty());
  const schema::ShiftReport x = shift_report(*reporting, ReportKind::kShiftX, "sh-1");
  CHECK(x.status() == "OPEN");
  CHECK_FALSE(x.has_z_no());
  CHECK(x.expected().amount() == drawer.expected());
  CHECK_FALSE(x.has_counted());

  const std::int64_t counted = drawer.expected() - 10;
  drawer.end();
  drawer.count(counted);
  drawer.close(7, counted, 99'000);
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(shift_report(*reporting, ReportKind::kShiftX, "sh-1").shift_id().empty());
  const schema::ShiftReport z = shift_report(*reporting, ReportKind::kShiftZ, "sh-1");
  CHECK(z.z_no() == 7);
  CHECK(z.terminal_id() == "T1");
  CHECK(Lines(z.operators().begin(), z.operators().end()) == Lines{"E1", "E2"});
  CHECK((z.sales() == 3 && z.voids() == 1 && z.returns() == 1 && z.unlinked_returns() == 0 && z.no_sales() == 1));
  CHECK(z.gross_positive().amount() == 2200 + 1100 + 1703);
  CHECK(z.gross_negative().amount() == 1100 + 1100);
  CHECK(z.net().amount() == 2000 + 1000 - 1000 + 1000 - 1000);
  CHECK((z.charges().amount() == 3 && z.tip().amount() == 100 && z.gift_cards_sold().amount() == 500));
  CHECK(z.cash_rounding().amount() == 2);
  CHECK((z.paid_in().amount() == 30 && z.paid_out().amount() == 100));
  CHECK((z.loans().amount() == 1000 && z.pickups().amount() == 9000));
  CHECK(z.opening_float().amount() == 20'000);
  CHECK(z.expected().amount() == drawer.expected());
  CHECK(z.counted().amount() == counted);
  CHECK(z.over_short().amount() == -10);
  CHECK(z.grand_total().amount() == 99'000);
  REQUIRE(z.taxes_size() == 1);
  CHECK(z.taxes(0).tax().amount() == 200);
  REQUIRE(z.tenders_size() == 2);
  CHECK((z.tenders(0).type() == "CARD" && z.tenders(0).payments() == 1 && z.tenders(0).amount().amount() == 700));
  CHECK((z.tenders(1).type() == "CASH" && z.tenders(1).payments() == 5 && z.tenders(1).amount().amount() == 2105));
  CHECK(z.first_terminal_seq() == 1);
  CHECK(z.last_terminal_seq() == 3);
  CHECK(z.chain_head().size() == 64);
  CHECK_FALSE(z.position().empty());

  Result<std::vector<SelfCheck>> checks = reporting->self_checks();
  REQUIRE(checks.ok());
  for (const SelfCheck& check : *checks) {
    CAPTURE(check.name, check.example);
    CHECK(check.rows == 0);
  }
}

TEST_CASE("reporting: a blind count stays blind in every report", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(100, 0, true);
  drawer.sell({.sale_id = "A-1"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const schema::ShiftReport x = shift_report(*reporting, ReportKind::kShiftX, "sh-1");
  CHECK(x.sales() == 1);
  CHECK_FALSE(x.has_expected());
  CHECK_FALSE(x.has_total());
  CHECK(x.tenders_size() == 0);
  const auto listed = [&] {
    Result<TableReportAt> found =
        reporting->table_report({.kind = ReportKind::kShifts, .tenant = "acme", .from = 20261101, .to = 20261130});
    if (!found.ok()) FAIL(found.error().message);
    return static_cast<const schema::ShiftsReport&>(*found->report).rows(0);
  };
  CHECK_FALSE(listed().has_expected());
  drawer.end();
  drawer.count(1200);
  drawer.close(1, 1200, 1100);
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(listed().expected().amount() == 1200);
  CHECK(listed().over_short().amount() == 0);
}

TEST_CASE("reporting: sales without shift, card and points write no such rows", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.sell("acme", {.sale_id = "A-1"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  for (const char* const table :
       {"d_shift", "f_drawer", "f_giftcard", "s_giftcard", "f_loyalty", "f_store_credit", "f_account", "agg_shift",
        "agg_shift_tax", "agg_shift_tender", "agg_employee_day", "agg_employee_act", "agg_stock_day"}) {
    CAPTURE(table);
    CHECK(fixture.rows("SELECT COUNT(*) FROM " + std::string(table)) == Lines{"0"});
  }
}

}  // namespace till
