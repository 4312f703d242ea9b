// Dashboards that were asked for stay in memory and follow the batches, so that asking again costs no scan. One without
// sales is not kept: it costs next to nothing to read, and anybody can name any number of stores and days.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/vocabulary.h"
#include "projections/read_cache/board.h"
#include "projections/read_cache/change_set.h"

namespace till::read_cache {

// Thread safe.
class BoardCache {
 public:
  // `counters_most` bounds the memory: about 130 bytes each.
  explicit BoardCache(std::size_t counters_most) : counters_most_(counters_most) {}

  // The dashboard of a board that is here, with the point it reflects.
  struct Found {
    Result<schema::Dashboard> dashboard;
    LogPoint at;
  };
  std::optional<Found> find(const std::string& key, std::string_view store, std::int32_t business_date);

  // Announces that the caller is about to read the board from a snapshot taken after this call; the ticket goes to
  // finish_load(). 0 where another is at it.
  std::uint64_t begin_load(const std::string& key);
  // What the caller read, or nothing where it failed; batches that came in since are added.
  void finish_load(const std::string& key, std::uint64_t ticket, std::optional<Board> board, const LogPoint& at);

  // The rows of these changes are written; they end at `at`.
  void apply(const ChangeSet::Boards& changes, const LogPoint& at);
  void clear();

 private:
  struct Slot {
    std::uint64_t ticket = 0;
    bool loaded = false;
    Board board;
    LogPoint at;  // of the snapshot that the board was read from
    std::uint64_t used = 0;
    std::size_t size = 0;                             // counters, those that the slot itself is worth included
    std::vector<std::pair<Position, Board>> arrived;  // while loading
  };

  void set_size(Slot& slot);
  void make_room();

  const std::size_t counters_most_;
  std::mutex mutex_;
  LogPoint at_;
  std::uint64_t clock_ = 0;
  std::size_t counters_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Slot>> slots_;
};

}  // namespace till::read_cache
