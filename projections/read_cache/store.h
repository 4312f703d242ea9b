// The database under a generation: how it is opened for serving and for bulk loading, how its errors and its checkpoint
// read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {
class Domain;
}

namespace till::read_cache {

struct StoreOptions {
  std::size_t write_buffer_bytes = 16u << 20;
  std::size_t board_counters_most = 400'000;    // of dashboards in memory, about 130 bytes each
  const Domain* domain = nullptr;               // folds the entities that have rows; null: none has
  std::shared_ptr<rocksdb::Cache> block_cache;  // shared by the generations of one cache; null: RocksDB's own small one
};

// Neither has a write-ahead log: after a crash the rows stand at an earlier checkpoint, and the log has what is
// missing.
enum class Purpose {
  kServe,  // sorted while it is filled, for readers
  kBulk,   // sorted once, when full: for a generation that nobody reads yet
};

// Opens or creates. Rows of another version than this program's are kInvalid.
Result<std::unique_ptr<rocksdb::DB>> open_store(const std::string& directory, Purpose purpose,
                                                const StoreOptions& options);

// kCorrupt: the rows cannot be trusted any more. kUnavailable: trying again may help.
Error to_error(const rocksdb::Status& status, std::string_view doing);

std::string encode_point(const LogPoint& point);
bool decode_point(std::string_view bytes, LogPoint& point);

// Where the rows that `options` shows stand; position 0 where there are none.
Result<LogPoint> read_checkpoint(rocksdb::DB& db, const rocksdb::ReadOptions& options);

}  // namespace till::read_cache
