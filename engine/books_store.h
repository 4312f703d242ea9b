// Where the books keep what is not in memory: images of entities at an exact cut of the log. Derived, disposable,
// refolded from the log when its fold version differs. The same contract suite runs on every implementation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// Key of an entity in every store: tenant, NUL, kind (2 bytes big-endian), id.
std::string books_key(std::string_view tenant, EntityKind kind, std::string_view id);
// The same into a string that the caller keeps and reuses.
void set_books_key(std::string& key, std::string_view tenant, EntityKind kind, std::string_view id);
struct BooksKeyParts {
  std::string_view tenant;
  EntityKind kind;
  std::string_view id;
};
BooksKeyParts split_books_key(std::string_view key);

// Images of every entity that changed since the former batch, all as of `cut`.
struct BooksBatch {
  std::vector<std::pair<std::string, std::string>> images;  // key, serialized till.schema.Image
  LogPoint cut;
  Micros recorded_at;  // of the record at the cut
};

class BooksStore {
 public:
  virtual ~BooksStore() = default;
  // The cut that the stored images reflect, all of them; position 0 for an empty store.
  virtual Result<LogPoint> cut() const = 0;
  virtual Result<std::uint32_t> fold_version() const = 0;
  // Removes everything and notes the fold version.
  virtual Status reset(std::uint32_t fold_version) = 0;
  // Appends to `images`, which may hold those of the first keys already: the image of each key that follows, nullopt
  // where there is none. Thread safe.
  virtual Status load(std::span<const std::string> keys, std::vector<std::optional<std::string>>& images) const = 0;
  // As load(), but never waits for the disk: false, with what comes before it, at the first image that may be there and
  // that memory does not hold.
  virtual Result<bool> load_from_memory(std::span<const std::string> keys,
                                        std::vector<std::optional<std::string>>& images) const = 0;
  // True once damage was met: the store has to be reset and refolded, now or at the next start.
  virtual bool damaged() const { return false; }
  // What load() gave turned out not to be an image. Thread safe.
  virtual void note_damage() const {}
  // Atomic with its cut; visible to load() on return, durable some time later, always as an exact cut. One thread.
  virtual Status write(const BooksBatch& batch) = 0;
  // Begins to make durable what was written; `wait`: returns when it is.
  virtual Status make_durable(bool wait) = 0;
  // Every image of a kind, over all tenants, in key order.
  virtual Status scan(EntityKind kind,
                      const std::function<void(std::string_view key, std::string_view image)>& visit) const = 0;
  // Every image, in key order, for digests and comparisons.
  virtual Status dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const = 0;
};

}  // namespace till
