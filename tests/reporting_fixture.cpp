#include "tests/reporting_fixture.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "projections/reporting/schema.h"

namespace till {
namespace {

constexpr std::chrono::seconds kCatchUpMost{60};
constexpr std::chrono::seconds kAnswerMost{60};

}  // namespace

ReportingFixture::ReportingFixture() : database(MariadbServer::shared().new_database()) {}

ReportingOptions ReportingFixture::options() const {
  ReportingOptions options;
  options.server = MariadbServer::shared().options(database);
  options.follower.retry_first = std::chrono::milliseconds(20);
  options.follower.retry_most = std::chrono::milliseconds(200);
  return options;
}

std::unique_ptr<Reporting> ReportingFixture::started() {
  auto reporting = std::make_unique<Reporting>(log.feed(), options());
  reporting->start();
  return reporting;
}

bool ReportingFixture::caught_up(Reporting& reporting) {
  const bool reached = reporting.wait_for(log.feed().durable().position, kCatchUpMost);
  if (!reached) WARN(reporting.info().status.error);
  return reached;
}

SalesReportAt ReportingFixture::report(Reporting& reporting, const std::string& tenant, ReportGroup group) {
  Result<SalesReportAt> report = reporting.sales_report({tenant, 20260101, 20271231, group});
  if (!report.ok()) FAIL(report.error().message);
  return *report;
}

reporting::SqlConnection& ReportingFixture::connection() {
  if (connection_ == nullptr || connection_->broken()) {
    auto opened = reporting::SqlConnection::open(MariadbServer::shared().options(database),
                                                 reporting::SessionKind::kWriter, kAnswerMost);
    if (!opened.ok()) FAIL(opened.error().message);
    connection_ = std::move(opened.value());
  }
  return *connection_;
}

std::vector<std::string> ReportingFixture::rows(const std::string& sql) {
  std::vector<std::string> found;
  Status read = connection().query(sql, [&](const reporting::SqlRow& row) {
    std::string line;
    for (unsigned column = 0; column < row.columns(); ++column) {
      if (column > 0) line += '|';
      line += row.is_null(column) ? "-" : row.text(column);
    }
    found.push_back(line);
  });
  if (!read.ok()) FAIL(sql + ": " + read.error().message);
  return found;
}

void ReportingFixture::execute(const std::string& sql) {
  Status executed = connection().execute(sql);
  if (!executed.ok()) FAIL(sql + ": " + executed.error().message);
}

std::vector<std::string> ReportingFixture::dump(const std::string& prefix, const std::string& tenant) {
  std::vector<std::string> all;
  for (const reporting::SchemaStatement& table : reporting::schema().tables) {
    if (table.name == reporting::kOffsetTable) continue;
    const std::string where = tenant.empty() ? "" : " WHERE tenant_id = '" + tenant + "'";
    for (const std::string& row : rows("SELECT * FROM " + prefix + table.name + where)) {
      all.push_back(table.name + ": " + row);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

Digests ReportingFixture::log_digests() {
  LogDigest digest;
  Status advanced = advance_digest(log.feed(), log.feed().durable().position, digest);
  if (!advanced.ok()) FAIL(advanced.error().message);
  return digest.digests();
}

std::string difference(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  std::vector<std::string> rows;
  std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(rows));
  return rows.empty() ? "" : std::to_string(rows.size()) + " rows differ, the first: " + rows.front();
}

std::vector<std::string> lines_of(const schema::SalesReport& report) {
  std::vector<std::string> lines;
  const auto add = [&](const schema::SalesReport::Row& row) {
    lines.push_back(row.key() + " " + row.net().currency() + ": sales " + std::to_string(row.sales()) + " units " +
                    std::to_string(row.units_e5()) + " gross " + std::to_string(row.gross().amount()) + " discount " +
                    std::to_string(row.discount().amount()) + " net " + std::to_string(row.net().amount()) + " tax " +
                    std::to_string(row.tax().amount()) + " total " + std::to_string(row.total().amount()));
  };
  for (const auto& row : report.rows()) add(row);
  add(report.total());
  for (const auto& row : report.other_totals()) add(row);
  return lines;
}

}  // namespace till
