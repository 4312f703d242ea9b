#include "projections/read_cache/store.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include "engine/domain.h"
#include "projections/read_cache/keys.h"
#include "projections/read_cache/row_merge.h"

namespace till::read_cache {
namespace {

// Raised with every change of what the rows mean; other rows are built anew from the log.
constexpr std::string_view kRowVersion = "4";

constexpr double kBloomBitsPerKey = 10;
constexpr std::size_t kBlockBytes = 8 * 1024;
// Files of the first level that are sorted into the next one at once: the more, the less often rows are written anew.
constexpr int kFirstLevelFilesMerged = 8;
// Files of the first level that readers must look through: reads slow down well before writes are made to wait.
constexpr int kFirstLevelFilesSlowdown = 40;
constexpr int kFirstLevelFilesStop = 80;
constexpr int kFirstLevelFilesBulk = 1 << 20;  // sorted once, at the end
constexpr std::size_t kBulkWriteBuffers = 8;
constexpr std::size_t kInfoLogBytes = 1u << 20;
constexpr std::size_t kInfoLogFiles = 2;
constexpr int kOpenFilesMost = 512;

rocksdb::BlockBasedTableOptions table_options(const StoreOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = options.block_cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.block_size = kBlockBytes;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;
  return table;
}

rocksdb::Options database_options(Purpose purpose, const StoreOptions& options) {
  rocksdb::Options out;
  out.create_if_missing = true;
  out.merge_operator = make_row_merge();
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(options)));
  out.write_buffer_size = options.write_buffer_bytes;
  out.max_write_buffer_number = 3;
  out.max_background_jobs = 2;  // one flush, one compaction
  out.max_open_files = kOpenFilesMost;
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  out.compression = rocksdb::kLZ4Compression;
  out.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  out.level_compaction_dynamic_level_bytes = false;
  out.bytes_per_sync = 1u << 20;
  out.max_log_file_size = kInfoLogBytes;
  out.keep_log_file_num = kInfoLogFiles;
  out.allow_concurrent_memtable_write = false;  // one writer
  out.level0_file_num_compaction_trigger = kFirstLevelFilesMerged;
  out.level0_slowdown_writes_trigger = kFirstLevelFilesSlowdown;
  out.level0_stop_writes_trigger = kFirstLevelFilesStop;
  if (purpose == Purpose::kBulk) {
    out.write_buffer_size = kBulkWriteBuffers * options.write_buffer_bytes;
    out.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
    out.disable_auto_compactions = true;
    out.level0_file_num_compaction_trigger = kFirstLevelFilesBulk;
    out.level0_slowdown_writes_trigger = kFirstLevelFilesBulk;
    out.level0_stop_writes_trigger = kFirstLevelFilesBulk;
    out.soft_pending_compaction_bytes_limit = 0;
    out.hard_pending_compaction_bytes_limit = 0;
  }
  return out;
}

// Rows of entities are what the domain's fold makes of them.
std::string row_version(const StoreOptions& options) {
  std::string version(kRowVersion);
  if (options.domain != nullptr) version.append(".").append(std::to_string(options.domain->fold_version()));
  return version;
}

Status check_row_version(rocksdb::DB& db, const std::string& wanted) {
  std::string version;
  const rocksdb::Status read = db.Get({}, kRowVersionKey, &version);
  if (read.IsNotFound()) {
    // An empty store is given its version before its first row.
    const rocksdb::Status written = db.Put({}, kRowVersionKey, wanted);
    if (!written.ok()) return to_error(written, "writing the row version");
    return {};
  }
  if (!read.ok()) return to_error(read, "reading the row version");
  if (version != wanted) return Error{ErrorKind::kInvalid, "rows of version " + version};
  return {};
}

}  // namespace

Error to_error(const rocksdb::Status& status, std::string_view doing) {
  const bool damaged =
      status.IsCorruption() || status.IsNotSupported() || status.IsInvalidArgument() || status.IsPathNotFound();
  return Error{damaged ? ErrorKind::kCorrupt : ErrorKind::kUnavailable,
               std::string("read cache: ").append(doing).append(": ").append(status.ToString())};
}

Result<std::unique_ptr<rocksdb::DB>> open_store(const std::string& directory, Purpose purpose,
                                                const StoreOptions& options) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(purpose, options), directory, &opened);
  if (!status.ok()) return to_error(status, "opening " + directory);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (Status version = check_row_version(*db, row_version(options)); !version.ok()) return version.error();
  return db;
}

std::string encode_point(const LogPoint& point) {
  std::string out(as_bytes(point.log_id));
  KeyWriter(out).u64(point.epoch.value()).u64(point.position.value()).rest(as_bytes(point.hash));
  return out;
}

bool decode_point(std::string_view bytes, LogPoint& point) {
  constexpr std::size_t kIdBytes = LogId().size();
  constexpr std::size_t kBytes = kIdBytes + 8 + 8 + Hash().size();
  if (bytes.size() != kBytes) return false;
  point.epoch = Epoch(load_big_endian(bytes.substr(kIdBytes, 8)));
  point.position = Position(load_big_endian(bytes.substr(kIdBytes + 8, 8)));
  return from_bytes(bytes.substr(0, kIdBytes), point.log_id) && from_bytes(bytes.substr(kIdBytes + 16), point.hash);
}

Result<LogPoint> read_checkpoint(rocksdb::DB& db, const rocksdb::ReadOptions& options) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db.Get(options, db.DefaultColumnFamily(), kCheckpointKey, &value);
  LogPoint point;
  if (status.IsNotFound()) return point;
  if (!status.ok()) return to_error(status, "reading the checkpoint");
  if (!decode_point(value.ToStringView(), point)) {
    return Error{ErrorKind::kCorrupt, "read cache: the checkpoint is not one"};
  }
  return point;
}

}  // namespace till::read_cache
