#include "tests/faulty_file_system.h"

#include <rocksdb/system_clock.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

namespace till::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// The free text that RocksDB writes about itself: nobody reads it back.
bool is_info_log(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name == "LOG" || name.starts_with("LOG.old");
}

constexpr int kSleepMostUs = 1000;
constexpr std::chrono::microseconds kSyncDuration{150};

class HastyClock : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  void SleepForMicroseconds(int micros) override { target_->SleepForMicroseconds(std::min(micros, kSleepMostUs)); }
  const char* Name() const override { return "HastyClock"; }
};

class HastyEnv : public rocksdb::EnvWrapper {
 public:
  explicit HastyEnv(const std::shared_ptr<FaultyFileSystem>& disk) : EnvWrapper(rocksdb::NewCompositeEnv(disk)) {
    file_system_ = disk;
    system_clock_ = std::make_shared<HastyClock>(rocksdb::SystemClock::Default());
  }
  const char* Name() const override { return "HastyEnv"; }
};

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<FSWritableFile> target, UnsyncedState::FilePtr state, FaultyFileSystem& disk)
      : FSWritableFileOwnerWrapper(std::move(target)), state_(std::move(state)), disk_(disk) {}

  IOStatus Append(const Slice& bytes, const IOOptions&, IODebugContext*) override {
    return disk_.append(*state_, *target(), bytes);
  }
  IOStatus Append(const Slice& bytes, const IOOptions&, const rocksdb::DataVerificationInfo&,
                  IODebugContext*) override {
    return disk_.append(*state_, *target(), bytes);
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("files grow at their end");
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("files grow at their end");
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return disk_.sync(*state_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return disk_.sync(*state_); }
  // A request to begin writing promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  const UnsyncedState::FilePtr state_;
  FaultyFileSystem& disk_;
};

class FaultyDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<FSDirectory> target, std::string path, FaultyFileSystem& disk)
      : FSDirectoryWrapper(std::move(target)), path_(std::move(path)), disk_(disk) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return disk_.sync_directory(path_); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const rocksdb::DirFsyncOptions&) override {
    return disk_.sync_directory(path_);
  }

 private:
  const std::string path_;
  FaultyFileSystem& disk_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(std::string attic, std::uint64_t seed)
    : FileSystemWrapper(FileSystem::Default()), dice_(seed), state_(std::move(attic)) {}

void FaultyFileSystem::fail_syncs(std::uint64_t nth, std::uint64_t times) {
  const std::lock_guard lock(mutex_);
  syncs_until_failure_ = nth;
  failures_left_ = times;
}

void FaultyFileSystem::limit_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  space_left_ = bytes;
}

void FaultyFileSystem::lie(bool lies) {
  const std::lock_guard lock(mutex_);
  lies_ = lies;
}

void FaultyFileSystem::cut_power_at(std::uint64_t nth, std::function<void()> at_cut) {
  const std::lock_guard lock(mutex_);
  changes_left_ = nth;
  at_cut_ = std::move(at_cut);
}

bool FaultyFileSystem::powered() const {
  const std::lock_guard lock(mutex_);
  return powered_;
}

void FaultyFileSystem::restore_power(Loss loss) {
  const std::lock_guard lock(mutex_);
  state_.lose(loss, dice_);
  powered_ = true;
  changes_left_ = kForEver;
  at_cut_ = nullptr;
}

std::uint64_t FaultyFileSystem::failed_syncs() const {
  const std::lock_guard lock(mutex_);
  return failed_syncs_;
}

void FaultyFileSystem::switch_off() {
  powered_ = false;
  if (at_cut_) at_cut_();
}

IOStatus FaultyFileSystem::begin_change() {
  if (powered_ && changes_left_ != kForEver && --changes_left_ == 0) switch_off();
  return powered_ ? IOStatus::OK() : IOStatus::IOError("the power is off");
}

