// Accounts of value, levels of stock and the rows' own rules in the reporting model, against a real server.
#include <algorithm>
#include <catch2/catch.hpp>

#include "projections/digest_difference.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;

void check_rules(Reporting& reporting) {
  Result<std::vector<SelfCheck>> checks = reporting.self_checks();
  if (!checks.ok()) FAIL(checks.error().message);
  CHECK(checks->size() > 15);
  for (const SelfCheck& check : *checks) {
    CAPTURE(check.name, check.example);
    CHECK(check.rows == 0);
  }
}

Lines broken_rules(Reporting& reporting) {
  Lines names;
  Result<std::vector<SelfCheck>> checks = reporting.self_checks();
  if (!checks.ok()) FAIL(checks.error().message);
  for (const SelfCheck& check : *checks) {
    if (check.rows > 0) names.push_back(check.name + ": " + std::to_string(check.rows) + ", " + check.example);
  }
  return names;
}

// What the item is worth after an event.
void set_value(schema::StockValue& value, std::int64_t after_e4) {
  value.set_after_e4(after_e4);
  value.set_currency("USD");
}

schema::Event received(std::int64_t quantity_e5, std::int64_t on_hand_e5, std::int64_t cost_e4, std::int64_t value_e4,
                       const std::string& currency = "USD") {
  schema::Event event;
  schema::StockReceived& fact = *event.mutable_stock_received();
  fact.set_store_id("S1");
  fact.set_sku("A");
  fact.set_quantity_e5(quantity_e5);
  fact.set_on_hand_after_e5(on_hand_e5);
  if (cost_e4 >= 0) {
    fact.set_unit_cost_e4(cost_e4);
    fact.set_currency(currency);
  }
  set_value(*fact.mutable_value(), value_e4);
  return event;
}

schema::Event issued(std::int64_t quantity_e5, std::int64_t on_hand_e5, std::int64_t value_e4) {
  schema::Event event;
  schema::StockIssued& fact = *event.mutable_stock_issued();
  fact.set_store_id("S1");
  fact.set_sku("A");
  fact.set_quantity_e5(quantity_e5);
  fact.set_on_hand_after_e5(on_hand_e5);
  set_value(*fact.mutable_value(), value_e4);
  return event;
}

