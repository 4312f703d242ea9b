// An operator accepts the loss of the log's end: what is sound stays, a new epoch begins.
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>

#include "engine/control_record.h"
#include "engine/rocks_log_files.h"
#include "engine/transaction.h"
#include "engine/watermark.h"

namespace till {
namespace {

namespace fs = std::filesystem;

constexpr int kSavedFoldersMost = 1000;

// A new folder for what stood here before the repair; the one in `folder` where there is one.
Status make_saved_folder(const RocksLogOptions& options, std::string& folder) {
  if (!folder.empty()) return {};
  std::error_code trouble;
  for (int number = 1; number <= kSavedFoldersMost && !trouble; ++number) {
    folder = options.directory + "/before-repair-" + std::to_string(number);
    if (fs::create_directory(folder, trouble)) return {};
  }
  if (!trouble) return Error{ErrorKind::kInvalid, "too many folders before-repair-… in " + options.directory};
  return Error{ErrorKind::kUnavailable, "cannot make a folder in " + options.directory + ": " + trouble.message()};
}

// Copies what a lenient open may change: the write-ahead logs, and the files that say which tables count.
Status save_files(const RocksLogOptions& options, const std::string& folder) {
  std::error_code trouble;
  for (auto entry = fs::directory_iterator(log_database_of(options), trouble);
       !trouble && entry != fs::directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    const bool kept = entry->path().extension() == ".log" || name == "CURRENT" || name.starts_with("MANIFEST-");
    if (kept) fs::copy_file(entry->path(), folder + "/" + name, trouble);
  }
  if (trouble) return Error{ErrorKind::kUnavailable, "cannot copy to " + folder + ": " + trouble.message()};
  return {};
}

// The whole database as it is before the cut, by links: it takes space only as tables are rewritten.
Status save_tables(rocksdb::DB& database, const std::string& folder) {
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&database, &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder + "/db");
  if (!status.ok()) return log_error(status, ErrorKind::kUnavailable);
  return {};
}

Result<std::unique_ptr<rocksdb::DB>> open_leniently(const RocksLogOptions& options, std::string& saved_folder) {
  rocksdb::DB* raw = nullptr;
  rocksdb::Options database = log_database_options(options, false);
  rocksdb::Status status = rocksdb::DB::Open(database, log_database_of(options), &raw);
  if (status.IsCorruption()) {
    Status saved = make_saved_folder(options, saved_folder);
    if (saved.ok()) saved = save_files(options, saved_folder);
    if (!saved.ok()) return saved.error();
    database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    database.track_and_verify_wals_in_manifest = false;
    status = rocksdb::DB::Open(database, log_database_of(options), &raw);
  }
  if (!status.ok()) {
    return Error{log_read_error(status).kind,
                 "log: no sound part can be read, restore it from a backup: " + status.ToString()};
  }
  return std::unique_ptr<rocksdb::DB>(raw);
}

// The sound part from the first record on, and the newest epoch that any record or the watermark speaks of.
struct Survey {
  LogPoint sound;
  LogPoint kept;  // the point at the position to keep, or at the end of the sound part
  std::int64_t kept_recorded_at_us = 0;
  Epoch newest_epoch;
};

Result<Survey> survey(const RocksLogOptions& options, rocksdb::DB& database, std::optional<Position> keep) {
  const Result<LogPoint> last = log_last_claimed(database);
  if (!last.ok()) return last.error();
  Survey found;
  found.newest_epoch = last->epoch;
  found.sound.log_id = last->log_id;
  found.sound.hash = genesis_chain(last->log_id);
  const auto cursor = log_cursor(database, kFirstPosition, last->position);
  while (cursor->next()) {
    schema::Record record;
    const Result<LogPoint> checked = check_record(cursor->bytes(), found.sound, &record);
    // What a newer release wrote is not damage.
    if (!checked.ok() && checked.error().kind == ErrorKind::kInvalid) return checked.error();
    if (!checked.ok()) break;
    found.sound = *checked;
    found.newest_epoch = std::max(found.newest_epoch, checked->epoch);
    if (keep && checked->position > *keep) continue;
    found.kept = *checked;
    found.kept_recorded_at_us = record.recorded_at_us();
  }
  // A disk that does not answer now is not damage either.
  if (Status read = cursor->status(); !read.ok() && read.error().kind != ErrorKind::kCorrupt) return read.error();
  const Result<std::optional<LogPoint>> watermark = read_watermark(log_watermark_of(options));
  if (watermark.ok() && watermark.value()) {
    found.newest_epoch = std::max(found.newest_epoch, watermark.value()->epoch);
  }
  return found;
}

Status cut_after(rocksdb::DB& database, Position keep, const ChainedRecord& opening) {
  rocksdb::WriteBatch batch;
  batch.DeleteRange(log_key(keep.next()), std::string(9, '\xff'));
  batch.Put(log_key(opening.stored.position), opening.stored.bytes);
  rocksdb::WriteOptions write;
  write.sync = true;
  rocksdb::Status status = database.Write(write, &batch);
  if (status.ok()) status = database.Flush(rocksdb::FlushOptions());
  // Tables that hold nothing but what was cut are not read again; the rest is rewritten, so that damage in it shows
  // now.
  const std::string cut_begin = log_key(opening.stored.position.next());
  const std::string cut_end(9, '\xff');
  const rocksdb::Slice begin(cut_begin), end(cut_end);
  if (status.ok()) status = rocksdb::DeleteFilesInRange(&database, database.DefaultColumnFamily(), &begin, &end);
  rocksdb::CompactRangeOptions compact;
  compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  const std::string kept_begin = log_key(keep);
  const rocksdb::Slice from(kept_begin);
  if (status.ok()) status = database.CompactRange(compact, &from, nullptr);
  if (!status.ok()) return log_error(status, ErrorKind::kOutcomeUnknown);
  return {};
}

}  // namespace

Result<AcceptedLoss> accept_loss(const RocksLogOptions& options, std::optional<Position> keep,
                                 const std::string& reason) {
  std::string saved_folder;
  Result<std::unique_ptr<rocksdb::DB>> opened = open_leniently(options, saved_folder);
  if (!opened.ok()) return opened.error();
  rocksdb::DB& database = **opened;
  const Result<Survey> found = survey(options, database, keep);
  if (!found.ok()) return found.error();
  if (found->kept.position == Position() || (keep && found->kept.position != *keep)) {
    return Error{ErrorKind::kInvalid,
                 "log: sound up to position " + std::to_string(found->sound.position.value()) + " only"};
  }
  schema::Control control;
  control.mutable_epoch_opened()->set_reason(reason);
  control.mutable_epoch_opened()->set_cut_after(found->kept.position.value());
  control.mutable_epoch_opened()->set_former_epoch(found->kept.epoch.value());
  // A clock behind the log's must not turn its time back.
  const Micros recorded_at = std::max(log_wall_clock(), Micros(found->kept_recorded_at_us));
  const ChainedRecord opening = make_control_record(found->kept, found->newest_epoch.next(), recorded_at, control);
  Status saved = make_saved_folder(options, saved_folder);
  if (saved.ok()) saved = save_tables(database, saved_folder);
  if (!saved.ok()) return saved.error();
  if (Status cut = cut_after(database, found->kept.position, opening); !cut.ok()) return cut.error();
  database.Close();
  if (Status written = write_watermark(log_watermark_of(options), opening.point); !written.ok()) return written.error();
  const std::uint64_t dropped = found->sound.position.value() - found->kept.position.value();
  return AcceptedLoss{found->kept.position, dropped, opening.point, saved_folder};
}

}  // namespace till
