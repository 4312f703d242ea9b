// The reporting model against a real server: rows, sums, exactly once, reports.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "projections/digest_difference.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/writer.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;
using schema::Tender;

// Differences between a daily sum and the facts that it sums up.
std::string sums_differ(const std::string& aggregate, const std::string& keys, const std::string& facts,
                        const std::string& sales) {
  const std::string sums = "SUM(units_e5), SUM(gross), SUM(discount), SUM(net), SUM(tax)";
  const std::string from_facts = "SELECT " + keys + ", " + sales + ", " + sums + " FROM " + facts + " GROUP BY " + keys;
  const std::string from_sums = "SELECT " + keys + ", SUM(sales), " + sums + " FROM " + aggregate + " GROUP BY " + keys;
  return "SELECT COUNT(*) FROM (SELECT * FROM (" + from_facts + ") f UNION SELECT * FROM (" + from_sums + ") a) u";
}

void check_sums(ReportingFixture& fixture) {
  const std::string signed_sales = "SUM(CASE kind WHEN 'SALE' THEN 1 WHEN 'VOID' THEN -1 ELSE 0 END)";
  const std::string distinct =
      "COUNT(DISTINCT CASE kind WHEN 'SALE' THEN sale_id END) - COUNT(DISTINCT CASE kind WHEN 'VOID' THEN sale_id END)";
  const std::string lines = "(SELECT t.*, t.qty_e5 AS units_e5 FROM f_line t) l";
  struct Check {
    std::string aggregate, keys, facts, sales;
  };
  for (const Check& check : {
           Check{"agg_store_day", "tenant_id, business_date, store_id, currency", "f_sale", signed_sales},
           Check{"agg_store_hour", "tenant_id, business_date, store_id, local_hour, currency", "f_sale", signed_sales},
           Check{"agg_sku_day", "tenant_id, business_date, sku, currency", lines, distinct},
           Check{"agg_category_day", "tenant_id, business_date, category_id, currency", lines, distinct},
           Check{"agg_tender_day", "tenant_id, business_date, store_id, tender_type, currency", "f_tender", distinct},
       }) {
    CAPTURE(check.aggregate);
    // A union without duplicates has as many rows as either side exactly where both sides are equal.
    const Lines united = fixture.rows(sums_differ(check.aggregate, check.keys, check.facts, check.sales));
    CHECK(united == fixture.rows("SELECT COUNT(*) FROM " + check.aggregate));
    CHECK(united != Lines{"0"});
  }
  CHECK(
      fixture.rows(
          "SELECT COUNT(*) FROM (SELECT tenant_id, store_id, sku, SUM(qty_e5) q FROM f_stock_move GROUP BY 1, 2, 3) m "
          "JOIN s_stock s USING (tenant_id, store_id, sku) WHERE m.q = s.on_hand_e5") ==
      fixture.rows("SELECT COUNT(*) FROM s_stock"));
  // The catalogue's own checks: lines, taxes and tenders of a sale add up to it.
  for (const std::string& sums : {std::string("f_line:SUM(net)=net"), std::string("f_tax:SUM(tax)=tax"),
                                  std::string("f_tender:SUM(amount)=total")}) {
    const std::string table = sums.substr(0, sums.find(':'));
    const std::string sum = sums.substr(sums.find(':') + 1, sums.find('=') - sums.find(':') - 1);
    const std::string column = sums.substr(sums.find('=') + 1);
    CAPTURE(table);
    CHECK(fixture.rows("SELECT COUNT(*) FROM f_sale s JOIN (SELECT tenant_id, sale_id, kind, " + sum +
                       " AS parts FROM " + table +
                       " GROUP BY tenant_id, sale_id, kind) p USING (tenant_id, sale_id, kind) WHERE p.parts = s." +
                       column) == fixture.rows("SELECT COUNT(*) FROM f_sale"));
  }
}

void check_digest(ReportingFixture& fixture, Reporting& reporting) {
  Result<DigestAt> digest = reporting.digest();
  REQUIRE(digest.ok());
  CHECK(digest->at == fixture.log.feed().durable());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
}

}  // namespace

