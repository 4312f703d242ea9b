// The serving generation as the follower drives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "engine/follower.h"
#include "projections/reporting/reporting.h"
#include "projections/reporting/writer.h"

namespace till::reporting {

WriterOptions writer_options(const ReportingOptions& options, std::chrono::seconds answer_timeout);

class ServingView : public View {
 public:
  // `maintenance` is held by whoever else makes or drops generations.
  ServingView(Feed& feed, const ReportingOptions& options, std::mutex& maintenance)
      : feed_(feed), options_(options), maintenance_(maintenance), serve_from_(feed.durable().position.value()) {}

  std::string_view name() const override { return "reporting"; }
  // Tables of another log or layout are replaced by empty ones, to be filled from the log's beginning. kHistoryMismatch
  // where this log lacks what the tables reflect.
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

  // The generation whose rows are being written; 0 before the first checkpoint. Thread safe.
  std::uint64_t generation() const { return generation_.load(); }
  // Reports are refused until the rows reach this: what was durable when this process began, or when its tables were
  // begun anew. Rows that are few, as in a new database or after a restart in the middle of filling one, must not deny
  // what was known before. Thread safe.
  Position serve_from() const { return Position(serve_from_.load()); }
  // From now on apply() writes to `generation`. Only while nothing is applied.
  void serve(std::uint64_t generation);

  // Makes what an empty database lacks; the first time in this process also drops what an interrupted rebuild left, and
  // makes the analyst. `connection` is of kMaintenance. Thread safe.
  Status prepare(SqlConnection& connection);

 private:
  Result<LogPoint> begin_anew(SqlConnection& connection, const std::string& reason);
  void make_analyst(SqlConnection& connection);

  Feed& feed_;
  const ReportingOptions& options_;
  std::mutex& maintenance_;
  std::unique_ptr<TableWriter> writer_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint64_t> serve_from_;
  std::mutex prepare_mutex_;
  bool prepared_ = false;
};

}  // namespace till::reporting
