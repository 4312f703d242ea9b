// What the export changes on disk, one call a step that a crash may cut off from the next one: the seam at which a test
// is a disk that dies. What is read goes past it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace till {

// Each call is durable when it returns. Every error is kUnavailable: how much of the step was done is not known then,
// and trying again may help. One thread.
class ExportDisk {
 public:
  virtual ~ExportDisk() = default;
  // With those above it that are missing.
  virtual Status make_folder(const std::string& path);
  // Atomically; the file is whole or is what it was before.
  virtual Status replace(const std::string& path, std::string_view content);
  // Within one file system. Nothing to do where `from` is gone: it was moved before.
  virtual Status move(const std::string& from, const std::string& to);
  // Makes the file where there is none. A part of `content` may stand there after an error.
  virtual Status append(const std::string& path, std::string_view content);
  // To the first `bytes`.
  virtual Status cut(const std::string& path, std::uint64_t bytes);
  // Nothing to do where there is no such file.
  virtual Status remove(const std::string& path);
};

}  // namespace till