TEST_CASE("reporting: a sale, its void, and what they leave", "[reporting][mysql]") {
  ReportingFixture fixture;
  const TestSale sale{
      .sale_id = "A-1", .lines = 2, .tenders = {{Tender::CARD, 700}, {Tender::CASH, 2000}}, .change = 500};
  fixture.log.sell("acme", sale);
  fixture.log.sell("acme", {.sale_id = "A-2", .store_id = "S2", .employee_id = "E7"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(
      fixture.rows("SELECT tenant_id, sale_id, kind, store_id, employee_id, customer_id, business_date, "
                   "completed_at_utc, local_hour, "
                   "currency, gross, discount, net, tax, total, units_e5, units, line_count, position FROM f_sale "
                   "ORDER BY position") ==
      Lines{
          "acme|A-1|SALE|S1|-|-|2026-11-23|2026-11-23 12:00:00.123456|9|USD|2000|0|2000|200|2200|200000|2.00000|2|1",
          "acme|A-2|SALE|S2|E7|-|2026-11-23|2026-11-23 12:00:00.123456|9|USD|1000|0|1000|100|1100|100000|1.00000|1|2"});
  CHECK(fixture.rows("SELECT tender_type, amount, tendered, change_given, units_e5, gross, net, tax FROM f_tender "
                     "WHERE sale_id = 'A-1' ORDER BY seq") ==
        Lines{"CARD|700|700|0|63636|636|636|64", "CASH|1500|2000|500|136364|1364|1364|136"});

  fixture.log.void_sale("acme", sale);
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT kind, gross, net, tax, total, units_e5, line_count FROM f_sale WHERE sale_id = 'A-1' "
                     "ORDER BY position") ==
        Lines{"SALE|2000|2000|200|2200|200000|2", "VOID|-2000|-2000|-200|-2200|-200000|2"});
  CHECK(fixture.rows("SELECT SUM(net), SUM(total) FROM f_sale") == Lines{"1000|1100"});
  CHECK(fixture.rows("SELECT SUM(amount) FROM f_tender WHERE sale_id = 'A-1'") == Lines{"0"});
  CHECK(fixture.rows("SELECT store_id, sales, voids, net FROM agg_store_day ORDER BY 1") ==
        Lines{"S1|0|1|0", "S2|1|0|1000"});
  check_digest(fixture, *reporting);
}

TEST_CASE("reporting: stock, stores, products, customers", "[reporting][mysql]") {
  ReportingFixture fixture;
  schema::Event received;
  received.mutable_stock_received()->set_store_id("S1");
  received.mutable_stock_received()->set_sku("A");
  received.mutable_stock_received()->set_quantity_e5(1'000'000);
  received.mutable_stock_received()->set_unit_cost_e4(12345);
  received.mutable_stock_received()->set_currency("USD");
  received.mutable_stock_received()->set_receipt_id("R1");
  received.mutable_stock_received()->set_on_hand_after_e5(1'000'000);
  schema::Event adjusted;
  adjusted.mutable_stock_adjusted()->set_store_id("S1");
  adjusted.mutable_stock_adjusted()->set_sku("A");
  adjusted.mutable_stock_adjusted()->set_delta_e5(-150'000);
  adjusted.mutable_stock_adjusted()->set_reason(schema::AdjustStock::THEFT);
  adjusted.mutable_stock_adjusted()->set_adjustment_id("X1");
  adjusted.mutable_stock_adjusted()->set_on_hand_after_e5(850'000);
  schema::Event customer;
  customer.mutable_customer_registered()->set_customer_id("c-1");
  customer.mutable_customer_registered()->set_sealed("secret");
  schema::Event store;
  store.mutable_store_upserted()->set_store_id("S1");
  store.mutable_store_upserted()->set_name("First");
  schema::Event renamed = store;
  renamed.mutable_store_upserted()->set_name("Renamed");
  fixture.log.append("acme", {received, adjusted, customer, store});
  fixture.log.append("acme", {renamed});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT seq, kind, reason, document_id, qty_e5, on_hand_after_e5, unit_cost_e4 FROM f_stock_move "
                     "ORDER BY seq") ==
        Lines{"0|RECEIPT|-|R1|1000000|1000000|12345", "1|ADJUSTMENT|THEFT|X1|-150000|850000|-"});
  CHECK(fixture.rows("SELECT store_id, sku, on_hand_e5, on_hand FROM s_stock") == Lines{"S1|A|850000|8.50000"});
  CHECK(fixture.rows("SELECT * FROM d_customer") == Lines{"acme|c-1|1"});
  CHECK(fixture.rows("SELECT * FROM d_store") == Lines{"acme|S1|Renamed|2"});
  check_digest(fixture, *reporting);
}

