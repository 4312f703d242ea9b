#include "projections/reporting/writer.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <utility>

#include "commands/rules.h"
#include "engine/named_thread.h"
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
  return field == nullptr ? "unknown event" : event_type_name(*field);
}

// The tables of a batch, each taken by one session: so that no two wait for each other's rows.
class TableQueue {
 public:
  explicit TableQueue(std::vector<TableStatements> tables) : tables_(std::move(tables)) {
    // The largest first: the last one then is short.
    const auto bytes = [](const TableStatements& table) {
      return std::accumulate(table.begin(), table.end(), std::size_t{0},
                             [](std::size_t sum, const std::string& statement) { return sum + statement.size(); });
    };
    std::sort(tables_.begin(), tables_.end(), [&](const auto& a, const auto& b) { return bytes(a) > bytes(b); });
  }
  // Takes and executes tables until none is left or the server refuses one.
  Status execute_on(SqlConnection& connection) {
    for (std::size_t i = next_++; i < tables_.size(); i = next_++) {
      for (const std::string& statement : tables_[i]) {
        Status executed = connection.execute(statement);
        if (executed.ok()) continue;
        next_ = tables_.size();
        return executed;
      }
    }
    return {};
  }

 private:
  std::vector<TableStatements> tables_;
  std::atomic<std::size_t> next_{0};
};

// Another session that takes from the queue, on a thread of its own until join().
class Helper {
 public:
  Helper(TableQueue& queue, SqlConnection& connection)
      : transaction_(connection), thread_(named_thread("reporting-bulk", [this, &queue] { run(queue); })) {}
  ~Helper() { (void)join(); }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  Status join() {
    if (thread_.joinable()) thread_.join();
    return executed_;
  }
  Status commit() { return transaction_.commit(); }

 private:
  void run(TableQueue& queue) {
    executed_ = transaction_.begin();
    if (executed_.ok()) executed_ = queue.execute_on(transaction_.connection());
  }

  SqlTransaction transaction_;
  Status executed_;
  std::thread thread_;
};

// Tables that vanished under a running follower: the checkpoint has to be read again.
Status as_retry(const Status& status) {
  if (status.ok() || status.error().kind != ErrorKind::kNotFound) return status;
  return Error{ErrorKind::kUnavailable, status.error().message};
}

}  // namespace

TableWriter::TableWriter(const ServerOptions& server, const WriterOptions& options, WriterTarget target)
    : server_(server), options_(options), target_(std::move(target)), connections_(target_.sessions) {}

Result<SqlConnection*> TableWriter::connected(std::unique_ptr<SqlConnection>& connection) {
  if (connection != nullptr && connection->broken()) connection.reset();
  if (connection == nullptr) {
    auto opened = SqlConnection::open(server_, target_.session, options_.answer_timeout);
    if (!opened.ok()) return opened.error();
    connection = std::move(opened.value());
  }
  return connection.get();
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
  return write(transaction, *at, fresh);
}

Status TableWriter::write(SqlTransaction& transaction, const Offset& at, std::span<const TransactionPtr> fresh) {
  StatementLimits limits = options_.statements;
  limits.bytes = std::min(limits.bytes, transaction.connection().max_statement_bytes());
  BatchRows rows(target_.prefix, limits);
  Position previous = at.point.position;
  for (const TransactionPtr& each : fresh) {
    TILL_ASSERT(each->position() == previous.next());
    previous = each->position();
    if (target_.tenant.empty() || each->record().tenant() == target_.tenant) rows.add(*each);
  }
  TableQueue queue(rows.finish());
  std::vector<std::unique_ptr<Helper>> helpers;
  for (std::size_t i = 1; i < connections_.size(); ++i) {
    Result<SqlConnection*> helping = connected(connections_[i]);
    if (!helping.ok()) return helping.error();
    helpers.push_back(std::make_unique<Helper>(queue, **helping));
  }
  Status executed = queue.execute_on(transaction.connection());
  // Nobody commits before everybody has executed: after an error nothing of the batch stays.
  for (const auto& helper : helpers) {
    if (Status helped = helper->join(); executed.ok()) executed = helped;
  }
  if (executed.ok()) executed = write_offset(transaction.connection(), target_.prefix, fresh.back()->point());
  for (const auto& helper : helpers) {
    if (executed.ok()) executed = helper->commit();
  }
  return executed.ok() ? transaction.commit() : executed;
}

}  // namespace till::reporting
