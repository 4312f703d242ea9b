#include "engine/rocks_log.h"

#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <sodium.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "engine/control_record.h"
#include "engine/durable_file.h"
#include "engine/rocks_log_files.h"
#include "engine/transaction.h"
#include "engine/wal_tail.h"
#include "engine/watermark.h"

namespace till {
namespace {

// Records before the watermark that are checked again at every start, so that a scan never begins at an unchecked
// record.
constexpr std::uint64_t kScanOverlap = 64;

// Tells the watermark that a WAL was closed.
class RotationListener : public rocksdb::EventListener {
 public:
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override {
    const std::lock_guard lock(mutex_);
    if (writer_ != nullptr) writer_->hurry();
  }
  void watch(WatermarkWriter* writer) {
    const std::lock_guard lock(mutex_);
    writer_ = writer;
  }

 private:
  std::mutex mutex_;
  WatermarkWriter* writer_ = nullptr;
};

Error no_record_at(Position position) {
  return {ErrorKind::kCorrupt, "log: no record at position " + std::to_string(position.value())};
}

class RocksLog : public Log {
 public:
  RocksLog(std::unique_ptr<rocksdb::DB> database, std::shared_ptr<RotationListener> listener,
           const RocksLogOptions& options, const LogPoint& head)
      : database_(std::move(database)),
        listener_(std::move(listener)),
        sync_(options.sync),
        id_(head.log_id),
        head_(head),
        watermark_(log_watermark_of(options)) {
    watermark_.note(head);
    listener_->watch(&watermark_);
  }
  ~RocksLog() override {
    listener_->watch(nullptr);
    watermark_.stop();
    database_->Close();
  }

  const LogId& id() const override { return id_; }
  Epoch epoch() const override { return head().epoch; }
  LogPoint head() const override {
    const std::lock_guard lock(mutex_);
    return head_;
  }

  Status append(std::span<const StoredRecord> group, const LogPoint& new_head) override {
    if (failed_) return Error{ErrorKind::kOutcomeUnknown, "log: a write failed before"};
    if (group.empty()) return {};
    TILL_ASSERT(group.front().position == head().position.next() && group.back().position == new_head.position);
    rocksdb::WriteBatch batch;
    for (const StoredRecord& record : group) batch.Put(log_key(record.position), record.bytes);
    rocksdb::WriteOptions write;
    write.sync = sync_;
    if (const rocksdb::Status status = database_->Write(write, &batch); !status.ok()) {
      failed_ = true;
      return log_error(status, ErrorKind::kOutcomeUnknown);
    }
    {
      const std::lock_guard lock(mutex_);
      head_ = new_head;
    }
    watermark_.note(new_head);
    return {};
  }

  Result<std::string> read(Position position) const override {
    std::string value;
    if (position == Position() || position > head().position) return Error{ErrorKind::kNotFound, "beyond the head"};
    const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), log_key(position), &value);
    if (status.IsNotFound()) return no_record_at(position);
    if (!status.ok()) return log_read_error(status);
    return value;
  }

  std::unique_ptr<Cursor> cursor(Position from) const override { return log_cursor(*database_, from, head().position); }

 private:
  const std::unique_ptr<rocksdb::DB> database_;
  const std::shared_ptr<RotationListener> listener_;
  const bool sync_;
  const LogId id_;
  mutable std::mutex mutex_;
  LogPoint head_;
  bool failed_ = false;
  WatermarkWriter watermark_;
};

struct OpenedDatabase {
  std::unique_ptr<rocksdb::DB> database;
  std::shared_ptr<RotationListener> listener;
};

Result<OpenedDatabase> open_database(const RocksLogOptions& options, bool create, ErrorKind trouble) {
  OpenedDatabase opened;
  opened.listener = std::make_shared<RotationListener>();
  rocksdb::Options database = log_database_options(options, create);
  database.listeners.push_back(opened.listener);
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database, log_database_of(options), &raw);
  if (!status.ok()) return log_error(status, status.IsCorruption() ? ErrorKind::kCorrupt : trouble);
  opened.database.reset(raw);
  return opened;
}

