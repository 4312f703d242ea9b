// What a power cut would take: the bytes of files that no sync has covered, and the names that no sync of their
// directory has. Everything is on the real file system at once, as a page cache shows it to every process; lose() turns
// the real file system back to what survived.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/dice.h"

namespace till::testing {

// How a power cut treats what was not synced.
enum class Loss : std::uint8_t {
  kAll,   // nothing of it survives
  kTorn,  // any pages survive, in any order, and the others read as zeros; of a directory's changes the first ones
};

// Files that grow at their end, directories whose files stay in them. Not thread safe.
class UnsyncedState {
 public:
  struct File {
    std::uint64_t length = 0;
    std::uint64_t durable = 0;  // bytes at the front that a power cut leaves
    bool writes_lost = false;   // a sync has failed: what is not durable now never will be
  };
  using FilePtr = std::shared_ptr<File>;

  // Files that were removed and may come back are kept in the directory `attic`, on the same file system.
  explicit UnsyncedState(std::string attic);
  ~UnsyncedState();
  UnsyncedState(const UnsyncedState&) = delete;
  UnsyncedState& operator=(const UnsyncedState&) = delete;

  // A new file is about to be made at `path`; what stands there goes out of the way.
  FilePtr create(const std::string& path);
  // The file at `path` is about to grow.
  FilePtr reopen(const std::string& path);
  void remove(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void sync_directory(const std::string& directory);

  // The power goes: what was not synced is lost, and all that is left is durable. No file may be open.
  void lose(Loss loss, simulation::Dice& dice);

 private:
  // A change of one directory, to be undone.
  struct Change {
    std::string path;
    bool made = false;       // a file came to be at `path` …
    std::string moved_from;  // … from this name, empty where it is new
    std::string kept;        // where the file is that stood at `path` before, empty where none did
    FilePtr kept_file;       // its state, null where it is durable
  };
  Change set_aside(const std::string& path);
  void note(Change change);
  void undo(const Change& change);

  const std::string attic_;
  std::uint64_t kept_count_ = 0;
  std::map<std::string, FilePtr> files_;                // by path; others are durable
  std::map<std::string, std::vector<Change>> changes_;  // by directory, oldest first
};

}  // namespace till::testing
