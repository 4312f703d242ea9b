// Repair of a torn last group. RocksDB refuses a write-ahead log whose last record was torn by a power cut (checksum
// mismatch or a zero block inside it), although nobody was told of that group. This finds the end of the last whole
// record and cuts what follows, if nothing whole follows it. Format: RocksDB 7.8 db/log_format.h (blocks of 32 KiB;
// masked CRC-32C, length, type; a logical record is one WriteBatch).
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till {

struct CutTail {
  std::string wal_file;
  std::string cut_file;           // copy of the bytes that were cut; empty where nothing was cut
  std::uint64_t whole_bytes = 0;  // length of the file afterwards
  std::uint64_t cut_bytes = 0;
};

// Looks at the newest write-ahead log in `database_directory`; cut bytes are kept beside it in `keep_directory`.
// kCorrupt: a whole record follows the bad one, so this is damage and not a torn tail; nothing was changed.
Result<CutTail> cut_torn_tail(const std::string& database_directory, const std::string& keep_directory);

}  // namespace till
