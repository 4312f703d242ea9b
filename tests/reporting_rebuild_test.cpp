// Rebuilding the reporting model beside the one that serves, against a real server.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "projections/digest_difference.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/writer.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;

Lines physical_tables(ReportingFixture& fixture, const std::string& like) {
  return fixture.rows(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE '" + like +
      "'");
}

void check_against_log(ReportingFixture& fixture, Reporting& reporting) {
  Result<DigestAt> digest = reporting.digest();
  REQUIRE(digest.ok());
  CHECK(digest->at == fixture.log.feed().durable());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
}

// Appends to the log while it lives.
class Traffic {
 public:
  explicit Traffic(ReportingLog& log)
      : thread_([this, &log] {
          while (!stop_) {
            log.append_random(20);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
        }) {}
  ~Traffic() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("reporting rebuild: the new generation is the same, the former stays for rollback", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(2500);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const Lines before = fixture.dump("g1_");
  std::vector<Progress> steps;
  RebuildRequest request;
  request.on_progress = [&](Progress progress) { steps.push_back(progress); };
  const Status rebuilt = reporting->rebuild(request);
  if (!rebuilt.ok()) FAIL(rebuilt.error().message);
  CHECK(reporting->info().generation == 2);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"2|1"});
  CHECK(difference(fixture.dump("g2_"), before) == "");
  REQUIRE_FALSE(steps.empty());
  CHECK(steps.back().done == 2500);
  CHECK(steps.back().total == 2500);

  fixture.log.append_random(300);
  REQUIRE(fixture.caught_up(*reporting));
  check_against_log(fixture, *reporting);
  const Lines after = fixture.dump("");
  CHECK(difference(fixture.dump("g1_"), before) == "");  // nobody follows the former one

  REQUIRE(reporting->rollback().ok());
  CHECK(reporting->info().generation == 1);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"1|2"});
  CHECK(difference(fixture.dump(""), after) == "");
  fixture.log.append_random(100);
  REQUIRE(fixture.caught_up(*reporting));
  check_against_log(fixture, *reporting);

  REQUIRE(reporting->rebuild({}).ok());
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"3|1"});
  CHECK(physical_tables(fixture, "g2\\_%").empty());
}

TEST_CASE("reporting rebuild: what a sale keeps besides its goods is verified too", "[reporting][mysql]") {
  ReportingFixture fixture;
  const TestSale tipped{.sale_id = "1", .charged = 20, .tip = 100, .gift_cards_sold = 500, .cash_rounding = -2};
  const std::vector<TestTender> split{{schema::Tender::CARD, 700}, {schema::Tender::CASH, 420}};
  fixture.log.sell("acme", tipped);
  fixture.log.sell("acme", {.sale_id = "2", .tenders = split, .change = 20});
  fixture.log.sell("acme", {.sale_id = "3", .tip = 7});
  fixture.log.void_sale("acme", tipped);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  check_against_log(fixture, *reporting);
  const Status rebuilt = reporting->rebuild({});
  if (!rebuilt.ok()) FAIL(rebuilt.error().message);
}

TEST_CASE("reporting rebuild: while the log grows and readers read", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(3000);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  std::atomic<bool> done{false};
  std::atomic<int> failed{0};
  std::atomic<int> reports{0};
  std::thread reader([&] {
    Position last;
    while (!done) {
      Result<SalesReportAt> report = reporting->sales_report({"acme", 20260101, 20271231, ReportGroup::kProduct});
      // A position never goes back, and rows are those of their position: sums by product are those by sale.
      if (!report.ok() || report->at.position < last) {
        ++failed;
        continue;
      }
      last = report->at.position;
      std::map<std::string, std::int64_t> net;
      for (const auto& row : report->report.rows()) net[row.net().currency()] += row.net().amount();
      if (net[report->report.total().net().currency()] != report->report.total().net().amount()) ++failed;
      ++reports;
    }
  });
  std::thread analyst([&] {
    auto connection = reporting::SqlConnection::open(MariadbServer::shared().options(fixture.database),
                                                     reporting::SessionKind::kReader, std::chrono::seconds(10));
    while (!done) {
      // Two views in one statement: of one generation always, whatever is switched meanwhile.
      const Status read = (*connection)
                              ->query(
                                  "SELECT (SELECT SUM(net) FROM f_sale), (SELECT SUM(net) FROM f_line), "
                                  "(SELECT COUNT(*) FROM till_generation)",
                                  [&](const reporting::SqlRow& row) { failed += row.text(0) != row.text(1); });
      if (!read.ok()) ++failed;
    }
  });
  {
    const Traffic traffic(fixture.log);
    for (int round = 0; round < 3; ++round) {
      const Status rebuilt = reporting->rebuild({});
      if (!rebuilt.ok()) FAIL_CHECK(rebuilt.error().message);
    }
    const Status back = reporting->rollback();
    if (!back.ok()) FAIL_CHECK(back.error().message);
  }
  REQUIRE(fixture.caught_up(*reporting));
  done = true;
  reader.join();
  analyst.join();
  CHECK(failed == 0);
  CHECK(reports > 10);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"3|4"});
  check_against_log(fixture, *reporting);
}

