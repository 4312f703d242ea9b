#include "projections/read_cache/board_cache.h"

#include <algorithm>

namespace till::read_cache {
namespace {

// Batches kept for a board that is being read; a slower load is not kept.
constexpr std::size_t kArrivedMost = 1000;
// What a slot and its key cost besides the counters, in counters.
constexpr std::size_t kSlotCounters = 4;

}  // namespace

std::optional<BoardCache::Found> BoardCache::find(const std::string& key, std::string_view store,
                                                  std::int32_t business_date) {
  const std::lock_guard lock(mutex_);
  const auto place = slots_.find(key);
  if (place == slots_.end() || !place->second->loaded) return std::nullopt;
  Slot& slot = *place->second;
  slot.used = ++clock_;
  return Found{make_dashboard(slot.board, store, business_date), slot.at.position > at_.position ? slot.at : at_};
}

std::uint64_t BoardCache::begin_load(const std::string& key) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Slot>& slot = slots_[key];
  if (slot != nullptr) return 0;
  slot = std::make_unique<Slot>();
  slot->ticket = ++clock_;
  return slot->ticket;
}

void BoardCache::finish_load(const std::string& key, std::uint64_t ticket, std::optional<Board> board,
                             const LogPoint& at) {
  const std::lock_guard lock(mutex_);
  const auto place = slots_.find(key);
  if (place == slots_.end() || place->second->ticket != ticket) return;  // cleared meanwhile
  Slot& slot = *place->second;
  if (!board.has_value() || board->size() > counters_most_) {
    slots_.erase(place);
    return;
  }
  slot.board = std::move(*board);
  slot.at = at;
  for (const auto& [position, change] : slot.arrived) {
    if (position > at.position) slot.board.add(change);
  }
  if (slot.board.size() == 0) {
    slots_.erase(place);
    return;
  }
  slot.arrived = {};
  slot.loaded = true;
  slot.used = ++clock_;
  set_size(slot);
  make_room();
}

void BoardCache::set_size(Slot& slot) {
  counters_ -= slot.size;
  slot.size = slot.board.size() + kSlotCounters;
  counters_ += slot.size;
}

void BoardCache::apply(const ChangeSet::Boards& changes, const LogPoint& at) {
  const std::lock_guard lock(mutex_);
  at_ = at;
  if (slots_.empty()) return;
  for (const auto& [key, change] : changes) {
    const auto place = slots_.find(key);
    if (place == slots_.end()) continue;
    Slot& slot = *place->second;
    if (!slot.loaded && slot.arrived.size() == kArrivedMost) {
      slots_.erase(place);
    } else if (!slot.loaded) {
      slot.arrived.emplace_back(at.position, change);
    } else if (at.position > slot.at.position) {
      slot.board.add(change);
      set_size(slot);
    }
  }
  make_room();
}

void BoardCache::make_room() {
  while (counters_ > counters_most_) {
    auto oldest = slots_.end();
    for (auto place = slots_.begin(); place != slots_.end(); ++place) {
      if (place->second->loaded && (oldest == slots_.end() || place->second->used < oldest->second->used)) {
        oldest = place;
      }
    }
    if (oldest == slots_.end()) return;
    counters_ -= oldest->second->size;
    slots_.erase(oldest);
  }
}

void BoardCache::clear() {
  const std::lock_guard lock(mutex_);
  slots_.clear();
  counters_ = 0;
}

}  // namespace till::read_cache
