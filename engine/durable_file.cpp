#include "engine/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace till {
namespace {

Error system_error(const std::string& what) {
  return Error{errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kUnavailable, what + ": " + std::strerror(errno)};
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Status write_all(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("cannot write " + path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status sync_parent(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return sync_directory(parent.empty() ? "." : parent);
}

}  // namespace

Status sync_directory(const std::string& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return system_error("cannot open directory " + path);
  if (::fsync(directory.get()) != 0) return system_error("cannot sync directory " + path);
  return {};
}

Status replace_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = path + ".new";
  {
    const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (file.get() < 0) return system_error("cannot create " + temporary);
    if (Status written = write_all(file.get(), content, temporary); !written.ok()) return written;
    if (::fdatasync(file.get()) != 0) return system_error("cannot sync " + temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("cannot rename " + temporary);
  return sync_parent(path);
}

Status append_file(const std::string& path, std::string_view content, unsigned mode) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (file.get() < 0) return system_error("cannot open " + path);
  if (Status written = write_all(file.get(), content, path); !written.ok()) return written;
  if (::fdatasync(file.get()) != 0) return system_error("cannot sync " + path);
  return sync_parent(path);
}

Status shorten_file(const std::string& path, std::uint64_t bytes) {
  const File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("cannot open " + path);
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return system_error("cannot cut " + path);
  if (::fdatasync(file.get()) != 0) return system_error("cannot sync " + path);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("cannot open " + path);
  std::string content;
  char buffer[8192];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > most_bytes) return Error{ErrorKind::kInvalid, path + " is larger than expected"};
  }
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/LOCK";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return system_error("cannot open " + path);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const Error error = held ? Error{ErrorKind::kUnavailable, directory + " is in use by another process"}
                             : system_error("cannot lock " + path);
    ::close(file);
    return error;
  }
  return DirectoryLock(file);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace till
