// Files that must survive a power cut: replaced atomically or appended to, synced with their directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace till {

// Writes `content` to a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory. `mode`
// are the permission bits of the new file. On an error the former file is untouched.
Status replace_file(const std::string& path, std::string_view content, unsigned mode = 0644);

// Appends `content` to a file and syncs it; makes the file, durably, where there is none. On an error a part of it may
// stand there.
Status append_file(const std::string& path, std::string_view content, unsigned mode = 0644);

// Cuts a file to its first `bytes`, durably.
Status shorten_file(const std::string& path, std::uint64_t bytes);

// Whole content; kNotFound where there is no such file, kInvalid beyond `most_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t most_bytes = 1u << 20);

// Syncs a directory, so that creations and renames in it are durable.
Status sync_directory(const std::string& path);

// Holds an exclusive lock on `directory`/LOCK as long as it lives, so that one process owns the stores below it.
class DirectoryLock {
 public:
  // kUnavailable where another process holds it.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace till
