#include "engine/rocks_books_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <filesystem>

#include "engine/durable_file.h"
#include "schemas/record.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

// Sorts before every tenant.
const std::string kCutKey(1, '\0');
constexpr std::size_t kFoldVersionBytes = 4;
constexpr double kFilterBitsPerKey = 10;
constexpr int kBooksOpenFilesMost = 512;
// Files of the first level that are sorted into the next one at once: the more, the less often all of that is written
// anew. Reads look through each of them.
constexpr int kFirstLevelFilesMerged = 12;
constexpr int kFirstLevelFilesSlowdown = 40;
constexpr int kFirstLevelFilesStop = 80;

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
  return value;
}

std::string encode_cut(std::uint32_t fold_version, const LogPoint& cut) {
  std::string bytes;
  append_number(bytes, fold_version, kFoldVersionBytes);
  append_number(bytes, cut.epoch.value(), 8);
  append_number(bytes, cut.position.value(), 8);
  bytes.append(as_bytes(cut.log_id));
  bytes.append(as_bytes(cut.hash));
  return bytes;
}

bool decode_cut(std::string_view bytes, std::uint32_t& fold_version, LogPoint& cut) {
  if (bytes.size() != kFoldVersionBytes + 16 + cut.log_id.size() + cut.hash.size()) return false;
  fold_version = static_cast<std::uint32_t>(read_number(bytes.substr(0, 4)));
  cut.epoch = Epoch(read_number(bytes.substr(4, 8)));
  cut.position = Position(read_number(bytes.substr(12, 8)));
  return from_bytes(bytes.substr(20, cut.log_id.size()), cut.log_id) &&
         from_bytes(bytes.substr(20 + cut.log_id.size()), cut.hash);
}

// Drops register entries that are past their lifetime. Time is that of the newest entry written, not the wall clock.
class ExpiredKeys : public rocksdb::CompactionFilter {
 public:
  ExpiredKeys(const std::atomic<std::int64_t>& newest_us, std::int64_t lifetime_us)
      : newest_us_(newest_us), lifetime_us_(lifetime_us) {}
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    const std::string_view bytes(key.data(), key.size());
    if (bytes == kCutKey || split_books_key(bytes).kind.value() != schema::COMMAND_KEY) return false;
    schema::Image image;
    schema::CommandKey entry;
    if (!image.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    if (!entry.ParseFromString(image.state())) return false;
    return entry.recorded_at_us() + lifetime_us_ < newest_us_.load(std::memory_order_relaxed);
  }
  const char* Name() const override { return "till.expired_keys"; }

 private:
  const std::atomic<std::int64_t>& newest_us_;
  const std::int64_t lifetime_us_;
};

class RocksBooksStore : public BooksStore {
 public:
  explicit RocksBooksStore(const RocksBooksStoreOptions& options)
      : options_(options), expired_(newest_us_, options.key_lifetime_us) {}
  ~RocksBooksStore() override { close(); }

  Status open() {
    if (std::filesystem::exists(marker())) return remake();
    const Status opened = open_database();
    if (opened.ok() || !damaged()) return opened;
    spdlog::warn("{}; the books are made anew", opened.error().message);
    return remake();
  }

  Result<LogPoint> cut() const override {
    std::uint32_t fold_version = 0;
    return stored_cut(fold_version);
  }

  Result<std::uint32_t> fold_version() const override {
    std::uint32_t fold_version = 0;
    const Result<LogPoint> cut = stored_cut(fold_version);
    if (!cut.ok()) return cut.error();
    return fold_version;
  }

  Status reset(std::uint32_t fold_version) override {
    if (Status remade = remake(); !remade.ok()) return remade;
    fold_version_ = fold_version;
    return write(BooksBatch{});
  }

  bool damaged() const override { return damaged_.load(std::memory_order_acquire); }
  // Noted on disk too: what is met here may not be met by the next open. Without the mark it meets the damage by
  // itself, sooner or later.
  void note_damage() const override {
    if (!damaged_.exchange(true)) static_cast<void>(replace_file(marker(), "").ok());
  }

  Status load(std::span<const std::string> keys, std::vector<std::optional<std::string>>& images) const override {
    const Result<bool> all = read(keys, rocksdb::ReadOptions(), images);
    return all.ok() ? Status() : Status(all.error());
  }

  Result<bool> load_from_memory(std::span<const std::string> keys,
                                std::vector<std::optional<std::string>>& images) const override {
    rocksdb::ReadOptions options;
    options.read_tier = rocksdb::kBlockCacheTier;
    return read(keys, options, images);
  }

  Status write(const BooksBatch& batch) override {
    rocksdb::WriteBatch rows;
    for (const auto& [key, image] : batch.images) rows.Put(key, image);
    rows.Put(kCutKey, encode_cut(fold_version_, batch.cut));
    newest_us_.store(batch.recorded_at.value(), std::memory_order_relaxed);
    rocksdb::WriteOptions write;
    write.disableWAL = true;
    const rocksdb::Status status = database_->Write(write, &rows);
    if (!status.ok()) return store_error(status);
    return {};
  }

  Status make_durable(bool wait) override {
    rocksdb::FlushOptions flush;
    flush.wait = wait;
    flush.allow_write_stall = wait;
    const rocksdb::Status status = database_->Flush(flush);
    // Busy-like answers of a flush that need not wait are no trouble: the next call tries again.
    if (!status.ok() && (wait || !status.IsTryAgain())) return store_error(status);
    return {};
  }