// Checks density and chain from shortly before `trusted` (position 0: from the start) up to the last key.
Result<LogPoint> scan_tail(rocksdb::DB& database, const std::optional<LogPoint>& trusted, OpenReport& report) {
  const Result<LogPoint> last = log_last_claimed(database);
  if (!last.ok()) return last.error();
  LogPoint at;
  at.log_id = last.value().log_id;
  at.hash = genesis_chain(at.log_id);
  const std::uint64_t start = trusted ? trusted->position.value() : 0;
  if (start > kScanOverlap && start - kScanOverlap <= last.value().position.value()) {
    std::string value;
    const Position first(start - kScanOverlap);
    const rocksdb::Status status = database.Get(rocksdb::ReadOptions(), log_key(first), &value);
    if (status.IsNotFound()) return no_record_at(first);
    if (!status.ok()) return log_read_error(status);
    const Result<LogPoint> claimed = claimed_point(value);
    if (!claimed.ok()) return claimed.error();
    at = claimed.value();
  }
  const auto cursor = log_cursor(database, at.position.next(), last.value().position);
  while (cursor->next()) {
    if (cursor->position() != at.position.next()) {
      return Error{ErrorKind::kCorrupt, "log: position " + std::to_string(at.position.next().value()) +
                                            " is missing before " + std::to_string(cursor->position().value())};
    }
    Result<LogPoint> checked = check_record(cursor->bytes(), at, nullptr);
    if (!checked.ok()) return checked.error();
    at = checked.value();
    ++report.scanned;
    if (trusted && at.position == trusted->position && at != *trusted) {
      return Error{ErrorKind::kHistoryMismatch,
                   "log: another history at position " + std::to_string(at.position.value()) +
                       " than the one known to be durable; restore the log, or run: till log repair --accept-loss"};
    }
  }
  if (Status status = cursor->status(); !status.ok()) return status.error();
  return at;
}

// RocksDB names files and offsets; an operator wants to know what is at stake and what to do.
Error with_advice(const Error& error, const std::optional<LogPoint>& trusted) {
  if (error.kind != ErrorKind::kCorrupt) return error;
  const std::string known = trusted ? std::to_string(trusted->position.value()) : "0";
  return Error{error.kind, error.message + "; the log was durable up to position " + known +
                               "; restore it from a backup, or accept a loss with: till log repair --accept-loss"};
}

// The log says which release may read it.
Status check_reader(rocksdb::DB& database) {
  std::string value;
  const rocksdb::Status status = database.Get(rocksdb::ReadOptions(), log_key(kFirstPosition), &value);
  if (status.IsNotFound()) {
    return Error{ErrorKind::kHistoryMismatch,
                 "log: it has no first record: restore it from a backup, or, where `till init` was interrupted here, "
                 "remove the folder and run it again"};
  }
  if (!status.ok()) return log_read_error(status);
  schema::Record record;
  const std::string_view bytes = std::string_view(value).substr(std::min(value.size(), kStoredPrefix));
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};  // the scan names it
  const std::uint32_t oldest = record.control().log_created().oldest_reader_version();
  if (oldest <= kRecordVersion) return {};
  return Error{ErrorKind::kInvalid, "log: needs a release that reads version " + std::to_string(oldest) +
                                        ", this one reads " + std::to_string(kRecordVersion)};
}

Status check_lower_bound(const LogPoint& head, const std::optional<LogPoint>& trusted) {
  if (!trusted) return {};
  if (trusted->log_id != head.log_id) return Error{ErrorKind::kHistoryMismatch, "log: the watermark is of another log"};
  if (head.position >= trusted->position) return {};
  return Error{ErrorKind::kHistoryMismatch,
               "log: ends at position " + std::to_string(head.position.value()) + " but was durable up to " +
                   std::to_string(trusted->position.value()) +
                   "; restore it from a backup, or accept the loss with: till log repair --accept-loss"};
}

