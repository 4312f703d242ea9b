#include "projections/read_cache/generation.h"

#include <filesystem>
#include <system_error>

#include <spdlog/spdlog.h>

#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

// A bulk generation gathers this much before it writes: the more, the fewer rows are written twice.
constexpr std::size_t kBulkTransactions = 32'768;
constexpr std::size_t kBulkBytes = 64u << 20;

}  // namespace

Generation::Generation(std::string directory, std::uint64_t number, Purpose purpose, std::unique_ptr<rocksdb::DB> db,
                       const StoreOptions& options)
    : directory_(std::move(directory)),
      number_(number),
      purpose_(purpose),
      db_(std::move(db)),
      changes_(EntityRows(options.domain, *db_, purpose == Purpose::kBulk)),
      boards_(options.board_counters_most) {}

Generation::~Generation() {
  db_.reset();
  std::error_code ignored;  // what stays is removed at the next open
  if (discard_) std::filesystem::remove_all(directory_, ignored);
}

Result<std::shared_ptr<Generation>> Generation::open(const std::string& directory, std::uint64_t number,
                                                     Purpose purpose, const StoreOptions& options) {
  auto db = open_store(directory, purpose, options);
  if (!db.ok()) return db.error();
  std::shared_ptr<Generation> generation(new Generation(directory, number, purpose, std::move(*db), options));
  if (auto at = generation->checkpoint(); !at.ok()) return at.error();
  return generation;
}

Result<LogPoint> Generation::checkpoint() {
  if (damaged()) return Error{ErrorKind::kCorrupt, "read cache: damaged, waiting to be built anew"};
  if (resume_needed_) {
    const rocksdb::Status resumed = db_->Resume();
    if (!resumed.ok() && !resumed.IsBusy() && !resumed.IsNoSpace()) {
      report_damage(resumed.ToString());
      return Error{ErrorKind::kCorrupt, "read cache: the store does not go on: " + resumed.ToString()};
    }
    if (!resumed.ok()) return to_error(resumed, "going on after a failed write");
    resume_needed_ = false;
  }
  auto at = read_checkpoint(*db_, {});
  if (!at.ok()) {
    if (at.error().kind == ErrorKind::kCorrupt) report_damage(at.error().message);
    return at;
  }
  at_ = *at;
  changes_.clear();
  readable_position_.store(at_.position.value(), std::memory_order_release);
  return at;
}

Status Generation::gather(std::span<const TransactionPtr> batch) {
  LogPoint at = at_;
  for (const TransactionPtr& transaction : batch) {
    if (transaction->position() != at.position.next()) {
      return Error{ErrorKind::kPoison, "read cache: position " + std::to_string(transaction->position().value()) +
                                           " came after " + std::to_string(at.position.value())};
    }
    at.position = transaction->position();
    if (!only_tenant_.empty() && transaction->record().tenant() != only_tenant_) continue;
    if (Status added = changes_.add(*transaction); !added.ok()) return added;
  }
  at_ = batch.back()->point();
  return {};
}

Status Generation::apply(std::span<const TransactionPtr> batch) {
  if (batch.empty()) return {};
  const LogPoint before = at_;
  if (Status gathered = gather(batch); !gathered.ok()) {
    if (gathered.error().kind == ErrorKind::kCorrupt) report_damage(gathered.error().message);
    changes_.clear();
    at_ = before;
    return gathered;
  }
  if (purpose_ == Purpose::kBulk && changes_.transactions() < kBulkTransactions && changes_.bytes() < kBulkBytes) {
    return {};
  }
  return write_changes();
}

Status Generation::write_changes() {
  rocksdb::WriteBatch& rows = changes_.finish();
  rows.Put(kCheckpointKey, encode_point(at_));
  if (Status written = write(rows); !written.ok()) return written;
  boards_.apply(changes_.boards(), at_);
  readable_position_.store(at_.position.value(), std::memory_order_release);
  changes_.written();
  return {};
}

