#include "tests/unsynced_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/result.h"

namespace till::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPageBytes = 4096;

// A process that removed files without telling is no trouble here: they are gone either way.
void move_if_there(const std::string& from, const std::string& to) {
  std::error_code ignored;
  fs::rename(from, to, ignored);
}

void remove_if_there(const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

std::string directory_of(const std::string& path) {
  return fs::path(path).lexically_normal().parent_path().string();
}

void write_zeros(int file, std::uint64_t begin, std::uint64_t end) {
  const std::string zeros(end - begin, '\0');
  TILL_ASSERT(::pwrite(file, zeros.data(), zeros.size(), static_cast<off_t>(begin)) ==
              static_cast<ssize_t>(zeros.size()));
}

// Zeros every other page or so from `durable` on; returns the end of the last one that survives.
std::uint64_t tear_pages(int file, std::uint64_t durable, std::uint64_t length, simulation::Dice& dice) {
  std::uint64_t survived = durable;
  for (std::uint64_t page = durable / kPageBytes * kPageBytes; page < length; page += kPageBytes) {
    const std::uint64_t begin = std::max(page, durable), end = std::min(page + kPageBytes, length);
    if (dice.once_in(2)) {
      survived = end;
    } else {
      write_zeros(file, begin, end);
    }
  }
  return survived;
}

std::uint64_t surviving_bytes(int file, const UnsyncedState::File& state, Loss loss, simulation::Dice& dice) {
  const std::uint64_t unsynced = state.length - state.durable;
  if (loss == Loss::kAll) return state.durable;
  switch (dice.below(4)) {
    case 0:
      return state.durable;
    case 1:
      return state.length;
    case 2:
      return state.durable + dice.below(unsynced + 1);
    default:
      return tear_pages(file, state.durable, state.length, dice);
  }
}

void lose_bytes(const std::string& path, const UnsyncedState::File& state, Loss loss, simulation::Dice& dice) {
  if (state.length <= state.durable) return;
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  const std::uint64_t survived = surviving_bytes(file, state, loss, dice);
  TILL_ASSERT(::ftruncate(file, static_cast<off_t>(survived)) == 0);
  ::close(file);
}

}  // namespace

UnsyncedState::UnsyncedState(std::string attic) : attic_(std::move(attic)) {
  fs::create_directories(attic_);
}

UnsyncedState::~UnsyncedState() {
  std::error_code ignored;
  fs::remove_all(attic_, ignored);
}

void UnsyncedState::note(Change change) {
  changes_[directory_of(change.path)].push_back(std::move(change));
}

// Takes the file at `path`, if there is one, out of sight.
UnsyncedState::Change UnsyncedState::set_aside(const std::string& path) {
  Change change;
  change.path = path;
  if (fs::exists(path)) {
    change.kept = attic_ + "/" + std::to_string(++kept_count_);
    fs::rename(path, change.kept);
    if (const auto found = files_.find(path); found != files_.end()) change.kept_file = found->second;
  }
  files_.erase(path);
  return change;
}

UnsyncedState::FilePtr UnsyncedState::create(const std::string& path) {
  Change change = set_aside(path);
  change.made = true;
  note(std::move(change));
  return files_[path] = std::make_shared<File>();
}

UnsyncedState::FilePtr UnsyncedState::reopen(const std::string& path) {
  if (!fs::exists(path)) return create(path);
  FilePtr& file = files_[path];
  if (file == nullptr) {
    const std::uint64_t length = fs::file_size(path);
    file = std::make_shared<File>(File{length, length, false});
  }
  return file;
}

void UnsyncedState::remove(const std::string& path) {
  note(set_aside(path));
}

void UnsyncedState::rename(const std::string& from, const std::string& to) {
  Change change = set_aside(to);
  change.made = true;
  change.moved_from = from;
  fs::rename(from, to);
  if (auto moved = files_.extract(from); !moved.empty()) {
    moved.key() = to;
    files_.insert(std::move(moved));
  }
  note(std::move(change));
}

void UnsyncedState::sync_directory(const std::string& directory) {
  std::vector<Change>& changes = changes_[directory_of(directory + "/")];
  for (const Change& change : changes) {
    if (!change.kept.empty()) remove_if_there(change.kept);
  }
  changes.clear();
}

void UnsyncedState::undo(const Change& change) {
  if (change.made && change.moved_from.empty()) {
    remove_if_there(change.path);
    files_.erase(change.path);
  } else if (change.made) {
    move_if_there(change.path, change.moved_from);
    if (auto moved = files_.extract(change.path); !moved.empty()) {
      moved.key() = change.moved_from;
      files_.insert(std::move(moved));
    }
  }
  if (change.kept.empty()) return;
  move_if_there(change.kept, change.path);
  if (change.kept_file != nullptr) files_[change.path] = change.kept_file;
}

void UnsyncedState::lose(Loss loss, simulation::Dice& dice) {
  for (auto& [directory, changes] : changes_) {
    const std::size_t survive = loss == Loss::kAll ? 0 : dice.below(changes.size() + 1);
    for (; changes.size() > survive; changes.pop_back()) undo(changes.back());
    for (const Change& change : changes) {
      if (!change.kept.empty()) remove_if_there(change.kept);
    }
  }
  changes_.clear();
  for (const auto& [path, file] : files_) lose_bytes(path, *file, loss, dice);
  files_.clear();
}

}  // namespace till::testing
