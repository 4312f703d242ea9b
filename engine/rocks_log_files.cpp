#include "engine/rocks_log_files.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

#include <chrono>

#include "engine/control_record.h"

namespace till {
namespace {

constexpr std::uint64_t kBytesPerSync = 1u << 20;
constexpr std::size_t kBlockBytes = 16 * 1024;
constexpr std::size_t kReadahead = 2u << 20;
constexpr int kOpenFilesMost = 512;
constexpr std::size_t kBlockCacheBytes = 32u << 20;

class RocksCursor : public Log::Cursor {
 public:
  RocksCursor(std::unique_ptr<rocksdb::Iterator> iterator, Position from, Position last)
      : iterator_(std::move(iterator)), from_(from), last_(last) {}
  bool next() override {
    if (!started_) {
      iterator_->Seek(log_key(from_));
      started_ = true;
    } else {
      iterator_->Next();
    }
    return iterator_->Valid() && position() <= last_;
  }
  Position position() const override { return log_position(iterator_->key()); }
  std::string_view bytes() const override { return {iterator_->value().data(), iterator_->value().size()}; }
  Status status() const override {
    const rocksdb::Status status = iterator_->status();
    if (status.ok()) return {};
    return log_read_error(status);
  }

 private:
  const std::unique_ptr<rocksdb::Iterator> iterator_;
  const Position from_;
  const Position last_;
  bool started_ = false;
};

}  // namespace

std::string log_database_of(const RocksLogOptions& options) {
  return options.directory + "/db";
}
std::string log_watermark_of(const RocksLogOptions& options) {
  return options.directory + "/watermark";
}

std::string log_key(Position position) {
  std::string key(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(position.value() >> (56 - 8 * i));
  return key;
}

Position log_position(const rocksdb::Slice& key) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < key.size() && i < 8; ++i) value = value << 8 | static_cast<std::uint8_t>(key[i]);
  return Position(value);
}

Error log_error(const rocksdb::Status& status, ErrorKind kind) {
  return Error{kind, "log: " + status.ToString()};
}

// Of a read: only damage is for good.
Error log_read_error(const rocksdb::Status& status) {
  return log_error(status, status.IsCorruption() ? ErrorKind::kCorrupt : ErrorKind::kUnavailable);
}

rocksdb::Options log_database_options(const RocksLogOptions& options, bool create) {
  rocksdb::Options database;
  if (options.env != nullptr) database.env = options.env;
  database.create_if_missing = create;
  database.error_if_exists = create;
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  database.max_bgerror_resume_count = 0;
  database.track_and_verify_wals_in_manifest = true;
  database.manual_wal_flush = false;
  database.recycle_log_file_num = 0;
  database.compression = rocksdb::kLZ4Compression;
  database.bottommost_compression = rocksdb::kDisableCompressionOption;
  database.bytes_per_sync = kBytesPerSync;
  database.wal_bytes_per_sync = 0;
  database.write_buffer_size = options.write_buffer_bytes;
  database.max_write_buffer_number = 4;
  database.max_background_jobs = 2;
  database.paranoid_checks = true;
  database.keep_log_file_num = 4;
  database.max_open_files = kOpenFilesMost;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = kBlockBytes;
  // Bounded whatever the log's length: index blocks of all files would grow with it.
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table.cache_index_and_filter_blocks = true;
  database.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return database;
}

std::unique_ptr<Log::Cursor> log_cursor(rocksdb::DB& database, Position from, Position last) {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  read.readahead_size = kReadahead;
  return std::make_unique<RocksCursor>(std::unique_ptr<rocksdb::Iterator>(database.NewIterator(read)), from, last);
}

Micros log_wall_clock() {
  return Micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Result<LogPoint> log_last_claimed(rocksdb::DB& database) {
  const std::unique_ptr<rocksdb::Iterator> last(database.NewIterator(rocksdb::ReadOptions()));
  last->SeekToLast();
  if (!last->status().ok()) return log_read_error(last->status());
  if (!last->Valid()) return Error{ErrorKind::kHistoryMismatch, "log: the database holds no record"};
  return claimed_point({last->value().data(), last->value().size()});
}

}  // namespace till