Status Generation::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  // A crash leaves the rows of some earlier checkpoint, and that checkpoint with them: one column family is flushed in
  // the order of its writes. The log has what is missing.
  options.disableWAL = true;
  const rocksdb::Status status = db_->Write(options, &batch);
  if (status.ok()) return {};
  // The rows may or may not be there: dashboards in memory could miss them or count them twice.
  resume_needed_ = true;
  boards_.clear();
  changes_.clear();
  Error error = to_error(status, "writing");
  if (error.kind == ErrorKind::kCorrupt) report_damage(error.message);
  return error;
}

Status Generation::finish_bulk(const std::atomic<bool>* cancelled) {
  if (at_.position.value() != 0) {
    if (Status written = write_changes(); !written.ok()) return written;
  }
  if (const auto flushed = db_->Flush({}); !flushed.ok()) return to_error(flushed, "flushing");
  rocksdb::CompactRangeOptions compaction;
  compaction.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  compaction.max_subcompactions = 2;
  compaction.canceled = const_cast<std::atomic<bool>*>(cancelled);  // RocksDB only reads it
  const rocksdb::Status sorted = db_->CompactRange(compaction, nullptr, nullptr);
  if (sorted.IsIncomplete()) return Error{ErrorKind::kCancelled, "read cache: cancelled while sorting"};
  if (!sorted.ok()) return to_error(sorted, "sorting");
  return {};
}

Status Generation::replace_tenant(const std::string& tenant, Generation& shadow, std::size_t bytes_most) {
  if (shadow.at() != at_) return Error{ErrorKind::kInvalid, "read cache: the tenant's rows stand at another position"};
  rocksdb::WriteBatch batch;
  batch.DeleteRange(tenant_begin(tenant), tenant_end(tenant));
  const Status read = shadow.dump(
      [&](std::string_view key, std::string_view value) {
        if (batch.GetDataSize() <= bytes_most) batch.Put(key, value);
      },
      tenant);
  if (!read.ok()) return read;
  if (batch.GetDataSize() > bytes_most) {
    return Error{ErrorKind::kInvalid, "read cache: the rows of tenant " + tenant + " exceed " +
                                          std::to_string(bytes_most) +
                                          " bytes, the bound of one replacement; rebuild the whole view"};
  }
  batch.Put(kCheckpointKey, encode_point(at_));
  boards_.clear();
  changes_.clear();
  if (Status written = write(batch); !written.ok()) return written;
  boards_.clear();  // what was read in between is of the former rows
  return {};
}

void Generation::compact_tenant(const std::string& tenant) {
  const std::string begin = tenant_begin(tenant);
  const std::string end = tenant_end(tenant);
  const rocksdb::Slice first(begin);
  const rocksdb::Slice last(end);
  const rocksdb::Status status = db_->CompactRange({}, &first, &last);
  if (!status.ok()) spdlog::warn("read cache: compacting a tenant's rows: {}", status.ToString());
}

Status Generation::readable() const {
  if (damaged()) return Error{ErrorKind::kUnavailable, "the read cache is damaged and is being built anew"};
  const std::uint64_t position = readable_position_.load(std::memory_order_acquire);
  if (position < serve_from_.load(std::memory_order_relaxed)) {
    return Error{ErrorKind::kUnavailable, "the read cache is being built: " + std::to_string(position) + " of " +
                                              std::to_string(serve_from_.load()) + " transactions"};
  }
  return {};
}

void Generation::on_damage(std::function<void()> handler) {
  const std::lock_guard lock(damage_mutex_);
  damage_handler_ = std::move(handler);
}

void Generation::report_damage(const std::string& what) {
  if (damaged_.exchange(true)) return;
  spdlog::error("read cache: generation {} is damaged: {}", number_, what);
  const std::lock_guard lock(damage_mutex_);
  if (damage_handler_) damage_handler_();
}

Error Generation::read_error(const rocksdb::Status& status, std::string_view doing) {
  return read_error(to_error(status, doing));
}

Error Generation::read_error(Error error) {
  if (error.kind == ErrorKind::kCorrupt) report_damage(error.message);
  error.kind = ErrorKind::kUnavailable;
  return error;
}

}  // namespace till::read_cache
