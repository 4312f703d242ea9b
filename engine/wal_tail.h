// Repair of a torn last group. RocksDB refuses a write-ahead log whose last record was torn by a power cut (checksum
// mismatch or a zero block inside it), although nobody was told of that group, and drops an incomplete one silently.
// This finds the end of the last whole record, and cuts what follows if nothing whole follows it. Format: RocksDB 7.8
// db/log_format.h (blocks of 32 KiB; masked CRC-32C, length, type; a logical record is one WriteBatch).
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till {

struct TornTail {
  std::string wal_file;           // empty where there is none
  std::uint64_t whole_bytes = 0;  // up to the end of the last whole record
  std::uint64_t torn_bytes = 0;   // after them
};

// Looks at the newest write-ahead log in `database_directory`, changes nothing. kCorrupt: a whole record follows the
// bad one, so this is damage and not a torn tail.
Result<TornTail> find_torn_tail(const std::string& database_directory);

// Cuts the torn bytes, durably; they are kept in a file in `keep_directory`, whose name is returned.
Result<std::string> cut_torn_tail(const TornTail& tail, const std::string& keep_directory);

}  // namespace till
