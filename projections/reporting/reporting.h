// The reporting model on a MySQL or MariaDB server: facts, dimensions and daily sums for analysts' own tools and for
// /v1/reports. Tables and their meaning: schemas/sql/README.md.
//
// The server may be away at start or at any time: nothing here blocks commands; the follower tries again with growing
// pauses and catches up by itself. Each event counts exactly once whatever crashes, since rows and offset change in one
// SQL transaction. No personal data is stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/follower.h"
#include "projections/managed_view.h"
#include "projections/reporting/connection.h"
#include "projections/reporting/table_report.h"
#include "schemas/views.pb.h"

namespace till {

struct ReportingOptions {
  // Where the tables are. The user needs every privilege on the database, and CREATE where it does not exist.
  reporting::ServerOptions server;
  // A user that may only SELECT, made (or given this password) where the privileges allow; else a warning is logged and
  // the administrator makes it. Empty: none.
  std::string analyst_user;
  std::string analyst_password;

  // The larger a batch, the fewer sums are written more than once.
  FollowerOptions follower{.max_batch_transactions = 8192, .max_batch_bytes = 32u << 20};
  std::size_t rebuild_batch_transactions = 16'384;
  std::size_t rebuild_batch_bytes = 32u << 20;
  std::size_t rebuild_sessions = 2;
  std::size_t statement_rows = 1000;
  std::size_t statement_bytes = 1u << 20;              // half of the server's max_allowed_packet where that is less
  std::uint64_t tenant_replace_rows_most = 2'000'000;  // of one tenant, which a rebuild of it replaces in one step
  std::size_t reader_sessions = 4;
  std::chrono::milliseconds reader_wait{2000};        // for a session to come free
  std::chrono::seconds report_timeout{20};            // for one answer of the server to a report
  std::chrono::seconds write_timeout{60};             // for one answer to the follower
  std::chrono::seconds maintenance_timeout{15 * 60};  // for one answer to a rebuild or a digest
};

enum class ReportGroup : std::uint8_t { kStore, kDay, kHour, kProduct, kCategory, kTender, kEmployee };

// False where `text` is none of store, day, hour, product, category, tender, employee.
bool parse_report_group(std::string_view text, ReportGroup& group);

struct SalesReportRequest {
  std::string tenant;
  std::int32_t from = 0;  // business dates, yyyymmdd, both inclusive
  std::int32_t to = 0;
  ReportGroup group = ReportGroup::kStore;
};

struct SalesReportAt {
  schema::SalesReport report;
  LogPoint at;  // of the very generation and snapshot that the rows come from
};

// Thread safe.
class Reporting : public ManagedView {
 public:
  // Connects to nothing yet. `feed` outlives this. Make it before threads that use the client library elsewhere.
  // Reports answer kUnavailable until the rows have reached what is durable at this moment.
  Reporting(Feed& feed, ReportingOptions options);
  ~Reporting() override;

  void start() override;
  // Ends a running rebuild with kCancelled, then joins. Idempotent.
  void stop() override;
  ViewInfo info() const override;
  bool wait_for(Position target, std::chrono::milliseconds timeout) override;
  Status rebuild(const RebuildRequest& request) override;
  Status rollback(const RebuildRequest& request = {}) override;
  Result<DigestAt> digest(const std::atomic<bool>* cancelled = nullptr) override;
  Result<std::vector<SelfCheck>> self_checks(const std::atomic<bool>* cancelled = nullptr) override;

  // Blocks on the server, at most reader_wait + a few times report_timeout: not for an I/O thread. A sale counts once
  // in each group that it touches; voided sales are left out; `total` counts each sale once. Keys: store id,
  // 2026-11-23, hour 0 to 23, SKU, category, tender type, employee id; sales that name no employee
  // stand in the totals alone. kUnavailable where the server does not answer or its rows
  // are being made, kInvalid where there are more rows than one answer may have, or a sum leaves 64 bits.
  Result<SalesReportAt> sales_report(const SalesReportRequest& request);
  // The other reports, on the same terms.
  Result<TableReportAt> table_report(const TableReportRequest& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace till