// Two from another store, at 4.00 each.
schema::Event arrived(std::int64_t on_hand_e5, std::int64_t value_e4) {
  schema::Event event;
  schema::StockMoved& fact = *event.mutable_transfer_received();
  fact.set_store_id("S1");
  fact.set_sku("A");
  fact.set_document_id("TR1");
  fact.set_quantity_e5(200'000);
  fact.set_on_hand_after_e5(on_hand_e5);
  fact.set_unit_cost_e4(40'000);
  fact.set_currency("USD");
  set_value(*fact.mutable_value(), value_e4);
  return event;
}

}  // namespace

TEST_CASE("reporting: drawers, accounts and transfers are proven against the log", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  fixture.log.append_random_values(300);
  ReportingOptions options = fixture.options();
  options.follower.max_batch_transactions = 17;
  options.statement_rows = 5;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  Result<DigestAt> digest = reporting.digest();
  REQUIRE(digest.ok());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
  check_rules(reporting);
  for (const char* const table :
       {"d_shift", "f_drawer", "f_giftcard", "s_giftcard", "f_loyalty", "f_store_credit", "f_account", "f_cancelled",
        "agg_shift", "agg_shift_tender", "agg_stock_day", "d_shift_tender"}) {
    CAPTURE(table);
    CHECK(fixture.rows("SELECT COUNT(*) FROM " + std::string(table)) != Lines{"0"});
  }

  // Rebuilt views equal live ones, of all and of one tenant.
  const Lines live = fixture.dump("");
  REQUIRE(reporting.rebuild({}).ok());
  CHECK(difference(fixture.dump(""), live) == "");
  RebuildRequest of_tenant;
  of_tenant.tenant = "acme";
  REQUIRE(reporting.rebuild(of_tenant).ok());
  CHECK(difference(fixture.dump(""), live) == "");
}

TEST_CASE("reporting: a row that was changed is named by the rule that it breaks", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(50);
  fixture.log.append_random_values(100);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  REQUIRE(broken_rules(*reporting).empty());
  const auto breaks = [&](const std::string& table, const std::string& column, const std::string& rule) {
    CAPTURE(table, column);
    fixture.execute("UPDATE g1_" + table + " SET " + column + " = " + column + " + 1 ORDER BY tenant_id LIMIT 1");
    const Lines broken = broken_rules(*reporting);
    CHECK(std::any_of(broken.begin(), broken.end(), [&](const std::string& one) { return one.starts_with(rule); }));
    fixture.execute("UPDATE g1_" + table + " SET " + column + " = " + column + " - 1 ORDER BY tenant_id LIMIT 1");
    CHECK(broken_rules(*reporting).empty());
  };
  breaks("f_line", "net", "lines of a sale: 1");
  breaks("f_tax", "tax", "taxes of a sale: 1");
  breaks("f_tender", "amount", "tenders of a sale: 1");
  breaks("agg_store_day", "net", "agg_store_day: 1");
  breaks("agg_tax_day", "taxable", "agg_tax_day: 1");
  breaks("agg_shift", "total", "agg_shift: 1");
  breaks("agg_shift", "sale_discount", "agg_shift discounts and line voids: 1");
  breaks("agg_shift_tender", "payments", "agg_shift_tender: 1");
  breaks("f_sale", "after_z", "tenders of a sale: 2");
  breaks("d_shift_tender", "expected", "counted cash: 1");
  breaks("s_giftcard", "balance", "gift card balances: 1");
  breaks("d_shift", "expected", "expected cash: 1");
  breaks("agg_stock_day", "moves", "agg_stock_day: 1");
  fixture.execute("DELETE FROM g1_f_sale WHERE terminal_seq = 1 AND tenant_id = 'acme' ORDER BY terminal_id LIMIT 1");
  const Lines broken = broken_rules(*reporting);
  CHECK(std::any_of(broken.begin(), broken.end(),
                    [](const std::string& one) { return one.starts_with("receipts of a terminal"); }));
}

TEST_CASE("reporting: the average cost follows the receipts, however they are batched", "[reporting][mysql]") {
  ReportingFixture fixture;
  constexpr std::int64_t kOne = 100'000;
  // 10 at 1.00; 5 sold; 10 at 2.50: (5 x 1 + 10 x 2.5) / 15 = 2.00; one without a cost comes at that.
  const std::vector<schema::Event> events{
      received(10 * kOne, 10 * kOne, 10'000, 100'000), issued(5 * kOne, 5 * kOne, 50'000),
      received(10 * kOne, 15 * kOne, 25'000, 300'000), received(kOne, 16 * kOne, -1, 320'000)};
  fixture.log.append("acme", events);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const std::string level = "SELECT on_hand_e5, avg_cost_e4, value_e4, last_cost_e4, cost_currency FROM s_stock";
  CHECK(fixture.rows(level) == Lines{"1600000|20000|320000|25000|USD"});
  // An empty shelf keeps its average, and begins anew.
  fixture.log.append("acme", {issued(16 * kOne, 0, 0)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"0|20000|0|25000|USD"});
  fixture.log.append("acme", {received(kOne, kOne, 70'000, 70'000)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"100000|70000|70000|70000|USD"});
  // What costs another currency comes at the average.
  fixture.log.append("acme", {received(kOne, 2 * kOne, 30'000, 140'000, "CAD")});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"200000|70000|140000|70000|USD"});
  // Goods of another store bring what they cost there.
  fixture.log.append("acme", {arrived(4 * kOne, 220'000)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"400000|55000|220000|40000|USD"});
  CHECK(fixture.rows("SELECT kind, qty_e5, unit_cost_e4, currency FROM f_stock_move WHERE document_id = 'TR1'") ==
        Lines{"TRANSFER_IN|200000|40000|USD"});
  // A half is rounded up, below zero as above.
  fixture.log.append("acme", {issued(2 * kOne, 2 * kOne, 110'001)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"200000|55001|110001|40000|USD"});
  fixture.log.append("acme", {issued(4 * kOne, -2 * kOne, -110'003)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"-200000|55002|-110003|40000|USD"});
  // Up to an empty shelf from below zero: the average is what the goods cost that filled it.
  fixture.log.append("acme", {arrived(0, 0)});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows(level) == Lines{"0|40000|0|40000|USD"});
  check_rules(*reporting);
}

TEST_CASE("reporting: what is reserved, counted and on its way", "[reporting][mysql]") {
  ReportingFixture fixture;
  std::vector<schema::Event> events(4);
  schema::StockMoved& reserved = *events[0].mutable_stock_reserved();
  reserved.set_store_id("S1");
  reserved.set_sku("A");
  reserved.set_on_hand_after_e5(500);
  reserved.set_reserved_after_e5(200);
  reserved.set_quarantine_after_e5(7);
  schema::StockMoved& counted = *events[1].mutable_stock_counted();
  counted.set_store_id("S1");
  counted.set_sku("A");
  counted.set_quantity_e5(500);
  counted.set_on_hand_after_e5(500);
  counted.set_reserved_after_e5(200);
  schema::StockMoved& shipped = *events[2].mutable_stock_shipped();
  shipped.set_store_id("S1");
  shipped.set_sku("A");
  shipped.set_document_id("T1");
  shipped.set_quantity_e5(-300);
  shipped.set_on_hand_after_e5(200);
  events[3].mutable_transfer_shipped()->set_transfer_id("T1");
  events[3].mutable_transfer_shipped()->set_to_store_id("S2");
  fixture.log.append("acme", events);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const std::string levels =
      "SELECT store_id, on_hand_e5, reserved_e5, quarantine_e5, in_transit_in_e5, last_count_at IS NULL FROM s_stock "
      "ORDER BY 1";
  CHECK(fixture.rows(levels) == Lines{"S1|200|0|0|0|0", "S2|-|-|-|300|1"});
  schema::Event arrived;
  arrived.mutable_transfer_receipt_booked()->set_to_store_id("S2");
  arrived.mutable_transfer_receipt_booked()->add_lines()->set_sku("A");
  arrived.mutable_transfer_receipt_booked()->mutable_lines(0)->set_received_e5(100);
  arrived.mutable_transfer_receipt_booked()->mutable_lines(0)->set_damaged_e5(50);
  schema::Event cancelled;
  cancelled.mutable_transfer_cancelled()->set_to_store_id("S2");
  cancelled.mutable_transfer_cancelled()->add_returned()->set_sku("A");
  cancelled.mutable_transfer_cancelled()->mutable_returned(0)->set_quantity_e5(100);
  fixture.log.append("acme", {arrived});
  fixture.log.append("acme", {cancelled});
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT in_transit_in_e5 FROM s_stock WHERE store_id = 'S2'") == Lines{"50"});
  Result<DigestAt> digest = reporting->digest();
  REQUIRE(digest.ok());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
}

}  // namespace till
