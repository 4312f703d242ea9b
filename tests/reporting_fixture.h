// What the reporting model's tests share: a database of its own, a log, plain SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "projections/log_digest.h"
#include "projections/reporting/reporting.h"
#include "tests/mariadb_server.h"
#include "tests/reporting_log.h"

namespace till {

class ReportingFixture {
 public:
  ReportingFixture();

  ReportingOptions options() const;
  std::unique_ptr<Reporting> started();
  // Waits until `reporting` reflects the whole log.
  bool caught_up(Reporting& reporting);
  SalesReportAt report(Reporting& reporting, const std::string& tenant, ReportGroup group);

  // Each row's columns joined by '|', NULL as "-". Through a session of its own, made anew after a restart of the
  // server.
  std::vector<std::string> rows(const std::string& sql);
  void execute(const std::string& sql);
  // Every row of every table with `prefix`, sorted; "" for what the views show, which have columns more. Offset rows
  // are left out.
  std::vector<std::string> dump(const std::string& prefix, const std::string& tenant = "");
  // The log's side of the digests, at the head.
  Digests log_digests();

  ReportingLog log;
  const std::string database;

 private:
  reporting::SqlConnection& connection();

  std::unique_ptr<reporting::SqlConnection> connection_;
};

// The first row that only one of two dumps has; empty where they are equal.
std::string difference(const std::vector<std::string>& one, const std::vector<std::string>& other);

// "S1 USD: sales 2 units …", one a row, then the totals.
std::vector<std::string> lines_of(const schema::SalesReport& report);

}  // namespace till
