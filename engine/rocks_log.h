// The log on RocksDB: its own directory, one key per record (position, 8 bytes big-endian), one synced write per group.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/log.h"

namespace rocksdb {
class Env;
}

namespace till {

struct RocksLogOptions {
  std::string directory;        // holds the database in `directory`/db and the watermark in `directory`/watermark
  rocksdb::Env* env = nullptr;  // null: the machine's own; not owned
  bool sync = true;             // only the tests of the tests switch it off
  std::size_t write_buffer_bytes = 32u << 20;
};

// What opening found out of the ordinary.
struct OpenReport {
  bool tail_cut = false;
  std::string cut_file;  // where the bytes that were cut are kept
  std::uint64_t cut_bytes = 0;
  std::uint64_t scanned = 0;  // records whose chain was checked
};

// A new log of epoch 1 in an empty or missing directory; its first record says who may read it. kInvalid where a log
// stands.
Status create_rocks_log(const RocksLogOptions& options);

// Opens, cuts a torn last group that nobody was told of, checks the tail from the watermark on, makes what was read
// durable. kNotFound: no log here. kHistoryMismatch: shorter than, or different from, what was durable. kCorrupt: a bad
// record with good ones after it.
Result<std::unique_ptr<Log>> open_rocks_log(const RocksLogOptions& options, OpenReport& report);

// What an operator accepted.
struct AcceptedLoss {
  Position kept;              // the last record that stays
  std::uint64_t dropped = 0;  // sound records after it
  LogPoint head;              // the record that opens the new epoch
  std::string saved_folder;   // holds what stood here before: the database as `db`, and files that could not be read
};

// Cuts everything after `keep`, by default after the last sound record, and opens a new epoch with a record that says
// why. Reads logs that open_rocks_log() refuses as damaged. What stood there is kept in a folder beside it. kInvalid
// where the log is sound to a lower position only, or holds what a newer release wrote; kUnavailable where the disk
// does not answer: nothing is cut then. The log must not be open.
Result<AcceptedLoss> accept_loss(const RocksLogOptions& options, std::optional<Position> keep,
                                 const std::string& reason);

}  // namespace till