TEST_CASE("reporting: sums are those of the facts", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(3000);
  ReportingOptions options = fixture.options();
  options.follower.max_batch_transactions = 97;
  options.statement_rows = 50;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  check_sums(fixture);
  check_digest(fixture, reporting);
  const Lines first = fixture.dump("");

  // The same rows whatever the batches were.
  ReportingFixture other;
  other.log.append_random(3000);
  const auto in_one = other.started();
  REQUIRE(other.caught_up(*in_one));
  CHECK(difference(other.dump(""), first) == "");
}

TEST_CASE("reporting: names that try to be SQL stay names", "[reporting][mysql]") {
  ReportingFixture fixture;
  const std::string hostile = "x'); DROP TABLE g1_f_sale; -- \\' \" \n\t%_ 名前 🍮";
  fixture.log.sell("acme",
                   {.sale_id = "1", .store_id = "S'1", .sku = "a\\'b", .category = hostile, .employee_id = "\\"});
  schema::Event product;
  product.mutable_product_upserted()->set_sku("a\\'b");
  product.mutable_product_upserted()->set_name(hostile);
  product.mutable_product_upserted()->set_category(hostile);
  product.mutable_product_upserted()->set_currency("USD");
  fixture.log.append("acme' OR '1'='1", {product});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT name FROM d_product") == Lines{hostile});
  CHECK(fixture.rows("SELECT sku, category_id FROM f_line") == Lines{"a\\'b|" + hostile});
  const SalesReportAt report = fixture.report(*reporting, "acme", ReportGroup::kCategory);
  REQUIRE(report.report.rows_size() == 1);
  CHECK(report.report.rows(0).key() == hostile);
  CHECK(fixture.report(*reporting, "acme' OR '1'='1", ReportGroup::kStore).report.rows_size() == 0);
}

