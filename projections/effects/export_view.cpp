#include "projections/effects/export_view.h"

#include <map>
#include <utility>

#include "projections/history.h"

namespace till {
namespace {

Error lost(const LogPoint& exported, const LogPoint& durable) {
  return {ErrorKind::kHistoryMismatch,
          "export: the log ends at position " + std::to_string(durable.position.value()) +
              " or has another history, but " + std::to_string(exported.position.value()) +
              " of the same epoch or a later one are exported; restore the log from a backup, or accept the loss"};
}

}  // namespace

ExportView::ExportView(Feed& feed, const Domain& domain, EventJson event_json, ExportDisk& disk, std::string directory)
    : feed_(feed),
      log_id_(feed.durable().log_id),
      rows_(domain, std::move(event_json)),
      store_(disk, ExportLayout(std::move(directory), log_id_)) {}

Result<LogPoint> ExportView::checkpoint() {
  at_.reset();
  Result<std::optional<ExportBatch>> last = store_.recover();
  if (!last.ok()) return last.error();
  if (*last && (*last)->to.log_id != log_id_) {
    return Error{ErrorKind::kHistoryMismatch, "export: the manifest is of log " + to_hex(as_bytes((*last)->to.log_id)) +
                                                  ", this is log " + to_hex(as_bytes(log_id_))};
  }
  if (*last) {
    const Result<History> history = compare_history(feed_, (*last)->to);
    if (!history.ok()) return history.error();
    if (*history == History::kLost) return lost((*last)->to, feed_.durable());
    if (*history == History::kOther) {
      last = store_.take_back([this](const LogPoint& point) -> Result<bool> {
        const Result<History> of = compare_history(feed_, point);
        if (!of.ok()) return of.error();
        return *of == History::kSame;
      });
      if (!last.ok()) return last.error();
    }
  }
  LogPoint at;
  at.log_id = log_id_;
  if (*last) at = (*last)->to;
  at_ = at;
  return at;
}

Status ExportView::apply(std::span<const TransactionPtr> batch) {
  if (!at_) return Error{ErrorKind::kUnavailable, "export: apply before checkpoint"};
  TILL_ASSERT(batch.front()->position() == at_->position.next());
  std::size_t good = 0;
  Status poison;
  for (; good < batch.size(); ++good) {
    poison = rows_.check(*batch[good]);
    if (!poison.ok()) break;
  }
  if (good == 0) return poison;
  if (Status written = write(batch.first(good)); !written.ok()) {
    at_.reset();
    return written;
  }
  if (poison.ok()) return poison;
  // The checkpoint is read once more, then the transaction comes first.
  return Error{ErrorKind::kUnavailable, poison.error().message};
}

Status ExportView::write(std::span<const TransactionPtr> batch) {
  std::map<ExportPartition, std::vector<const Transaction*>> partitions;
  for (const TransactionPtr& transaction : batch) {
    if (transaction->event_count() == 0) continue;
    partitions[ExportRows::partition_of(*transaction)].push_back(transaction.get());
  }
  ExportBatch made;
  made.from = batch.front()->position();
  made.to = batch.back()->point();
  for (const auto& [partition, transactions] : partitions) {
    Result<ExportFile> file = stage(made.files.size(), partition, transactions);
    if (!file.ok()) return file.error();
    made.files.push_back(std::move(*file));
  }
  if (Status committed = store_.commit(made); !committed.ok()) return committed;
  at_ = made.to;
  count(made);
  return {};
}

Result<ExportFile> ExportView::stage(std::size_t number, const ExportPartition& partition,
                                     const std::vector<const Transaction*>& transactions) {
  ExportFile file;
  file.tenant = partition.tenant;
  file.date = partition.date;
  file.first = transactions.front()->position();
  file.last = transactions.back()->position();
  file.path = export_file_path(partition, file.first, file.last, Epoch(transactions.back()->record().epoch()));
  if (Status begun = gzip_.begin(); !begun.ok()) return begun.error();
  for (const Transaction* transaction : transactions) {
    text_.clear();
    rows_.append(*transaction, text_);
    if (Status added = gzip_.add(text_); !added.ok()) return added.error();
    file.rows += static_cast<std::uint64_t>(transaction->event_count());
  }
  const Result<std::string> packed = gzip_.finish();
  if (!packed.ok()) return packed.error();
  file.bytes = packed->size();
  file.hash = sha256(*packed);
  if (Status staged = store_.stage(number, *packed); !staged.ok()) return staged.error();
  return file;
}

void ExportView::count(const ExportBatch& batch) {
  ++batches_;
  files_ += batch.files.size();
  written_rows_ += batch.rows();
  for (const ExportFile& file : batch.files) bytes_ += file.bytes;
}

ExportCounts ExportView::counts() const {
  ExportCounts counts;
  counts.batches = batches_;
  counts.files = files_;
  counts.rows = written_rows_;
  counts.bytes = bytes_;
  return counts;
}

}  // namespace till