  Status scan(EntityKind kind,
              const std::function<void(std::string_view key, std::string_view image)>& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator(rocksdb::ReadOptions()));
    for (row->Seek(std::string(1, '\1')); row->Valid();) {
      const std::string tenant(split_books_key(view(row->key())).tenant);
      const std::string prefix = books_key(tenant, kind, "");
      for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix); row->Next()) {
        visit(view(row->key()), view(row->value()));
      }
      if (row->Valid()) row->Seek(tenant + '\1');
    }
    if (!row->status().ok()) return store_error(row->status());
    return {};
  }

  Status dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator(rocksdb::ReadOptions()));
    for (row->Seek(std::string(1, '\1')); row->Valid(); row->Next()) visit(view(row->key()), view(row->value()));
    if (!row->status().ok()) return store_error(row->status());
    return {};
  }

 private:
  std::string marker() const { return options_.directory + ".refold"; }

  Error store_error(const rocksdb::Status& status) const {
    const bool damage = status.IsCorruption();
    if (damage) note_damage();
    return Error{damage ? ErrorKind::kCorrupt : ErrorKind::kUnavailable, "books: " + status.ToString()};
  }

  Status open_database() {
    std::error_code trouble;
    std::filesystem::create_directories(options_.directory, trouble);
    if (trouble) return Error{ErrorKind::kUnavailable, "books: " + trouble.message()};
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(database_options(), options_.directory, &raw);
    if (!status.ok()) return store_error(status);
    database_.reset(raw);
    const Result<LogPoint> cut = stored_cut(fold_version_);
    if (!cut.ok()) return cut.error();
    return {};
  }

  void close() {
    if (database_) database_->Close();
    database_.reset();
  }

  // Removes whatever is there and opens an empty store.
  Status remake() {
    close();
    std::error_code trouble;
    std::filesystem::remove_all(options_.directory, trouble);
    if (!trouble) std::filesystem::remove(marker(), trouble);
    if (trouble) return Error{ErrorKind::kUnavailable, "books: " + trouble.message()};
    damaged_.store(false, std::memory_order_release);
    return open_database();
  }

  // False where an image would have to come from a place that `options` does not allow.
  Result<bool> read(std::span<const std::string> keys, const rocksdb::ReadOptions& options,
                    std::vector<std::optional<std::string>>& images) const {
    images.reserve(keys.size());
    for (const std::string& key : keys.subspan(images.size())) {
      rocksdb::PinnableSlice value;
      const rocksdb::Status status = database_->Get(options, database_->DefaultColumnFamily(), key, &value);
      // RocksDB before 9.1 answers with an empty value where the key's file is not open (no image is empty).
      const bool not_looked_up = status.ok() && value.empty() && options.read_tier == rocksdb::kBlockCacheTier;
      if (status.IsIncomplete() || not_looked_up) return false;
      if (!status.ok() && !status.IsNotFound()) return store_error(status);
      images.push_back(status.ok() ? std::optional<std::string>(value.ToStringView()) : std::nullopt);
    }
    return true;
  }

  static std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

  rocksdb::Options database_options() const {
    rocksdb::Options database;
    if (options_.env != nullptr) database.env = options_.env;
    database.create_if_missing = true;
    // The first levels are rewritten soon: compressing them would be paid for twice.
    database.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
    database.write_buffer_size = options_.write_buffer_bytes;
    database.max_write_buffer_number = 3;
    database.target_file_size_base = options_.file_bytes;
    database.level0_file_num_compaction_trigger = kFirstLevelFilesMerged;
    database.level0_slowdown_writes_trigger = kFirstLevelFilesSlowdown;
    database.level0_stop_writes_trigger = kFirstLevelFilesStop;
    database.max_background_jobs = 2;
    database.bytes_per_sync = 1u << 20;
    database.keep_log_file_num = 4;
    database.max_open_files = kBooksOpenFilesMost;
    database.memtable_prefix_bloom_size_ratio = 0.02;
    database.memtable_whole_key_filtering = true;
    database.compaction_filter = &expired_;
    database.periodic_compaction_seconds = 7 * 24 * 3600;
    database.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options()));
    return database;
  }

  // Filters and indexes lie in memory with their open file, not in the cache: about 2 bytes a key, so 2 MiB a file of
  // 64 MiB, and 1 GiB where as many files are open as may be.
  rocksdb::BlockBasedTableOptions table_options() const {
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    table.block_cache = rocksdb::NewLRUCache(options_.block_cache_bytes);
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    return table;
  }

  Result<LogPoint> stored_cut(std::uint32_t& fold_version) const {
    std::string bytes;
    const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), kCutKey, &bytes);
    LogPoint cut;
    if (status.IsNotFound()) return cut;
    if (!status.ok()) return store_error(status);
    if (!decode_cut(bytes, fold_version, cut))
      return store_error(rocksdb::Status::Corruption("the cut does not parse"));
    return cut;
  }

  const RocksBooksStoreOptions options_;
  mutable std::atomic<bool> damaged_{false};
  std::atomic<std::int64_t> newest_us_{0};
  ExpiredKeys expired_;
  std::unique_ptr<rocksdb::DB> database_;
  std::uint32_t fold_version_ = 0;
};

}  // namespace

Result<std::unique_ptr<BooksStore>> open_rocks_books_store(const RocksBooksStoreOptions& options) {
  auto store = std::make_unique<RocksBooksStore>(options);
  if (Status opened = store->open(); !opened.ok()) return opened.error();
  return std::unique_ptr<BooksStore>(std::move(store));
}

}  // namespace till