TEST_CASE("reporting rebuild: one tenant's rows are replaced, the others' stay", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(1500);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  const Lines right = fixture.dump("");
  const Lines right_globex = fixture.dump("", "globex");
  fixture.execute("UPDATE g1_f_sale SET net = net + 1 WHERE tenant_id = 'acme'");
  fixture.execute("DELETE FROM g1_f_line WHERE tenant_id = 'acme' AND sku < 'P2'");
  fixture.execute("UPDATE g1_agg_store_day SET sales = 7 WHERE tenant_id = 'acme'");
  fixture.execute("UPDATE g1_d_store SET name = 'mine' WHERE tenant_id = 'globex'");
  CHECK(difference(fixture.dump(""), right) != "");
  RebuildRequest request;
  request.tenant = "acme";
  const Status rebuilt = reporting->rebuild(request);
  if (!rebuilt.ok()) FAIL(rebuilt.error().message);
  CHECK(reporting->info().generation == 1);
  CHECK(difference(fixture.dump("", "globex"), right_globex) != "");
  request.tenant = "globex";
  {
    const Traffic traffic(fixture.log);
    REQUIRE(reporting->rebuild(request).ok());
  }
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(physical_tables(fixture, "shadow%").empty());
  check_against_log(fixture, *reporting);
  const Lines incremental = fixture.dump("");
  REQUIRE(reporting->rebuild({}).ok());
  CHECK(difference(fixture.dump(""), incremental) == "");
}

TEST_CASE("reporting rebuild: a tenant with too many rows for one step is refused", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  ReportingOptions options = fixture.options();
  options.tenant_replace_rows_most = 100;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  RebuildRequest request;
  request.tenant = "acme";
  const Status refused = reporting.rebuild(request);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(refused.error().message.find("rebuild the whole view") != std::string::npos);
  check_against_log(fixture, reporting);
}

TEST_CASE("reporting rebuild: a rollback tells its progress and can be cancelled", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(500);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  REQUIRE(reporting->rebuild({}).ok());
  std::atomic<bool> cancelled{false};
  RebuildRequest request;
  request.cancelled = &cancelled;
  request.on_progress = [&](Progress) { cancelled = true; };
  CHECK(reporting->rollback(request).error().kind == ErrorKind::kCancelled);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"2|1"});
  CHECK(reporting->digest(&cancelled).error().kind == ErrorKind::kCancelled);
  REQUIRE(reporting->rollback().ok());
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"1|2"});
}

