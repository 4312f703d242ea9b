// The analytics export as a view of the log: its rows are files, its checkpoint is the last line of their manifest.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/effects/export_disk.h"
#include "projections/effects/export_layout.h"
#include "projections/effects/export_manifest.h"
#include "projections/effects/export_row.h"
#include "projections/effects/export_store.h"
#include "projections/effects/gzip.h"

namespace till {

// Written since the view was made.
struct ExportCounts {
  std::uint64_t batches = 0;
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

// All that is given outlives it. counts() is thread safe, the rest belongs to one thread at a time.
class ExportView final : public View {
 public:
  // `directory` exists; the export of the feed's log is a folder in it.
  ExportView(Feed& feed, const Domain& domain, EventJson event_json, ExportDisk& disk, std::string directory);

  std::string_view name() const override { return "export"; }
  // Mends what a crash has left. Batches that the log has lost to a repair are taken back. kHistoryMismatch where this
  // log lacks what is exported though no repair says so; kCorrupt where the manifest is damaged before its last line.
  Result<LogPoint> checkpoint() override;
  // One batch of the export: one file for each tenant and business date in it. kPoison where the first transaction
  // cannot be exported; what stands before another such one is exported first.
  Status apply(std::span<const TransactionPtr> batch) override;

  ExportCounts counts() const;

 private:
  Status write(std::span<const TransactionPtr> batch);
  Result<ExportFile> stage(std::size_t number, const ExportPartition& partition,
                           const std::vector<const Transaction*>& transactions);
  void count(const ExportBatch& batch);

  Feed& feed_;
  const LogId log_id_;
  const ExportRows rows_;
  ExportStore store_;
  GzipWriter gzip_;
  std::string text_;            // rows of a transaction, kept for its memory
  std::optional<LogPoint> at_;  // nothing where checkpoint() comes first
  std::atomic<std::uint64_t> batches_{0}, files_{0}, written_rows_{0}, bytes_{0};
};

}  // namespace till