// The last record that can be read up to the first bad one. Changes nothing.
Result<LogPoint> readable_head(const RocksLogOptions& options) {
  rocksdb::Options database = log_database_options(options, false);
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(database, log_database_of(options), &raw);
  const std::unique_ptr<rocksdb::DB> opened(raw);
  if (!status.ok()) return log_read_error(status);
  return log_last_claimed(*opened);
}

// Before RocksDB, which drops an incomplete record without a word: a torn last group that nobody was told of is cut and
// kept. Anything else stays as it is, for a repair by hand.
Status cut_untold_tail(const RocksLogOptions& options, const std::optional<LogPoint>& trusted, OpenReport& report) {
  const Result<TornTail> tail = find_torn_tail(log_database_of(options));
  if (!tail.ok()) return tail.error();
  if (tail->torn_bytes == 0) return {};
  const Result<LogPoint> head = readable_head(options);
  if (!head.ok()) return head.error();
  if (Status bound = check_lower_bound(*head, trusted); !bound.ok()) return bound;
  const Result<std::string> kept = cut_torn_tail(*tail, options.directory);
  if (!kept.ok()) return kept.error();
  report.tail_cut = true;
  report.cut_file = *kept;
  report.cut_bytes = tail->torn_bytes;
  return {};
}

}  // namespace

Status create_rocks_log(const RocksLogOptions& options) {
  std::error_code trouble;
  std::filesystem::create_directories(options.directory, trouble);
  if (trouble) return Error{ErrorKind::kUnavailable, "cannot create " + options.directory + ": " + trouble.message()};
  if (std::filesystem::exists(log_database_of(options))) {
    return Error{ErrorKind::kInvalid, "a log stands in " + options.directory + " already"};
  }
  Result<OpenedDatabase> opened = open_database(options, true, ErrorKind::kUnavailable);
  if (!opened.ok()) return opened.error();
  LogPoint genesis;
  randombytes_buf(genesis.log_id.data(), genesis.log_id.size());
  genesis.hash = genesis_chain(genesis.log_id);
  schema::Control control;
  control.mutable_log_created()->set_oldest_reader_version(kRecordVersion);
  const ChainedRecord first = make_control_record(genesis, Epoch(1), log_wall_clock(), control);
  rocksdb::WriteOptions write;
  write.sync = true;
  const rocksdb::Status status = opened->database->Put(write, log_key(first.stored.position), first.stored.bytes);
  if (!status.ok()) return log_error(status, ErrorKind::kUnavailable);
  opened->database->Close();
  if (Status synced = sync_directory(options.directory); !synced.ok()) return synced;
  return write_watermark(log_watermark_of(options), first.point);
}

Result<std::unique_ptr<Log>> open_rocks_log(const RocksLogOptions& options, OpenReport& report) {
  if (!std::filesystem::exists(log_database_of(options) + "/CURRENT")) {
    return Error{ErrorKind::kNotFound, "no log in " + options.directory + "; make one with: till init"};
  }
  Result<std::optional<LogPoint>> trusted = read_watermark(log_watermark_of(options));
  if (!trusted.ok()) return trusted.error();
  if (Status cut = cut_untold_tail(options, trusted.value(), report); !cut.ok()) {
    return with_advice(cut.error(), trusted.value());
  }
  Result<OpenedDatabase> opened = open_database(options, false, ErrorKind::kUnavailable);
  if (!opened.ok()) return with_advice(opened.error(), trusted.value());
  if (Status reader = check_reader(*opened->database); !reader.ok()) return reader.error();
  Result<LogPoint> head = scan_tail(*opened->database, trusted.value(), report);
  Status bound = head.ok() ? check_lower_bound(head.value(), trusted.value()) : Status(head.error());
  // What recovery read may be in the page cache only, after a failed sync: an SST is synced before it counts.
  if (bound.ok()) {
    const rocksdb::Status flushed = opened->database->Flush(rocksdb::FlushOptions());
    if (!flushed.ok()) bound = log_error(flushed, ErrorKind::kUnavailable);
  }
  if (!bound.ok()) return with_advice(bound.error(), trusted.value());
  return std::unique_ptr<Log>(
      std::make_unique<RocksLog>(std::move(opened->database), std::move(opened->listener), options, head.value()));
}

}  // namespace till