IOStatus FaultyFileSystem::begin_sync() {
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  if (failures_left_ == 0) return IOStatus::OK();
  if (syncs_until_failure_ > 1) {
    --syncs_until_failure_;
    return IOStatus::OK();
  }
  if (failures_left_ != kForEver) --failures_left_;
  ++failed_syncs_;
  return IOStatus::IOError("the sync failed");
}

IOStatus FaultyFileSystem::append(UnsyncedState::File& file, FSWritableFile& target, const Slice& bytes) {
  const std::lock_guard lock(mutex_);
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  const bool fits = !space_left_ || bytes.size() <= *space_left_;
  const Slice written(bytes.data(), fits ? bytes.size() : static_cast<std::size_t>(*space_left_));
  if (space_left_) *space_left_ -= written.size();
  IOStatus appended = target.Append(written, IOOptions(), nullptr);
  if (appended.ok()) file.length += written.size();
  return fits ? appended : IOStatus::NoSpace("no space is left on the disk");
}

// Durable is what was there when the sync began, once it has ended.
IOStatus FaultyFileSystem::sync(UnsyncedState::File& file) {
  std::unique_lock lock(mutex_);
  if (IOStatus begun = begin_sync(); !begun.ok()) {
    if (powered_) file.writes_lost = true;
    return begun;
  }
  const std::uint64_t length = file.length;
  lock.unlock();
  std::this_thread::sleep_for(kSyncDuration);
  lock.lock();
  if (!powered_) return IOStatus::IOError("the power is off");
  if (!lies_ && !file.writes_lost) file.durable = std::max(file.durable, length);
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::sync_directory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (IOStatus begun = begin_sync(); !begun.ok()) return begun;
  if (!lies_) state_.sync_directory(directory);
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& path, const FileOptions& options,
                                           std::unique_ptr<FSWritableFile>* result, IODebugContext* debug) {
  if (is_info_log(path)) return target()->NewWritableFile(path, options, result, debug);
  const std::lock_guard lock(mutex_);
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  UnsyncedState::FilePtr state = state_.create(path);
  std::unique_ptr<FSWritableFile> file;
  IOStatus made = target()->NewWritableFile(path, options, &file, debug);
  if (made.ok()) *result = std::make_unique<FaultyFile>(std::move(file), std::move(state), *this);
  return made;
}

IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                              std::unique_ptr<FSWritableFile>* result, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  UnsyncedState::FilePtr state = state_.reopen(path);
  std::unique_ptr<FSWritableFile> file;
  IOStatus opened = target()->ReopenWritableFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<FaultyFile>(std::move(file), std::move(state), *this);
  return opened;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                        std::unique_ptr<FSDirectory>* result, IODebugContext* debug) {
  std::unique_ptr<FSDirectory> directory;
  IOStatus opened = target()->NewDirectory(path, options, &directory, debug);
  if (opened.ok()) *result = std::make_unique<FaultyDirectory>(std::move(directory), path, *this);
  return opened;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  if (is_info_log(path)) return target()->DeleteFile(path, options, debug);
  const std::lock_guard lock(mutex_);
  if (IOStatus there = target()->FileExists(path, options, debug); !there.ok()) return there;
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  state_.remove(path);
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                      IODebugContext* debug) {
  if (is_info_log(from)) return target()->RenameFile(from, to, options, debug);
  const std::lock_guard lock(mutex_);
  if (IOStatus there = target()->FileExists(from, options, debug); !there.ok()) return there;
  if (IOStatus begun = begin_change(); !begun.ok()) return begun;
  state_.rename(from, to);
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* free,
                                        IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (!space_left_) return target()->GetFreeSpace(path, options, free, debug);
  *free = *space_left_;
  return IOStatus::OK();
}

std::unique_ptr<rocksdb::Env> env_on(const std::shared_ptr<FaultyFileSystem>& disk) {
  return std::make_unique<HastyEnv>(disk);
}

}  // namespace till::testing