TEST_CASE("reporting rebuild: cancelled, it leaves nothing", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(2000);
  ReportingOptions options = fixture.options();
  options.rebuild_batch_transactions = 100;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  std::atomic<bool> cancelled{false};
  RebuildRequest request;
  request.cancelled = &cancelled;
  request.on_progress = [&](Progress progress) { cancelled = progress.done >= 500; };
  for (const std::string tenant : {"", "acme"}) {
    request.tenant = tenant;
    cancelled = false;
    CHECK(reporting.rebuild(request).error().kind == ErrorKind::kCancelled);
    CHECK(physical_tables(fixture, "g2\\_%").empty());
    CHECK(physical_tables(fixture, "shadow\\_%").empty());
  }
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"1|0"});
  CHECK(reporting.rollback().error().kind == ErrorKind::kNotFound);
  check_against_log(fixture, reporting);

  // Two at once: the second is refused.
  Status second;
  request.tenant.clear();
  request.cancelled = nullptr;
  request.on_progress = [&](Progress) { second = reporting.rebuild({}); };
  CHECK(reporting.rebuild(request).ok());
  CHECK(second.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("reporting rebuild: rows that lie about the log are not switched to", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(500);
  ReportingOptions options = fixture.options();
  options.rebuild_batch_transactions = 100;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  RebuildRequest request;
  request.on_progress = [&](Progress progress) {
    if (progress.done == 500) fixture.execute("DELETE FROM g2_f_line LIMIT 1");
  };
  const Status rebuilt = reporting.rebuild(request);
  REQUIRE_FALSE(rebuilt.ok());
  CHECK(rebuilt.error().kind == ErrorKind::kCorrupt);
  CHECK(rebuilt.error().message.find("lines") != std::string::npos);
  CHECK(reporting.info().generation == 1);
  CHECK(physical_tables(fixture, "g2\\_%").empty());
}

TEST_CASE("reporting rebuild: a sum or a stock that lies about the facts is found", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(400);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  check_against_log(fixture, *reporting);
  struct Lie {
    std::string table, column, told;
  };
  const Lie lies[] = {{"agg_store_day", "voids", "voids"}, {"agg_store_hour", "net", "net"},
                      {"agg_sku_day", "total", "goods"},   {"agg_category_day", "cogs_e4", "cogs_e4"},
                      {"agg_tender_day", "total", "kept"}, {"s_stock", "on_hand_e5", "on_hand_e5"}};
  for (const auto& [table, column, told] : lies) {
    const std::string update = "UPDATE g1_" + table + " SET " + column + " = " + column;
    // A row of sums without cash, which are told by themselves.
    const std::string one =
        (table == "agg_tender_day" ? " WHERE tender_type <> 'CASH'" : "") + std::string(" ORDER BY tenant_id LIMIT 1");
    fixture.execute(update + " + 1" + one);
    const DigestAt lying = *reporting->digest();
    const std::string found = first_difference(lying, fixture.log_digests(), "");
    CAPTURE(found);
    CHECK(found.find(table + " " + told) != std::string::npos);
    CHECK(compare_digests(lying, fixture.log_digests(), "", 100).size() == 1);
    CHECK(compare_digests(lying, fixture.log_digests(), "nobody", 100).empty());
    fixture.execute(update + " - 1" + one);
    check_against_log(fixture, *reporting);
  }
  fixture.execute("DELETE FROM g1_agg_tender_day");
  CHECK_FALSE(first_difference(*reporting->digest(), fixture.log_digests(), "acme").empty());
  REQUIRE(reporting->rebuild({}).ok());
  check_against_log(fixture, *reporting);
  CHECK(reporting->rollback().error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("reporting rebuild: a crash in the middle leaves orphans that the next start drops", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  {
    const auto reporting = fixture.started();
    REQUIRE(fixture.caught_up(*reporting));
  }
  auto connection = reporting::SqlConnection::open(MariadbServer::shared().options(fixture.database),
                                                   reporting::SessionKind::kMaintenance, std::chrono::seconds(10));
  REQUIRE(connection.ok());
  // What a rebuild had made when it was killed: half filled tables, shadow tables, prepared views.
  REQUIRE(reporting::create_tables(**connection, "g2_").ok());
  REQUIRE(reporting::create_tables(**connection, reporting::kShadowPrefix).ok());
  REQUIRE(reporting::prepare_switch(**connection, {2, 1}).ok());
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(physical_tables(fixture, "g2\\_%").empty());
  CHECK(physical_tables(fixture, "shadow\\_%").empty());
  CHECK(physical_tables(fixture, "next\\_%").empty());
  CHECK(reporting->info().generation == 1);
  check_against_log(fixture, *reporting);
}

TEST_CASE("reporting rebuild: the server dies in the middle", "[reporting][mysql]") {
  MariadbServer& server = MariadbServer::shared();
  if (!server.is_private()) return;
  ReportingFixture fixture;
  fixture.log.append_random(1500);
  ReportingOptions options = fixture.options();
  options.rebuild_batch_transactions = 200;
  Reporting reporting(fixture.log.feed(), options);
  reporting.start();
  REQUIRE(fixture.caught_up(reporting));
  RebuildRequest request;
  request.on_progress = [&](Progress progress) {
    if (progress.done == 800) server.kill();
  };
  CHECK(reporting.rebuild(request).error().kind == ErrorKind::kUnavailable);
  server.start();
  fixture.log.append_random(100);
  REQUIRE(fixture.caught_up(reporting));
  check_against_log(fixture, reporting);
  CHECK(fixture.rows("SELECT * FROM till_generation") == Lines{"1|0"});
  REQUIRE(reporting.rebuild({}).ok());
  CHECK(fixture.rows("SELECT former FROM till_generation") == Lines{"1"});
  check_against_log(fixture, reporting);
}

TEST_CASE("reporting rebuild: a long query on the views delays the switch, not the followers", "[reporting][mysql]") {
  ReportingFixture fixture;
  fixture.log.append_random(300);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  auto analyst = reporting::SqlConnection::open(MariadbServer::shared().options(fixture.database),
                                                reporting::SessionKind::kReader, std::chrono::seconds(10));
  REQUIRE(analyst.ok());
  REQUIRE((*analyst)->execute("START TRANSACTION").ok());
  REQUIRE((*analyst)->query("SELECT COUNT(*) FROM f_sale", [](const reporting::SqlRow&) {}).ok());
  std::atomic<bool> rebuilt{false};
  std::thread rebuild([&] { rebuilt = reporting->rebuild({}).ok(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  CHECK_FALSE(rebuilt);
  fixture.log.append_random(50);
  CHECK(fixture.caught_up(*reporting));
  CHECK(reporting->info().generation == 1);
  REQUIRE((*analyst)->execute("COMMIT").ok());
  rebuild.join();
  CHECK(rebuilt);
  CHECK(reporting->info().generation == 2);
  REQUIRE(fixture.caught_up(*reporting));
  check_against_log(fixture, *reporting);
}

}  // namespace till
