// Returns in the reporting model, against a real server.
#include <catch2/catch.hpp>

#include "projections/digest_difference.h"
#include "tests/reporting_drawer.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;
using schema::Tender;

void check_proof(ReportingFixture& fixture, Reporting& reporting) {
  Result<DigestAt> digest = reporting.digest();
  REQUIRE(digest.ok());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
  Result<std::vector<SelfCheck>> checks = reporting.self_checks();
  REQUIRE(checks.ok());
  for (const SelfCheck& check : *checks) {
    CAPTURE(check.name, check.example);
    CHECK(check.rows == 0);
  }
}

}  // namespace

TEST_CASE("reporting: a return is taken off everywhere, under its own day", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.sell("acme", {.sale_id = "A-1", .lines = 2, .employee_id = "E1"});
  fixture.log.give_back("acme",
                        {.sale_id = "R-1",
                         .store_id = "S2",
                         .business_date = 20261125,
                         .hour = 15,
                         .employee_id = "E2",
                         .terminal_seq = 2},
                        "A-1");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT sale_id, kind, store_id, business_date, gross, net, tax, total, units_e5, return_of_sale "
                     "FROM f_sale ORDER BY position") ==
        Lines{"A-1|SALE|S1|2026-11-23|2000|2000|200|2200|200000|-",
              "R-1|RETURN|S2|2026-11-25|-1000|-1000|-100|-1100|-100000|A-1"});
  CHECK(fixture.rows("SELECT kind, line_no, qty_e5, net, return_of_sale, return_of_line FROM f_line WHERE sale_id = "
                     "'R-1'") == Lines{"RETURN|1|-100000|-1000|A-1|S-L1"});
  CHECK(fixture.rows("SELECT taxable, tax FROM f_tax WHERE kind = 'RETURN'") == Lines{"-1000|-100"});
  CHECK(fixture.rows("SELECT tender_type, amount FROM f_tender WHERE kind = 'RETURN'") == Lines{"CASH|-1100"});
  CHECK(fixture.rows("SELECT store_id, sales, voids, returns, net, returned_units_e5, returned_net FROM agg_store_day "
                     "ORDER BY 1") == Lines{"S1|1|0|0|2000|0|0", "S2|0|0|1|-1000|100000|1000"});
  CHECK(fixture.rows("SELECT SUM(units_e5), SUM(net), SUM(returns) FROM agg_sku_day") == Lines{"100000|1000|1"});
  CHECK(fixture.rows("SELECT employee_id, sales, returns, net FROM agg_employee_day ORDER BY 1") ==
        Lines{"E1|1|0|2000", "E2|0|1|-1000"});
  check_proof(fixture, *reporting);
}

TEST_CASE("reporting: an exchange is a sale and a return with one number", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(5000);
  drawer.sell({.sale_id = "A-1"});
  drawer.exchange({.sale_id = "A-2", .lines = 2, .tenders = {{Tender::EXCHANGE, 1100}, {Tender::CARD, 1100}}},
                  {.sale_id = "R-2", .tenders = {{Tender::EXCHANGE, 1100}}}, "A-1");
  drawer.give_back({.sale_id = "R-3"}, "");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT kind, line_no, net FROM f_line WHERE position = 3 ORDER BY kind, line_no") ==
        Lines{"SALE|1|1000", "SALE|2|1000", "RETURN|1|-1000"});
  CHECK(fixture.rows("SELECT tender_type, SUM(amount) FROM f_tender GROUP BY tender_type ORDER BY 1") ==
        Lines{"CARD|1100", "CASH|0", "EXCHANGE|0"});
  CHECK(fixture.rows("SELECT sales, voids, returns, unlinked_returns, sold, returned, total FROM agg_shift") ==
        Lines{"2|0|2|1|3300|2200|1100"});
  check_proof(fixture, *reporting);
}

// Row 23: what is given back of a sale that was rounded to the coin is rounded too, and nothing is lost between them.
TEST_CASE("reporting: row 23, a refund of a rounded sale leaves the till even", "[reporting][mysql]") {
  ReportingFixture fixture;
  TestDrawer drawer(fixture.log, "acme", "sh-1");
  drawer.open(0);
  drawer.sell({.sale_id = "A-1", .charged = 3, .cash_rounding = 2});
  drawer.give_back({.sale_id = "R-1", .charged = 3, .cash_rounding = 2}, "A-1");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT kind, charges, cash_rounding, total FROM f_sale ORDER BY position") ==
        Lines{"SALE|3|2|1103", "RETURN|-3|-2|-1103"});
  CHECK(fixture.rows("SELECT SUM(amount) FROM f_tender") == Lines{"0"});
  CHECK(fixture.rows("SELECT expected FROM d_shift") == Lines{"0"});
  check_proof(fixture, *reporting);
}

}  // namespace till
