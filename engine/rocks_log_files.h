// How the log lies in RocksDB: names, keys, options. For those who open it to serve and those who open it to repair.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "engine/log.h"
#include "engine/rocks_log.h"

namespace till {

std::string log_database_of(const RocksLogOptions& options);
std::string log_watermark_of(const RocksLogOptions& options);

// Position, 8 bytes big-endian.
std::string log_key(Position position);
Position log_position(const rocksdb::Slice& key);

// Of a new database (`create`), or of one that stands.
rocksdb::Options log_database_options(const RocksLogOptions& options, bool create);

Error log_error(const rocksdb::Status& status, ErrorKind kind);
// Of a read: only damage is for good.
Error log_read_error(const rocksdb::Status& status);

// Records from `from` to `last`, checksums verified.
std::unique_ptr<Log::Cursor> log_cursor(rocksdb::DB& database, Position from, Position last);

// The point that the last key claims; kHistoryMismatch where there is none.
Result<LogPoint> log_last_claimed(rocksdb::DB& database);

Micros log_wall_clock();

}  // namespace till
