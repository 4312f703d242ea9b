// Writes one set of physical tables: applies batches, each in one SQL transaction with the offset row.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/follower.h"
#include "engine/result.h"
#include "projections/reporting/connection.h"
#include "projections/reporting/insert.h"
#include "projections/reporting/offset.h"

namespace till::reporting {

struct WriterTarget {
  std::string prefix;         // of the physical tables
  std::uint64_t serving = 0;  // not 0: refuse to write when another generation serves
  std::string tenant;         // not empty: only this tenant's rows; the offset moves over everything
  SessionKind session = SessionKind::kWriter;
  // More than 1: the tables of a batch are written by this many sessions at once, each in a transaction of its own.
  // Only for tables that are given up when something fails.
  std::size_t sessions = 1;
};

struct WriterOptions {
  StatementLimits statements;
  std::chrono::seconds answer_timeout{60};
};

// One thread at a time. Connects when needed, and again after an error.
class TableWriter {
 public:
  TableWriter(const ServerOptions& server, const WriterOptions& options, WriterTarget target);

  // kInvalid where the tables are missing or of another layout.
  Result<Offset> offset();
  // Skips what the offset row says was applied already, as the row stands under lock. kUnavailable: nothing happened or
  // the outcome is not known, ask offset(). kHistoryMismatch: the batch does not follow what was applied. kPoison: the
  // rows are refused; the message names the position and event.
  Status apply(std::span<const TransactionPtr> batch);

  const WriterTarget& target() const { return target_; }
  // Of the session, connected.
  Result<SqlConnection*> connection() { return connected(connections_.front()); }

 private:
  Result<SqlConnection*> connected(std::unique_ptr<SqlConnection>& connection);
  Status apply_at_once(std::span<const TransactionPtr> batch);
  Status write(SqlTransaction& transaction, const Offset& at, std::span<const TransactionPtr> fresh);

  const ServerOptions server_;
  const WriterOptions options_;
  const WriterTarget target_;
  std::vector<std::unique_ptr<SqlConnection>> connections_;  // the first one holds the offset
};

}  // namespace till::reporting
