// The reports by table against a real server.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "projections/digest_difference.h"
#include "tests/reporting_drawer.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;
using schema::Tender;

constexpr std::int64_t kOne = 100'000;

TableReportRequest november(ReportKind kind) {
  return {.kind = kind, .tenant = "acme", .from = 20261101, .to = 20261130};
}

template <class Report>
Report ask(Reporting& reporting, const TableReportRequest& request) {
  Result<TableReportAt> found = reporting.table_report(request);
  if (!found.ok()) FAIL(found.error().message);
  return static_cast<const Report&>(*found->report);
}

schema::Event stock(const std::string& sku, std::int64_t received_e5, std::int64_t cost_e4) {
  schema::Event event;
  schema::StockReceived& fact = *event.mutable_stock_received();
  fact.set_store_id("S1");
  fact.set_sku(sku);
  fact.set_quantity_e5(received_e5);
  fact.set_on_hand_after_e5(received_e5);
  fact.set_unit_cost_e4(cost_e4);
  fact.set_currency("USD");
  fact.mutable_value()->set_after_e4(received_e5 / kOne * cost_e4);
  fact.mutable_value()->set_currency("USD");
  return event;
}

// A transaction of a business day.
void append_on(ReportingLog& log, std::int32_t day, const std::vector<schema::Event>& events) {
  log.feed().append("acme", [&](TransactionBuilder& builder) {
    builder.record().set_business_date(day);
    for (const schema::Event& event : events) FakeFeed::add_event(builder, 1, "stream", 1, event);
  });
}

schema::GiftCardMoved card_move(const std::string& card, std::int64_t amount, std::int64_t balance) {
  schema::GiftCardMoved fact;
  fact.set_gift_card_id(card);
  fact.set_currency("USD");
  fact.set_amount(amount);
  fact.set_balance_after(balance);
  return fact;
}

}  // namespace

// Rows 27, 29 and 30: daily sums answer, the facts of all history are not read.
TEST_CASE("reporting: rows 27, 29 and 30, reports by day do not read the facts", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.sell("acme", {.sale_id = "1", .lines = 2, .employee_id = "E1"});
  fixture.log.sell("acme", {.sale_id = "2", .store_id = "S2", .sku = "B", .business_date = 20261124});
  fixture.log.give_back("acme", {.sale_id = "3", .business_date = 20261124}, "1");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  fixture.execute(
      "DROP TABLE g1_f_sale, g1_f_line, g1_f_tax, g1_f_tender, g1_f_stock_move, g1_f_drawer, g1_f_giftcard");
  const auto tax = ask<schema::TaxReport>(*reporting, november(ReportKind::kTax));
  REQUIRE(tax.rows_size() == 1);
  CHECK(
      (tax.rows(0).tax_code() == "STD" && tax.rows(0).taxable().amount() == 2000 && tax.rows(0).tax().amount() == 200));
  REQUIRE(tax.totals_size() == 1);
  CHECK(tax.totals(0).tax().amount() == 200);
  CHECK(tax.from() == 20261101);
  CHECK(tax.position() == "01020300-1-3");
  TableReportRequest of_store = november(ReportKind::kTax);
  of_store.store_id = "S2";
  CHECK(ask<schema::TaxReport>(*reporting, of_store).rows(0).tax().amount() == 100);
  CHECK(fixture.report(*reporting, "acme", ReportGroup::kStore).report.rows_size() == 2);
  CHECK(fixture.report(*reporting, "acme", ReportGroup::kEmployee).report.rows(0).key() == "E1");
  CHECK(ask<schema::TopProductsReport>(*reporting, november(ReportKind::kTopProducts)).rows_size() == 2);
  CHECK(ask<schema::LossPreventionReport>(*reporting, november(ReportKind::kLossPrevention)).rows_size() == 1);
}

