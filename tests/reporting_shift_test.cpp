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

void check_rules(Reporting& reporting) {
  Result<std::vector<SelfCheck>> checks = reporting.self_checks();
  if (!checks.ok()) FAIL(checks.error().message);
  for (const SelfCheck& check : *checks) {
    CAPTURE(check.name, check.example);
    CHECK(check.rows == 0);
  }
}

schema::TenderVariance counted_as(Tender::Type type, std::int64_t expected, std::int64_t counted) {
  schema::TenderVariance variance;
  variance.set_type(type);
  for (const auto& [money, amount] : {std::pair(variance.mutable_expected(), expected),
                                      {variance.mutable_counted(), counted},
                                      {variance.mutable_over_short(), counted - expected}}) {
    money->set_amount(amount);
    money->set_currency("USD");
  }
  return variance;
}

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
  CHECK(z.training_sales() == 0);
  REQUIRE(z.taxes_size() == 1);
  CHECK(z.taxes(0).tax().amount() == 200);
  REQUIRE(z.tenders_size() == 2);
  CHECK((z.tenders(0).type() == "CARD" && z.tenders(0).payments() == 1 && z.tenders(0).amount().amount() == 700));
  CHECK((z.tenders(1).type() == "CASH" && z.tenders(1).payments() == 5 && z.tenders(1).amount().amount() == 2105));
  CHECK(z.first_terminal_seq() == 1);
  CHECK(z.last_terminal_seq() == 3);
  CHECK(z.chain_head().size() == 64);
  CHECK_FALSE(z.position().empty());

  check_rules(*reporting);
}

TEST_CASE("reporting: the Z tells what discounts were for, what was not sold, and what is over or short by tender",
          "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(1000);
  drawer.sell(
      {.sale_id = "A-1", .lines = 2, .discount = 300, .sale_discount = 150, .employee_discount = 50, .line_voids = 2});
  drawer.sell({.sale_id = "A-2", .tenders = {{Tender::CARD, 1000}}, .discount = 100, .coupon_discount = 100});
  drawer.sell({.sale_id = "A-3", .discount = 10, .line_voids = 1});
  drawer.void_sale({.sale_id = "A-3", .discount = 10, .line_voids = 1});
  drawer.give_back({.sale_id = "R-1", .discount = 40}, "A-1");
  drawer.give_back({.sale_id = "R-2"}, "");
  drawer.cancel_ticket("K-1", 3, 1);
  drawer.train("X-1");
  drawer.train("X-2");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const schema::ShiftReport x = shift_report(*reporting, ReportKind::kShiftX, "sh-1");
  REQUIRE(x.tenders_size() == 2);
  CHECK_FALSE(x.tenders(0).has_counted());

  drawer.end();
  drawer.count(drawer.expected() + 5, {counted_as(Tender::CARD, 1000, 990)});
  drawer.close(1, drawer.expected() + 5, 99'000);
  drawer.cancel_ticket("K-2", 1, 0, true);
  REQUIRE(fixture.caught_up(*reporting));
  const schema::ShiftReport z = shift_report(*reporting, ReportKind::kShiftZ, "sh-1");
  CHECK((z.line_voids() == 4 && z.line_voided().amount() == 4000));
  CHECK((z.cancelled_tickets() == 1 && z.cancelled().amount() == 2000));
  CHECK(z.training_sales() == 2);
  CHECK((z.voided().amount() == 1090 && z.returned().amount() == 2160 && z.unlinked_returned().amount() == 1100));
  CHECK(z.discount().amount() == 360);
  CHECK((z.line_discount().amount() == 100 && z.sale_discount().amount() == 150));
  CHECK((z.employee_discount().amount() == 50 && z.coupon_discount().amount() == 100));
  CHECK(z.returned_discount().amount() == 40);
  REQUIRE(z.tenders_size() == 2);
  CHECK((z.tenders(0).type() == "CARD" && z.tenders(0).payments() == 1 && z.tenders(0).amount().amount() == 1000));
  CHECK((z.tenders(0).expected().amount() == 1000 && z.tenders(0).counted().amount() == 990));
  CHECK(z.tenders(0).over_short().amount() == -10);
  CHECK((z.tenders(1).type() == "CASH" && z.tenders(1).expected().amount() == drawer.expected()));
  CHECK(z.tenders(1).over_short().amount() == 5);
  check_rules(*reporting);
  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "") == "");
}

