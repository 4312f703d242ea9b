// A file system under RocksDB that loses, tears and fails as real disks may. Databases on it lie in real directories,
// so that programs which read them without RocksDB see what a page cache would show them, and after a power cut what
// survived it.
//
//   auto disk = std::make_shared<FaultyFileSystem>(directory + "/attic", seed);
//   std::unique_ptr<rocksdb::Env> env = env_on(disk);
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tests/simulation/dice.h"
#include "tests/unsynced_state.h"

namespace till::testing {

inline constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();

// Thread safe. A change is whatever a power cut may take: a write, a sync, a creation, a removal, a change of name.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  // `attic`: a directory for its own use, on the file system of the databases.
  FaultyFileSystem(std::string attic, std::uint64_t seed);

  // Syncs of files and directories fail, from the `nth` on, counted from 1 for the next one, `times` times. What a file
  // held when its sync failed is never made durable by a later one.
  void fail_syncs(std::uint64_t nth, std::uint64_t times);
  // No more than this is written from now on; a write that does not fit is written in part. nullopt: space is back.
  void limit_space(std::optional<std::uint64_t> bytes);
  // A sync does nothing, and says that it did.
  void lie(bool lies);

  // The power goes instead of the `nth` change, counted from 1 for the next one; `at_cut` is called then, on the thread
  // that makes it. Without power every change fails.
  void cut_power_at(std::uint64_t nth, std::function<void()> at_cut);
  bool powered() const;
  // Leaves of the databases what survived, and works again. They must be closed.
  void restore_power(Loss loss);

  std::uint64_t failed_syncs() const;

  // For the files and directories that it opens.
  rocksdb::IOStatus append(UnsyncedState::File& file, rocksdb::FSWritableFile& target, const rocksdb::Slice& bytes);
  rocksdb::IOStatus sync(UnsyncedState::File& file);
  rocksdb::IOStatus sync_directory(const std::string& directory);

  const char* Name() const override { return "FaultyFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* free,
                                 rocksdb::IODebugContext* debug) override;

 private:
  rocksdb::IOStatus begin_change();
  rocksdb::IOStatus begin_sync();
  void switch_off();

  mutable std::mutex mutex_;
  simulation::Dice dice_;
  UnsyncedState state_;
  bool powered_ = true;
  bool lies_ = false;
  std::uint64_t changes_left_ = kForEver;  // until the power goes
  std::function<void()> at_cut_;
  std::uint64_t syncs_until_failure_ = kForEver;
  std::uint64_t failures_left_ = 0;
  std::uint64_t failed_syncs_ = 0;
  std::optional<std::uint64_t> space_left_;
};

// RocksDB's surroundings on that disk. Where RocksDB would sleep for long after a trouble, it goes on soon.
std::unique_ptr<rocksdb::Env> env_on(const std::shared_ptr<FaultyFileSystem>& disk);

}  // namespace till::testing
