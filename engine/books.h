// The books in memory: the current state of the entities in use, under a budget. Owned by the sequencer thread; only
// the residency hints may be read by others.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/books_store.h"
#include "engine/domain.h"
#include "engine/vocabulary.h"

namespace till {

// Says, without a lock, whether an entity is probably in memory. False positives cost a detour through the loader,
// false negatives cost a needless read; neither can make an answer wrong.
class ResidencyHints {
 public:
  ResidencyHints();
  bool probably_resident(std::string_view key) const;
  void add(std::string_view key);
  void remove(std::string_view key);

 private:
  std::atomic<std::uint8_t>& slot(std::string_view key) const;
  const std::unique_ptr<std::atomic<std::uint8_t>[]> slots_;
};

class Books {
 public:
  struct Entry {
    EntityKind kind;
    std::string key;
    std::unique_ptr<google::protobuf::Message> state;  // null: known not to exist
    StreamVersion version;
    Position position;               // of the last record that changed it
    std::uint64_t flush_number = 0;  // of the last batch that holds it
    std::size_t image_bytes = 0;     // of its image, at most; exact while it is not dirty
    std::size_t bytes = 0;           // estimate, part of the budget
    bool dirty = false;
    bool touched = false;         // since the sweep passed last
    std::uint64_t born_turn = 0;  // in which it was made; 0: it was read from the store
  };

  Books(const Domain& domain, std::size_t budget_bytes);

  // Each turn of the caller. What is made within a turn does not count as used by it: a command's key or a sale is
  // hardly met again, and must not push out the stock that is.
  void begin_turn() { ++turn_; }

  // Null where it is not known whether the entity exists.
  Entry* find(std::string_view key);
  // Takes an image read from the store; nullopt: the entity does not exist there. Nothing happens where the entity is
  // in memory already, which is always at least as new. kCorrupt where the image does not parse.
  Status install(const std::string& key, const std::optional<std::string>& image);
  // The state to change, made where the entity did not exist; marks it dirty.
  google::protobuf::Message& change(Entry& entry, Position position);

  // Moves the image of every dirty entity into `batch`, numbered `flush_number`.
  void collect(std::uint64_t flush_number, BooksBatch& batch);
  std::size_t dirty_count() const { return dirty_.size(); }

  // Forgets everything: the store has lost it, and the log is folded anew.
  void clear();

  // Lets go of cold clean entities whose last batch is at most `flushed`, until the budget is met or the sweep has
  // looked at `most` of them.
  void evict(std::uint64_t flushed, std::size_t most);

  // Number of the newest batch that held an entity which has left memory. An image read when that batch was in the
  // store already is not older than what left, so it may be installed; another one may be.
  std::uint64_t newest_evicted_batch() const { return newest_evicted_batch_; }
  // Entities taken in since the last call: the sweep has to look at as many, and again, to let as many go.
  std::size_t take_installed() { return std::exchange(installed_, 0); }
  bool over_budget() const { return bytes_ > budget_bytes_; }

  const ResidencyHints& hints() const { return hints_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  std::unique_ptr<google::protobuf::Message> new_state(EntityKind kind) const;
  void account(Entry& entry, std::size_t image_bytes);
  void touch(Entry& entry) const {
    if (entry.born_turn != turn_) entry.touched = true;
  }

  const Domain& domain_;
  const std::size_t budget_bytes_;
  absl::flat_hash_map<std::string_view, Entry*> index_;
  std::vector<std::unique_ptr<Entry>> entries_;  // in sweep order
  std::vector<Entry*> dirty_;
  std::size_t hand_ = 0;
  std::uint64_t turn_ = 1;
  std::uint64_t newest_evicted_batch_ = 0;
  std::size_t installed_ = 0;
  std::size_t bytes_ = 0;
  ResidencyHints hints_;
};

}  // namespace till
