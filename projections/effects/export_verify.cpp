#include "projections/effects/export_verify.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "engine/durable_file.h"
#include "engine/transaction.h"
#include "projections/effects/export_layout.h"
#include "projections/effects/export_manifest.h"
#include "projections/effects/gzip.h"

namespace till {
namespace {

// Of the log, at once.
constexpr std::size_t kVerifyTransactions = 2048;
constexpr std::size_t kVerifyBytes = 8u << 20;

class ExportVerifier {
 public:
  ExportVerifier(Feed& feed, const std::string& directory, const std::atomic<bool>* cancelled)
      : feed_(feed), layout_(directory, feed.durable().log_id), cancelled_(cancelled) {}

  Result<ExportReport> run() {
    report_.at.log_id = feed_.durable().log_id;
    ManifestReader lines(layout_.manifest);
    while (true) {
      const Result<bool> more = lines.next();
      if (!more.ok() && more.error().kind != ErrorKind::kCorrupt) return more.error();
      if (!more.ok()) fault(more.error().message);
      if (!more.ok() || !*more) break;
      if (Status checked = check(lines.batch()); !checked.ok()) return checked.error();
    }
    if (Status looked = look_for_others(); !looked.ok()) return looked.error();
    if (Status counted = compare_with_log(); !counted.ok()) return counted.error();
    return std::move(report_);
  }

 private:
  void fault(std::string what) {
    ++report_.faults;
    if (report_.told.size() < kExportFaultsTold) report_.told.push_back(std::move(what));
  }

  Status still_wanted() const {
    if (cancelled_ == nullptr || !cancelled_->load()) return {};
    return Error{ErrorKind::kCancelled, "export: the proof was cancelled"};
  }

  Status check(const ExportBatch& batch) {
    if (batch.from != report_.at.position.next()) {
      fault("the batch from position " + std::to_string(batch.from.value()) + " follows one that ends at " +
            std::to_string(report_.at.position.value()));
    }
    ++report_.batches;
    report_.at = batch.to;
    for (const ExportFile& file : batch.files) {
      if (Status wanted = still_wanted(); !wanted.ok()) return wanted;
      if (Status checked = check(file); !checked.ok()) return checked;
    }
    return {};
  }

  Status check(const ExportFile& file) {
    ++report_.files;
    report_.rows += file.rows;
    report_.bytes += file.bytes;
    rows_[file.tenant] += file.rows;
    const Result<std::string> content = read_file(layout_.folder + "/" + file.path, file.bytes);
    if (!content.ok() && content.error().kind == ErrorKind::kUnavailable) return content.error();
    if (!content.ok() && content.error().kind == ErrorKind::kNotFound) {
      fault(file.path + " is missing");
      return {};
    }
    ++found_;
    if (!content.ok() || content->size() != file.bytes) {
      fault(file.path + " has another size than the manifest says");
    } else if (sha256(*content) != file.hash) {
      fault(file.path + " has another content than the manifest says");
    } else {
      check_rows(file, *content);
    }
    return {};
  }

  void check_rows(const ExportFile& file, const std::string& content) {
    std::uint64_t rows = 0;
    const Status read = gunzip(content, [&](std::string_view text) {
      rows += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    });
    if (!read.ok()) return fault(file.path + ": " + read.error().message);
    if (rows != file.rows) fault(file.path + " has " + std::to_string(rows) + " rows, not as the manifest says");
  }

  // Files of what is exported that no line names; those of a batch under way stand behind it.
  Status look_for_others() {
    std::uint64_t present = 0;
    Status listed = each_export_file(layout_.folder, [&](const std::string&, Position first) -> Status {
      if (first <= report_.at.position) ++present;
      return still_wanted();
    });
    if (listed.ok() && present > found_) {
      fault(std::to_string(present - found_) + " files are there that the manifest does not name");
    }
    return listed;
  }

  Status compare_with_log() {
    const Position end = report_.at.position;
    if (end == Position()) return {};
    const Result<LogPoint> point = feed_.point_at(end);
    if (!point.ok() && point.error().kind == ErrorKind::kUnavailable) return point.error();
    if (!point.ok() || *point != report_.at) {
      fault("the log has another history at position " + std::to_string(end.value()) + ", where the manifest ends");
      return {};
    }
    std::map<std::string, std::uint64_t> events;
    std::vector<TransactionPtr> batch;
    for (Position at; at < end; at = batch.back()->position()) {
      if (Status wanted = still_wanted(); !wanted.ok()) return wanted;
      if (Status read = feed_.read(at, kVerifyTransactions, kVerifyBytes, batch); !read.ok()) return read;
      if (batch.empty()) return Error{ErrorKind::kUnavailable, "export: the log does not give what is durable"};
      for (const TransactionPtr& transaction : batch) {
        if (transaction->position() > end || transaction->event_count() == 0) continue;
        events[transaction->record().tenant()] += static_cast<std::uint64_t>(transaction->event_count());
      }
    }
    for (const auto& [tenant, count] : events) rows_.try_emplace(tenant, 0u);
    for (const auto& [tenant, rows] : rows_) {
      const auto found = events.find(tenant);
      const std::uint64_t count = found == events.end() ? 0 : found->second;
      if (rows == count) continue;
      fault("tenant " + tenant + " has " + std::to_string(rows) + " rows, and " + std::to_string(count) +
            " events in the log");
    }
    return {};
  }

  Feed& feed_;
  const ExportLayout layout_;
  const std::atomic<bool>* const cancelled_;
  ExportReport report_;
  std::map<std::string, std::uint64_t> rows_;  // by tenant, as the manifest says
  std::uint64_t found_ = 0;                    // of its files
};

}  // namespace

Result<ExportReport> verify_export(Feed& feed, const std::string& directory, const std::atomic<bool>* cancelled) {
  return ExportVerifier(feed, directory, cancelled).run();
}

}  // namespace till