// Row 28: as many sums as a million sales of forty stores leave in a year. The quickest of some readings counts, since
// the machine may be busy with others.
TEST_CASE("reporting: row 28, the tax of a year is told within a second", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.sell("acme", {.sale_id = "1"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  fixture.execute(
      "INSERT INTO g1_agg_tax_day WITH RECURSIVE d AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM d WHERE n < 364), s "
      "AS "
      "(SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 40), c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c "
      "WHERE n < 3) SELECT 'acme', DATE_ADD('2025-01-01', INTERVAL d.n DAY), CONCAT('store-', s.n), CONCAT('T', c.n), "
      "'USD', 1000, 190 FROM d, s, c");
  TableReportRequest request = november(ReportKind::kTax);
  request.from = 20250101;
  request.to = 20251231;
  schema::TaxReport report;
  std::chrono::nanoseconds quickest = std::chrono::hours(1);
  for (int i = 0; i < 5; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    report = ask<schema::TaxReport>(*reporting, request);
    quickest = std::min<std::chrono::nanoseconds>(quickest, std::chrono::steady_clock::now() - begun);
  }
  CHECK(quickest < std::chrono::seconds(1));
  REQUIRE(report.rows_size() == 3);
  CHECK(report.totals(0).tax().amount() == 365LL * 40 * 3 * 190);
}

TEST_CASE("reporting: stock with its value, page by page", "[reporting][mysql]") {
  ReportingFixture fixture;
  for (int i = 0; i < 5; ++i) append_on(fixture.log, 20261101, {stock("P" + std::to_string(i), 2 * kOne, 15'000)});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  TableReportRequest request = november(ReportKind::kStock);
  request.limit = 2;
  Lines seen;
  for (int page = 0; page < 3; ++page) {
    const auto report = ask<schema::StockReport>(*reporting, request);
    for (const auto& row : report.rows()) {
      seen.push_back(row.sku() + " " + std::to_string(row.on_hand_e5()) + " " +
                     std::to_string(row.value().amount_e4()) + row.value().currency());
    }
    REQUIRE(report.totals_size() == 1);
    CHECK((report.totals(0).items() == 5 && report.totals(0).value().amount_e4() == 5 * 30'000));
    CHECK(report.has_next_cursor() == (page < 2));
    request.cursor = report.next_cursor();
  }
  CHECK(seen == Lines{"P0 200000 30000USD", "P1 200000 30000USD", "P2 200000 30000USD", "P3 200000 30000USD",
                      "P4 200000 30000USD"});
  request.store_id = "S9";
  request.cursor.clear();
  CHECK(ask<schema::StockReport>(*reporting, request).rows_size() == 0);
}

TEST_CASE("reporting: shrinkage at average cost, sell-through from the opening stock", "[reporting][mysql]") {
  ReportingFixture fixture;
  append_on(fixture.log, 20261001, {stock("A", 10 * kOne, 20'000)});
  schema::Event stolen;
  stolen.mutable_stock_adjusted()->set_store_id("S1");
  stolen.mutable_stock_adjusted()->set_sku("A");
  stolen.mutable_stock_adjusted()->set_delta_e5(-kOne);
  stolen.mutable_stock_adjusted()->set_on_hand_after_e5(9 * kOne);
  stolen.mutable_stock_adjusted()->set_reason(schema::AdjustStock::THEFT);
  schema::Event gift = stolen;
  gift.mutable_stock_adjusted()->set_reason(schema::AdjustStock::SAMPLE);
  gift.mutable_stock_adjusted()->set_on_hand_after_e5(8 * kOne);
  append_on(fixture.log, 20261110, {stolen, gift});
  schema::Event sold;
  *sold.mutable_sale_completed() = completed({.sale_id = "1", .lines = 2});
  schema::Event left;
  left.mutable_stock_issued()->set_store_id("S1");
  left.mutable_stock_issued()->set_sku("A");
  left.mutable_stock_issued()->set_quantity_e5(2 * kOne);
  left.mutable_stock_issued()->set_on_hand_after_e5(6 * kOne);
  append_on(fixture.log, 20261123, {sold, left});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const auto shrinkage = ask<schema::ShrinkageReport>(*reporting, november(ReportKind::kShrinkage));
  REQUIRE(shrinkage.rows_size() == 1);
  const auto& lost = shrinkage.rows(0);
  CHECK((lost.store_id() == "S1" && lost.moves() == 1 && lost.lost_e5() == kOne));
  CHECK(lost.cost().amount_e4() == 20'000);
  CHECK(lost.net_sales().amount() == 2000);
  CHECK(lost.rate_e5() == 10'000);  // 2.00 of 20.00
  const auto through = ask<schema::SellThroughReport>(*reporting, november(ReportKind::kSellThrough));
  REQUIRE(through.rows_size() == 1);
  CHECK((through.rows(0).opening_e5() == 10 * kOne && through.rows(0).received_e5() == 0));
  CHECK((through.rows(0).sold_e5() == 2 * kOne && through.rows(0).rate_e5() == 20'000));
}

TEST_CASE("reporting: what is damaged on its way is shrinkage of the store that it was sent to", "[reporting][mysql]") {
  ReportingFixture fixture;
  schema::Event arrived;
  schema::TransferReceiptBooked& receipt = *arrived.mutable_transfer_receipt_booked();
  receipt.set_transfer_id("TR1");
  receipt.set_receipt_id("R1");
  receipt.set_from_store_id("S1");
  receipt.set_to_store_id("S2");
  const auto add_line = [&](const std::string& sku, std::int64_t received, std::int64_t damaged) {
    schema::TransferReceiptBooked::Line& line = *receipt.add_lines();
    line.set_sku(sku);
    line.set_received_e5(received);
    line.set_damaged_e5(damaged);
  };
  add_line("A", 8 * kOne, 2 * kOne);
  receipt.mutable_lines(0)->set_damaged_value_e4(60'000);
  receipt.mutable_lines(0)->set_currency("USD");
  add_line("B", 0, kOne);  // of unknown cost
  add_line("C", kOne, 0);
  append_on(fixture.log, 20261110, {arrived});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT line_no, store_id, from_store_id, sku, transfer_id, receipt_id, qty_e5, cost_e4, currency "
                     "FROM f_transit_loss ORDER BY line_no") ==
        Lines{"1|S2|S1|A|TR1|R1|200000|60000|USD", "2|S2|S1|B|TR1|R1|100000|-|-"});
  TableReportRequest request = november(ReportKind::kShrinkage);
  const auto shrinkage = ask<schema::ShrinkageReport>(*reporting, request);
  REQUIRE(shrinkage.rows_size() == 2);
  const auto& unknown = shrinkage.rows(0);
  CHECK((unknown.store_id() == "S2" && unknown.moves() == 1 && unknown.lost_e5() == kOne && !unknown.has_cost()));
  const auto& lost = shrinkage.rows(1);
  CHECK((lost.store_id() == "S2" && lost.moves() == 1 && lost.lost_e5() == 2 * kOne));
  CHECK((lost.cost().amount_e4() == 60'000 && lost.cost().currency() == "USD"));
  request.store_id = "S1";
  CHECK(ask<schema::ShrinkageReport>(*reporting, request).rows_size() == 0);

  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "") == "");
  fixture.execute("UPDATE g1_f_transit_loss SET cost_e4 = 1 WHERE sku = 'A'");
  CHECK(first_difference(*reporting->digest(), fixture.log_digests(), "").find("lost_value_e4") != std::string::npos);
}

TEST_CASE("reporting: what gift cards owe, and how old it is", "[reporting][mysql]") {
  ReportingFixture fixture;
  const auto move = [&](std::int32_t day, auto mutable_fact, const schema::GiftCardMoved& fact) {
    schema::Event event;
    *(event.*mutable_fact)() = fact;
    append_on(fixture.log, day, {event});
  };
  move(20260601, &schema::Event::mutable_gift_card_activated, card_move("c-1", 5000, 5000));
  move(20261105, &schema::Event::mutable_gift_card_activated, card_move("c-2", 2000, 2000));
  move(20261106, &schema::Event::mutable_gift_card_redeemed, card_move("c-1", -1200, 3800));
  move(20261107, &schema::Event::mutable_gift_card_expired, card_move("c-2", -100, 1900));
  move(20261201, &schema::Event::mutable_gift_card_loaded, card_move("c-2", 100, 2000));
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const auto report = ask<schema::GiftCardReport>(*reporting, november(ReportKind::kGiftCards));
  REQUIRE(report.rows_size() == 1);
  const auto& row = report.rows(0);
  CHECK((row.opening().amount() == 5000 && row.issued().amount() == 2000 && row.redeemed().amount() == 1200));
  CHECK((row.refunded().amount() == 0 && row.adjusted().amount() == 0 && row.expired().amount() == 100));
  CHECK(row.closing().amount() == 5700);
  REQUIRE(report.ageing_size() == 2);
  CHECK((report.ageing(0).days() == "0-90" && report.ageing(0).cards() == 1));
  CHECK((report.ageing(1).days() == "91-365" && report.ageing(1).balance().amount() == 3800));
}

TEST_CASE("reporting: customers in quintiles, employees with their voids", "[reporting][mysql]") {
  ReportingFixture fixture;
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i);
    fixture.log.sell("acme",
                     {.sale_id = name, .business_date = 20261110 + i, .lines = 1 + i, .customer_id = "c-" + name});
  }
  fixture.log.give_back("acme", {.sale_id = "back", .business_date = 20261110, .customer_id = "c-4"}, "4");
  const TestSale voided{.sale_id = "v", .employee_id = "E1"};
  fixture.log.sell("acme", voided);
  fixture.log.void_sale("acme", voided);
  fixture.log.sell("acme", {.sale_id = "w", .employee_id = "E1"});
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(0);
  drawer.no_sale();
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  TableReportRequest request = november(ReportKind::kCustomers);
  request.limit = 3;
  const auto first = ask<schema::CustomersReport>(*reporting, request);
  REQUIRE(first.rows_size() == 3);
  CHECK((first.rows(0).customer_id() == "c-0" && first.rows(0).monetary() == 1 && first.rows(0).recency() == 1));
  request.cursor = first.next_cursor();
  const auto second = ask<schema::CustomersReport>(*reporting, request);
  REQUIRE(second.rows_size() == 2);
  const auto& best = second.rows(1);
  CHECK((best.customer_id() == "c-4" && best.sales() == 1 && best.returns() == 1 && best.net().amount() == 4000));
  CHECK((best.recency() == 5 && best.first_date() == 20261110 && best.last_date() == 20261114));
  CHECK(best.margin().amount_e4() == 400'000);

  const auto employees = ask<schema::LossPreventionReport>(*reporting, november(ReportKind::kLossPrevention));
  REQUIRE(employees.rows_size() == 1);
  const auto& sheet = employees.rows(0);
  CHECK((sheet.employee_id() == "E1" && sheet.sales() == 1 && sheet.voids() == 1));
  CHECK((sheet.void_rate_e5() == 50'000 && sheet.discount_rate_e5() == 0));
}

}  // namespace till
