// The books' store on RocksDB. Written without a write-ahead log: one column family, so what a crash leaves is always
// the state after some whole batch, an exact cut of the log.
#pragma once

#include <memory>
#include <string>

#include "engine/books_store.h"

namespace rocksdb {
class Env;
}

namespace till {

struct RocksBooksStoreOptions {
  std::string directory;        // beside it, `directory`.refold marks a store that met damage until it is made anew
  rocksdb::Env* env = nullptr;  // null: the machine's own; not owned
  std::size_t block_cache_bytes = 64u << 20;
  std::size_t write_buffer_bytes = 16u << 20;  // small enough for the processor's cache to help its inserts
  std::size_t file_bytes = 64u << 20;
  std::int64_t key_lifetime_us =
      30ll * 24 * 3600 * 1'000'000;  // older entries of the register are dropped by compaction
};

// Creates the directory where it is missing. A store that was found damaged, by another process or now, is removed: it
// opens empty, and the log has everything.
Result<std::unique_ptr<BooksStore>> open_rocks_books_store(const RocksBooksStoreOptions& options);

}  // namespace till
