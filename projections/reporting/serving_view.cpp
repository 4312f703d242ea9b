#include "projections/reporting/serving_view.h"

#include <spdlog/spdlog.h>

#include "projections/history.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

// A database name inside a GRANT is a pattern.
std::string grant_pattern(const std::string& database) {
  std::string pattern;
  for (const char c : database) {
    if (c == '_' || c == '%' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  return quoted_name(pattern);
}

}  // namespace

WriterOptions writer_options(const ReportingOptions& options, std::chrono::seconds answer_timeout) {
  return {{options.statement_rows, options.statement_bytes}, answer_timeout};
}

Result<LogPoint> ServingView::checkpoint() {
  auto connection = SqlConnection::open(options_.server, SessionKind::kMaintenance, options_.write_timeout);
  if (!connection.ok()) return connection.error();
  if (Status prepared = prepare(**connection); !prepared.ok()) {
    return Error{ErrorKind::kUnavailable, prepared.error().message};
  }
  Result<Generations> generations = read_generations(**connection);
  if (!generations.ok()) return generations.error();
  serve(generations->serving);
  Result<Offset> offset = writer_->offset();
  if (!offset.ok() && offset.error().kind == ErrorKind::kInvalid) {
    return begin_anew(**connection, offset.error().message);
  }
  if (!offset.ok()) return offset.error();
  Result<History> history = compare_history(feed_, offset->point);
  if (!history.ok()) return history.error();
  switch (*history) {
    case History::kSame:
      return offset->point;
    case History::kOther:
      return begin_anew(**connection, history_mismatch(offset->point).message);
    case History::kLost:
      break;
  }
  return Error{ErrorKind::kHistoryMismatch,
               "the log ends at position " + std::to_string(feed_.durable().position.value()) +
                   " or has another history, but reporting reflects " + std::to_string(offset->point.position.value()) +
                   " of the same epoch or a later one; restore the log from a backup, or accept the loss and rebuild "
                   "the view"};
}

Result<LogPoint> ServingView::begin_anew(SqlConnection& connection, const std::string& reason) {
  const std::unique_lock lock(maintenance_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return Error{ErrorKind::kUnavailable, "waiting for the end of a rebuild or rollback to begin anew: " + reason};
  }
  Result<Generations> empty = reporting::begin_anew(connection);
  if (!empty.ok()) return empty.error();
  spdlog::warn("reporting: built anew as generation {}: {}", empty->serving, reason);
  serve_from_ = feed_.durable().position.value();
  serve(empty->serving);
  if (Status dropped = drop_orphans(connection); !dropped.ok()) {
    spdlog::warn("reporting: tables of the former history stay for now: {}", dropped.error().message);
  }
  return LogPoint{};
}

Status ServingView::apply(std::span<const TransactionPtr> batch) {
  if (writer_ == nullptr) return Error{ErrorKind::kUnavailable, "reporting: apply before checkpoint"};
  return writer_->apply(batch);
}

void ServingView::serve(std::uint64_t generation) {
  if (writer_ == nullptr || generation_ != generation) {
    WriterTarget target;
    target.prefix = generation_prefix(generation);
    target.serving = generation;
    writer_ = std::make_unique<TableWriter>(options_.server, writer_options(options_, options_.write_timeout),
                                            std::move(target));
  }
  generation_ = generation;
}

Status ServingView::prepare(SqlConnection& connection) {
  const std::lock_guard lock(prepare_mutex_);
  if (!prepared_) {
    // Before generation 1 is made: in a database without a pointer every generation is an orphan.
    if (Status dropped = drop_orphans(connection); !dropped.ok()) return dropped;
  }
  Result<Generations> generations = ensure_first_generation(connection);
  if (!generations.ok()) return generations.error();
  if (!prepared_) make_analyst(connection);
  prepared_ = true;
  return {};
}

void ServingView::make_analyst(SqlConnection& connection) {
  if (options_.analyst_user.empty()) return;
  const std::string user = quoted_value(options_.analyst_user) + "@'%'";
  const std::string password = " IDENTIFIED BY " + quoted_value(options_.analyst_password);
  for (const std::string& sql :
       {"CREATE USER IF NOT EXISTS " + user + password, "ALTER USER " + user + password,
        "GRANT SELECT, SHOW VIEW ON " + grant_pattern(options_.server.database) + ".* TO " + user}) {
    if (connection.execute(sql).ok()) continue;
    spdlog::warn("reporting: the analyst's user could not be made (MySQL error {}): an administrator has to",
                 connection.last_code());
    return;
  }
}

}  // namespace till::reporting
