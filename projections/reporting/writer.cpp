#include "projections/reporting/writer.h"

#include <algorithm>
#include <utility>

#include "engine/transaction.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/rows.h"
#include "projections/reporting/schema.h"

namespace till::reporting {
namespace {

// Whether `next` is the transaction after `at` in one and the same history.
bool follows(const LogPoint& at, const Transaction& next) {
  const LogPoint point = next.point();
  const bool first = at.position == Position();
  if (!first && at.log_id != point.log_id) return false;
  const Hash& before = first ? genesis_chain(point.log_id) : at.hash;
  return next_chain(before, next.record_hash()) == next.chain();
}

std::string first_event(const Transaction& transaction) {
  if (transaction.event_count() == 0) return "no event";
  const auto& event = static_cast<const schema::Event&>(transaction.event(0));
  const auto* const field = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
  return field == nullptr ? "unknown event" : field->message_type()->name();
}

// Tables that vanished under a running follower: the checkpoint has to be read again.
Status as_retry(const Status& status) {
  if (status.ok() || status.error().kind != ErrorKind::kNotFound) return status;
  return Error{ErrorKind::kUnavailable, status.error().message};
}

}  // namespace

TableWriter::TableWriter(const ServerOptions& server, const WriterOptions& options, WriterTarget target)
    : server_(server), options_(options), target_(std::move(target)) {}

Result<SqlConnection*> TableWriter::connection() {
  if (connection_ != nullptr && connection_->broken()) connection_.reset();
  if (connection_ == nullptr) {
    auto opened = SqlConnection::open(server_, target_.session, options_.answer_timeout);
    if (!opened.ok()) return opened.error();
    connection_ = std::move(opened.value());
  }
  return connection_.get();
}

Result<Offset> TableWriter::offset() {
  Result<SqlConnection*> connected = connection();
  if (!connected.ok()) return connected.error();
  Result<Offset> offset = read_offset(**connected, target_.prefix, OffsetLock::kNone);
  if (!offset.ok()) return offset;
  if (offset->layout != schema().layout) {
    return Error{ErrorKind::kInvalid,
                 "the tables " + target_.prefix + "* have another layout than this program's: rebuild"};
  }
  return offset;
}

Status TableWriter::apply(std::span<const TransactionPtr> batch) {
  Status applied = apply_at_once(batch);
  if (applied.ok() || applied.error().kind != ErrorKind::kPoison) return as_retry(applied);
  // Which transaction the server refuses is found by giving it one at a time; those before it stay applied.
  for (const TransactionPtr& transaction : batch) {
    Status one = apply_at_once({&transaction, 1});
    if (one.ok()) continue;
    if (one.error().kind != ErrorKind::kPoison) return as_retry(one);
    return Error{ErrorKind::kPoison, "position " + std::to_string(transaction->position().value()) + ", " +
                                         first_event(*transaction) + ": " + one.error().message};
  }
  return {};
}

Status TableWriter::apply_at_once(std::span<const TransactionPtr> batch) {
  Result<SqlConnection*> connected = connection();
  if (!connected.ok()) return connected.error();
  SqlConnection& session = **connected;
  SqlTransaction transaction(session);
  if (Status begun = transaction.begin(); !begun.ok()) return begun;
  if (target_.serving != 0) {
    Result<Generations> generations = read_generations(session);
    if (!generations.ok()) return generations.error();
    if (generations->serving != target_.serving) {
      return Error{ErrorKind::kUnavailable, "another generation of the reporting tables serves now"};
    }
  }
  Result<Offset> at = read_offset(session, target_.prefix, OffsetLock::kForUpdate);
  if (!at.ok()) return at.error();
  const auto is_applied = [&](const TransactionPtr& each) { return each->position() <= at->point.position; };
  const auto first_fresh = std::find_if_not(batch.begin(), batch.end(), is_applied);
  if (first_fresh != batch.begin()) {
    const Transaction& last = **std::prev(first_fresh);
    if (last.position() == at->point.position && last.chain() != at->point.hash) return history_mismatch(at->point);
  }
  const std::span<const TransactionPtr> fresh(first_fresh, batch.end());
  if (fresh.empty()) return {};
  if (fresh.front()->position() != at->point.position.next()) {
    return Error{ErrorKind::kUnavailable, "the batch begins at position " +
                                              std::to_string(fresh.front()->position().value()) + ", the rows end at " +
                                              std::to_string(at->point.position.value())};
  }
  if (!follows(at->point, *fresh.front())) return history_mismatch(at->point);
  if (Status written = write(session, *at, fresh); !written.ok()) return written;
  return transaction.commit();
}

Status TableWriter::write(SqlConnection& connection, const Offset& at, std::span<const TransactionPtr> fresh) {
  StatementLimits limits = options_.statements;
  limits.bytes = std::min(limits.bytes, connection.max_statement_bytes());
  BatchRows rows(target_.prefix, limits);
  Position previous = at.point.position;
  for (const TransactionPtr& transaction : fresh) {
    TILL_ASSERT(transaction->position() == previous.next());
    previous = transaction->position();
    if (target_.tenant.empty() || transaction->record().tenant() == target_.tenant) rows.add(*transaction);
  }
  std::vector<std::string> statements;
  rows.finish(statements);
  for (const std::string& statement : statements) {
    if (Status executed = connection.execute(statement); !executed.ok()) return executed;
  }
  return write_offset(connection, target_.prefix, fresh.back()->point());
}

}  // namespace till::reporting