TEST_CASE("reporting: a corrected tender is of its right type everywhere, and so is its void", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  const TestSale by_card{.sale_id = "A-1", .tenders = {{Tender::CARD, 1100}}};
  const TestSale by_both{.sale_id = "A-2", .tenders = {{Tender::CARD, 600}, {Tender::CASH, 500}}};
  drawer.open(1000);
  drawer.sell(by_card);
  drawer.sell(by_both);
  drawer.correct(by_card, Tender::CASH);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const std::string by_payment =
      "SELECT tender_type, SUM(payments), SUM(amount), SUM(net), SUM(tax) FROM f_tender GROUP BY tender_type ORDER BY "
      "1";
  const std::string by_day = "SELECT tender_type, sales, voids, total FROM agg_tender_day ORDER BY 1";
  const std::string by_shift = "SELECT tender_type, payments, amount FROM agg_shift_tender ORDER BY 1";
  CHECK(fixture.rows(by_payment) == Lines{"CARD|1|600|545|55", "CASH|2|1600|1455|145"});
  CHECK(fixture.rows(by_day) == Lines{"CARD|1|0|600", "CASH|2|0|1600"});
  CHECK(fixture.rows(by_shift) == Lines{"CARD|1|600", "CASH|2|1600"});
  CHECK(fixture.rows(kExpectedCash) == Lines{"sh-1|2600"});
  check_rules(*reporting);

  // Where another tender of the sale has the type already, the sale counts there once.
  drawer.correct(by_both, Tender::CASH);
  drawer.correct(by_card, Tender::VOUCHER);
  drawer.void_sale(by_card);
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(by_payment) == Lines{"CARD|0|0|0|0", "CASH|2|1100|1000|100", "VOUCHER|2|0|0|0"});
  CHECK(fixture.rows(by_day) == Lines{"CARD|0|0|0", "CASH|1|0|1100", "VOUCHER|0|1|0"});
  CHECK(fixture.rows(kExpectedCash) == Lines{"sh-1|2100"});
  CHECK(fixture.rows("SELECT expected FROM d_shift") == Lines{"2100"});
  check_rules(*reporting);
  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "") == "");
  const Lines live = fixture.dump("");
  // Without a correction everything adds up as before, but for what was kept in cash.
  fixture.execute("DELETE FROM g1_f_tender WHERE position = 4");
  const std::string lost = first_difference(*reporting->digest(), fixture.log_digests(), "");
  CAPTURE(lost);
  CHECK(lost.find("f_tender cash_kept") != std::string::npos);
  REQUIRE(reporting->rebuild({}).ok());
  CHECK(difference(fixture.dump(""), live) == "");
}

TEST_CASE("reporting: a sale that is late for its shift is in its drawer while that is not closed",
          "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(1000);
  drawer.end();
  drawer.attach_late({.sale_id = "A-1"});
  drawer.count(2100);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const std::string in_drawer = "SELECT expected, counted, over_short FROM d_shift";
  const std::string by_tender = "SELECT tender_type, expected, counted, over_short FROM d_shift_tender";
  CHECK(fixture.rows(in_drawer) == Lines{"2100|2100|0"});
  CHECK(fixture.rows(by_tender) == Lines{"CASH|2100|2100|0"});

  // What was counted stays, and is too little now.
  drawer.attach_late({.sale_id = "A-2"});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(in_drawer) == Lines{"3200|2100|-1100"});
  CHECK(fixture.rows(by_tender) == Lines{"CASH|3200|2100|-1100"});
  CHECK(fixture.rows(kExpectedCash) == Lines{"sh-1|3200"});
  const schema::ShiftReport x = shift_report(*reporting, ReportKind::kShiftX, "sh-1");
  CHECK((x.sales() == 2 && x.over_short().amount() == -1100));
  REQUIRE(x.tenders_size() == 1);
  CHECK(x.tenders(0).over_short().amount() == -1100);
  check_rules(*reporting);
  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "") == "");
}

TEST_CASE("reporting: what comes after the Z changes nothing of it, and stands everywhere else", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(1000);
  drawer.sell({.sale_id = "A-1", .discount = 100, .sale_discount = 100});
  drawer.end();
  drawer.count(drawer.expected());
  drawer.close(1, drawer.expected(), 1000);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const auto z = [&] {
    schema::ShiftReport report = shift_report(*reporting, ReportKind::kShiftZ, "sh-1");
    CHECK(report.sales() == 1);
    report.clear_position();
    report.clear_chain_head();
    return report.DebugString();
  };
  const std::string at_closing = z();
  drawer.attach_late({.sale_id = "A-2", .discount = 10, .sale_discount = 10, .line_voids = 1}, true);
  drawer.attach_late({.sale_id = "A-3"}, true);
  drawer.void_late({.sale_id = "A-3"});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(z() == at_closing);
  CHECK(fixture.rows("SELECT sale_id, kind, after_z FROM f_sale ORDER BY position") ==
        Lines{"A-1|SALE|0", "A-2|SALE|1", "A-3|SALE|1", "A-3|VOID|1"});
  CHECK(fixture.rows("SELECT after_z, COUNT(*) FROM f_tax GROUP BY after_z ORDER BY 1") == Lines{"0|1", "1|3"});
  CHECK(fixture.rows("SELECT after_z, SUM(amount) FROM f_tender GROUP BY after_z ORDER BY 1") ==
        Lines{"0|1000", "1|1090"});
  CHECK(fixture.rows("SELECT sales, voids, total FROM agg_store_day") == Lines{"2|1|2090"});
  CHECK(fixture.rows(kExpectedCash) == Lines{"sh-1|2000"});
  check_rules(*reporting);
  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "") == "");
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
        "agg_shift_tax", "agg_shift_tender", "agg_employee_day", "agg_employee_act", "agg_stock_day", "f_cancelled",
        "d_shift_tender", "f_transit_loss"}) {
    CAPTURE(table);
    CHECK(fixture.rows("SELECT COUNT(*) FROM " + std::string(table)) == Lines{"0"});
  }
}

}  // namespace till
