// The reporting model where rows and log do not fit each other, and where amounts are extreme.
#include <catch2/catch.hpp>

#include "projections/digest_difference.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{20};

void check_digest(Feed& feed, Reporting& reporting) {
  Result<DigestAt> digest = reporting.digest();
  REQUIRE(digest.ok());
  CHECK(digest->at == feed.durable());
  LogDigest log;
  REQUIRE(advance_digest(feed, digest->at.position, log).ok());
  CHECK(first_difference(*digest, log.digests(), "") == "");
}

// Fills the fixture's tables from `transactions` of its log.
void fill(ReportingFixture& fixture, int transactions) {
  fixture.log.append_random(transactions);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
}

}  // namespace

TEST_CASE("reporting: a tenant with extreme sales stops nobody, and a rebuild works", "[reporting][mysql]") {
  ReportingFixture fixture;
  constexpr std::int64_t kHuge = 4'000'000'000'000'000'000;
  for (int i = 0; i < 9; ++i) {
    schema::Event event;
    schema::SaleCompleted& sale = *event.mutable_sale_completed();
    sale = completed({.sale_id = "B-" + std::to_string(i)});
    for (auto set : {&schema::SaleCompleted::set_gross, &schema::SaleCompleted::set_net,
                     &schema::SaleCompleted::set_total, &schema::SaleCompleted::set_cogs_e4}) {
      (sale.*set)(kHuge);
    }
    sale.set_tax(0);
    sale.mutable_taxes(0)->set_amount(0);
    sale.mutable_tenders(0)->set_amount(kHuge);
    schema::SaleCompleted::Line& line = *sale.mutable_lines(0);
    line.set_gross(kHuge);
    line.set_net(kHuge);
    line.set_tax(0);
    line.set_cogs_e4(kHuge);
    fixture.log.append("bulk", {event});
  }
  fixture.log.sell("acme", {.sale_id = "A-1"});
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT sales, net, total, cogs_e4 FROM agg_store_day WHERE tenant_id = 'bulk'") ==
        Lines{"9|36000000000000000000|36000000000000000000|36000000000000000000"});
  check_digest(fixture.log.feed(), *reporting);
  // An answer has 64 bits for a sum; the others' reports are not touched by it.
  for (const ReportGroup group : {ReportGroup::kStore, ReportGroup::kProduct, ReportGroup::kTender}) {
    CHECK(reporting->sales_report({"bulk", 20260101, 20271231, group}).error().kind == ErrorKind::kInvalid);
    CHECK(fixture.report(*reporting, "acme", group).report.total().net().amount() == 1000);
  }
  REQUIRE(reporting->rebuild({}).ok());
  check_digest(fixture.log.feed(), *reporting);
}

TEST_CASE("reporting: rows of another log or of a void epoch are made anew", "[reporting][mysql]") {
  ReportingFixture fixture;
  fill(fixture, 50);
  const bool same_log = GENERATE(false, true);
  ReportingLog other(same_log ? 1 : 9);
  if (same_log) other.feed().open_epoch(Epoch(2));
  other.append_random(80);
  Reporting reporting(other.feed(), fixture.options());
  reporting.start();
  REQUIRE(reporting.wait_for(Position(80), kPatience));
  CHECK(reporting.info().generation == 2);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"2|0"});
  CHECK(fixture
            .rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                  "table_name LIKE 'g1\\_%'")
            .empty());
  check_digest(other.feed(), reporting);
  CHECK(fixture.report(reporting, "acme", ReportGroup::kDay).at == other.feed().durable());
  CHECK(reporting.rollback().error().kind == ErrorKind::kNotFound);
}

TEST_CASE("reporting: reports wait until rows reach what was durable at the start", "[reporting][mysql]") {
  ReportingFixture fixture;
  const SalesReportRequest request{"acme", 20260101, 20271231, ReportGroup::kDay};
  fill(fixture, 50);
  fixture.log.append_random(50);
  Reporting reporting(fixture.log.feed(), fixture.options());
  const auto refused = reporting.sales_report(request);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  CHECK(reporting.sales_report(request)->at == fixture.log.feed().durable());
  // What comes later is seen when it is there; nobody waits for it unasked.
  reporting.stop();
  fixture.log.append_random(50);
  CHECK(reporting.sales_report(request).ok());
}

TEST_CASE("reporting: tables of another layout are made anew", "[reporting][mysql]") {
  ReportingFixture fixture;
  fill(fixture, 50);
  fixture.execute("UPDATE g1_projection_offset SET layout = 'older'");
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(reporting->info().generation == 2);
  check_digest(fixture.log.feed(), *reporting);
}

TEST_CASE("reporting: a log that lacks what the rows reflect is refused", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.feed().open_epoch(Epoch(2));
  fill(fixture, 50);
  const bool older_epoch = GENERATE(false, true);
  ReportingLog shorter;
  shorter.feed().open_epoch(Epoch(older_epoch ? 1 : 2));
  shorter.append_random(30);
  Reporting reporting(shorter.feed(), fixture.options());
  reporting.start();
  REQUIRE_FALSE(reporting.wait_for(Position(30), kPatience));
  CHECK(reporting.info().status.state == FollowerState::kStopped);
  CHECK(reporting.info().status.error.find("position 30") != std::string::npos);
  CHECK(reporting.info().generation == 1);
  CHECK(reporting.sales_report({"acme", 20260101, 20271231, ReportGroup::kDay}).error().kind ==
        ErrorKind::kUnavailable);
  // The operator's decision.
  REQUIRE(reporting.rebuild({}).ok());
  REQUIRE(reporting.wait_for(Position(30), kPatience));
  check_digest(shorter.feed(), reporting);
  CHECK(reporting.rollback().error().kind == ErrorKind::kHistoryMismatch);
}

}  // namespace till
