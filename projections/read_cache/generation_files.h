// The directory of the read cache: one folder a generation, and a small file that says which one serves.
//
//   DIR/CURRENT   one line: "g7" or "g7 g6", the serving generation and the former one kept for rollback
//   DIR/g7/       a generation; folders that CURRENT does not name are what a crashed rebuild left
//   DIR/shadow/   one tenant's rows while they are rebuilt
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till::read_cache {

// Not thread safe; the caller holds the lock under which generations change.
class GenerationFiles {
 public:
  explicit GenerationFiles(std::string directory) : directory_(std::move(directory)) {}

  // Creates the directory, reads CURRENT and removes orphans. A CURRENT that does not read counts as none.
  Status open();
  // 0: none.
  std::uint64_t serving() const { return serving_; }
  std::uint64_t former() const { return former_; }
  // A number that no folder has; another one with every call.
  std::uint64_t next();
  std::string path(std::uint64_t number) const;
  std::string shadow_path() const;
  // Durable when it returns. Folders are not touched.
  Status set(std::uint64_t serving, std::uint64_t former);
  // Removes what CURRENT does not name; nothing of it may be open. One that cannot be removed stays, is logged, and its
  // number is not given again. kUnavailable where the directory cannot be read.
  Status remove_orphans();

 private:
  void read_current();

  const std::string directory_;
  std::uint64_t serving_ = 0;
  std::uint64_t former_ = 0;
  std::uint64_t highest_ = 0;
};

}  // namespace till::read_cache