TEST_CASE("reporting: each event counts once, however often it is offered", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  {
    const auto reporting = fixture.started();
    REQUIRE(fixture.caught_up(*reporting));
  }
  const Lines before = fixture.dump("");
  reporting::TableWriter writer(MariadbServer::shared().options(fixture.database), {},
                                {.prefix = "g1_", .serving = 1, .tenant = {}});
  const std::vector<TransactionPtr> all = fixture.log.feed().all();
  CHECK(writer.apply(std::span(all)).ok());
  CHECK(writer.apply(std::span(all).subspan(100, 50)).ok());
  CHECK(difference(fixture.dump(""), before) == "");

  fixture.log.append_random(100);
  const std::vector<TransactionPtr> more = fixture.log.feed().all();
  CHECK(writer.apply(std::span(more).subspan(350, 50)).error().kind == ErrorKind::kUnavailable);  // a gap
  CHECK(difference(fixture.dump(""), before) == "");
  CHECK(writer.apply(std::span(more).subspan(250, 100)).ok());  // half of it is known
  CHECK(writer.apply(std::span(more).subspan(350, 50)).ok());
  CHECK(writer.offset()->point == fixture.log.feed().durable());
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  check_sums(fixture);
  check_digest(fixture, *reporting);

  // Another generation serves: this writer must not write any more.
  reporting::TableWriter fenced(MariadbServer::shared().options(fixture.database), {},
                                {.prefix = "g1_", .serving = 2, .tenant = {}});
  fixture.log.append_random(1);
  const std::vector<TransactionPtr> with_one_more = fixture.log.feed().all();
  CHECK(fenced.apply(std::span(with_one_more).last(1)).error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("reporting: rows that the server refuses stop the view with their position", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(20);
  fixture.log.sell("acme", {.sale_id = std::string(200, 'x')});
  fixture.log.append_random(20);
  const auto reporting = fixture.started();
  CHECK_FALSE(reporting->wait_for(Position(41), std::chrono::seconds(5)));
  const FollowerStatus status = reporting->info().status;
  CHECK(status.state == FollowerState::kStopped);
  CHECK(status.error.find("position 21, SaleCompleted") != std::string::npos);
  CHECK(fixture.rows("SELECT position FROM projection_offset") == Lines{"20"});
}

TEST_CASE("reporting: the server comes late, stops, is killed, and nothing is lost", "[reporting][mysql]") {
  MariadbServer& server = MariadbServer::shared();
  if (!server.is_private()) return;
  ReportingFixture fixture;
  server.stop();
  fixture.log.append_random(400);
  const auto reporting = fixture.started();
  CHECK_FALSE(reporting->wait_for(Position(1), std::chrono::milliseconds(300)));
  CHECK(reporting->info().status.state == FollowerState::kRetrying);
  CHECK(reporting->sales_report({"acme", 20260101, 20271231, ReportGroup::kDay}).error().kind ==
        ErrorKind::kUnavailable);
  server.start();
  REQUIRE(fixture.caught_up(*reporting));
  for (int round = 0; round < 4; ++round) {
    fixture.log.append_random(2000);
    reporting->wait_for(Position(fixture.log.feed().durable().position.value() - 1500), std::chrono::seconds(20));
    round % 2 == 0 ? server.kill() : server.stop();
    fixture.log.append_random(100);
    server.start();
    REQUIRE(fixture.caught_up(*reporting));
    CHECK(fixture.report(*reporting, "acme", ReportGroup::kDay).at == fixture.log.feed().durable());
  }
  check_sums(fixture);
  check_digest(fixture, *reporting);
}

TEST_CASE("reporting: the tables vanish under a running view", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(100);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  fixture.execute("DROP DATABASE " + fixture.database);
  fixture.log.append_random(10);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!reporting->digest().ok() || reporting->digest()->at != fixture.log.feed().durable()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  check_digest(fixture, *reporting);
}

TEST_CASE("reporting: reports by every group", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.sell("acme",
                   {.sale_id = "1", .lines = 2, .tenders = {{Tender::CARD, 700}, {Tender::CASH, 2000}}, .change = 500});
  fixture.log.sell("acme", {.sale_id = "2", .store_id = "S2", .sku = "B", .business_date = 20261124, .hour = 17});
  fixture.log.sell("acme",
                   {.sale_id = "3", .store_id = "S2", .sku = "C", .category = "Toys", .hour = 17, .currency = "CAD"});
  fixture.log.sell("acme", {.sale_id = "4", .store_id = "S3", .category = "Gone"});
  fixture.log.void_sale("acme", {.sale_id = "4", .store_id = "S3", .category = "Gone"});
  fixture.log.sell("globex", {.sale_id = "1"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const auto by = [&](ReportGroup group) { return lines_of(fixture.report(*reporting, "acme", group).report); };
  const std::string first = " USD: sales 1 units 200000 gross 2000 discount 0 net 2000 tax 200 total 2200";
  const std::string second = " USD: sales 1 units 100000 gross 1000 discount 0 net 1000 tax 100 total 1100";
  const std::string third = " CAD: sales 1 units 100000 gross 1000 discount 0 net 1000 tax 100 total 1100";
  const std::string both = " USD: sales 2 units 300000 gross 3000 discount 0 net 3000 tax 300 total 3300";
  CHECK(by(ReportGroup::kStore) == Lines{"S1" + first, "S2" + third, "S2" + second, both, third});
  CHECK(by(ReportGroup::kDay) == Lines{"2026-11-23" + third, "2026-11-23" + first, "2026-11-24" + second, both, third});
  CHECK(by(ReportGroup::kHour) == Lines{"9" + first, "17" + third, "17" + second, both, third});
  CHECK(by(ReportGroup::kProduct) == Lines{"A" + first, "B" + second, "C" + third, both, third});
  CHECK(by(ReportGroup::kCategory) == Lines{"Food" + both, "Toys" + third, both, third});
  CHECK(by(ReportGroup::kTender) ==
        Lines{"CARD USD: sales 1 units 63636 gross 636 discount 0 net 636 tax 64 total 700", "CASH" + third,
              "CASH USD: sales 2 units 236364 gross 2364 discount 0 net 2364 tax 236 total 2600", both, third});

  const SalesReportAt report = fixture.report(*reporting, "acme", ReportGroup::kDay);
  CHECK(report.at == fixture.log.feed().durable());
  CHECK(report.report.position() == "01020300-1-6");
  CHECK(report.report.group_by() == "day");
  Result<SalesReportAt> one_day = reporting->sales_report({"acme", 20261124, 20261124, ReportGroup::kStore});
  REQUIRE(one_day.ok());
  CHECK(lines_of(one_day->report) == Lines{"S2" + second, second});
  Result<SalesReportAt> empty = reporting->sales_report({"acme", 20200101, 20200131, ReportGroup::kStore});
  REQUIRE(empty.ok());
  CHECK(lines_of(empty->report) == Lines{" USD: sales 0 units 0 gross 0 discount 0 net 0 tax 0 total 0"});
}

TEST_CASE("reporting: report groups are named as in the contract", "[reporting]") {
  ReportGroup group{};
  for (const char* const name : {"store", "day", "hour", "product", "category", "tender", "employee"})
    CHECK(parse_report_group(name, group));
  CHECK_FALSE(parse_report_group("week", group));
  CHECK_FALSE(parse_report_group("", group));
}

TEST_CASE("reporting: the analyst reads and writes nothing", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(50);
  ReportingOptions options = fixture.options();
  options.analyst_user = "analyst";
  options.analyst_password = "it's \"secret\"";
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  reporting::ServerOptions as_analyst = options.server;
  as_analyst.user = options.analyst_user;
  as_analyst.password = options.analyst_password;
  auto connection =
      reporting::SqlConnection::open(as_analyst, reporting::SessionKind::kReader, std::chrono::seconds(10));
  REQUIRE(connection.ok());
  for (const char* const table :
       {"f_sale", "f_line", "f_tax", "f_tender", "f_stock_move", "s_stock", "d_store", "d_product", "d_customer",
        "agg_store_day", "agg_sku_day", "agg_store_hour", "projection_offset", "till_generation"}) {
    CAPTURE(table);
    CHECK((*connection)->query("SELECT * FROM " + std::string(table), [](const reporting::SqlRow&) {}).ok());
  }
  CHECK_FALSE((*connection)->execute("DELETE FROM f_sale").ok());
  CHECK_FALSE((*connection)->execute("UPDATE g1_projection_offset SET position = 0").ok());
  CHECK_FALSE((*connection)->execute("DROP TABLE g1_f_sale").ok());
}

TEST_CASE("reporting: the documented examples run", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  std::ifstream file(std::filesystem::path(TILL_SOURCE_DIR) / "schemas" / "sql" / "README.md");
  std::string line;
  while (std::getline(file, line) && line != "```sql") continue;
  std::string statement;
  Lines last;
  int statements = 0;
  while (std::getline(file, line) && line != "```") {
    if (line.starts_with("--")) continue;
    statement += line + " ";
    if (!line.ends_with(";")) continue;
    statement.erase(statement.rfind(';'));
    last = fixture.rows(statement);
    ++statements;
    CAPTURE(statement);
    CHECK(last.empty() == (statements == 6));  // the last one is a check that finds nothing
    statement.clear();
  }
  CHECK(statements == 6);
}

}  // namespace till
