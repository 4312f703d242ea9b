// How far an effect has come.
#include <rocksdb/db.h>

#include <utility>

#include "engine/effect_book.h"
#include "engine/effect_ledger.h"
#include "engine/effect_rows.h"

namespace till {

using schema::EffectProgress;

// Writes the progress, and forgets the single events that its ranges say as well.
Status EffectLedger::replace_progress(std::string_view effect, EffectBook& book, EffectProgress progress,
                                      rocksdb::WriteBatch& rows, std::unique_lock<std::mutex>& lock) {
  book.progress = std::move(progress);
  rows.Put(effect_row_prefix(EffectRow::kProgress, effect), book.progress.SerializeAsString());
  std::vector<EventRef> said;
  for (const EventRef& event : book.finished) {
    if (in_ranges(book.progress, event.position)) said.push_back(event);
  }
  for (const EventRef& event : said) {
    book.finished.erase(event);
    rows.Delete(effect_event_row(EffectRow::kFinished, effect, event));
  }
  return write_and_sync(rows, lock);
}

Status EffectLedger::cover(std::string_view effect, Position from, Position to) {
  rocksdb::WriteBatch rows;
  std::unique_lock lock(mutex_);
  EffectBook& of = book(effect);
  EffectProgress progress = of.progress;
  add_range(progress, from.value(), to.value());
  return replace_progress(effect, of, std::move(progress), rows, lock);
}

Status EffectLedger::forget_after(std::string_view effect, Position position) {
  rocksdb::WriteBatch rows;
  std::unique_lock lock(mutex_);
  EffectBook& of = book(effect);
  EffectProgress progress = of.progress;
  cut_ranges(progress, position.value());
  if (progress.begin() > position.value() + 1) progress.set_begin(position.value() + 1);
  absl::erase_if(of.in_hand, [&](const auto& held) { return held.first.position > position; });
  std::vector<EventRef> void_events;
  for (const EventRef& event : of.finished) {
    if (event.position > position) void_events.push_back(event);
  }
  for (const EventRef& event : void_events) {
    of.finished.erase(event);
    rows.Delete(effect_event_row(EffectRow::kFinished, effect, event));
  }
  const std::string prefix = effect_row_prefix(EffectRow::kParked, effect);
  const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
  for (row->Seek(effect_event_row(EffectRow::kParked, effect, {position.next(), 0}));
       row->Valid() && row->key().starts_with(prefix); row->Next()) {
    const Result<schema::ParkedDelivery> parked = read_parked_delivery(effect_row_view(row->value()));
    if (!parked.ok()) return parked.error();
    const DeliveryRef delivery = read_effect_delivery(effect_row_view(row->key()).substr(prefix.size()));
    of.parked_in_hand.erase(delivery);
    delete_parked(effect, of, delivery, *parked, rows);
  }
  if (!row->status().ok()) return effect_store_error(row->status());
  const std::string order = effect_row_prefix(EffectRow::kOrder, effect);
  const Rows claimed = rows_of(EffectRow::kOrder, effect);
  for (; claimed->Valid() && claimed->key().starts_with(order); claimed->Next()) {
    const std::string_view key = effect_row_view(claimed->key());
    if (read_effect_event(key.substr(key.find('\0', order.size()) + 1)).position > position)
      rows.Delete(claimed->key());
  }
  if (!claimed->status().ok()) return effect_store_error(claimed->status());
  return replace_progress(effect, of, std::move(progress), rows, lock);
}

EffectProgress EffectLedger::progress(std::string_view effect) const {
  const std::lock_guard lock(mutex_);
  const EffectBook* of = find_book(effect);
  return of == nullptr ? EffectProgress() : of->progress;
}

bool EffectLedger::is_finished(std::string_view effect, const EventRef& event) const {
  const std::lock_guard lock(mutex_);
  const EffectBook* of = find_book(effect);
  return of != nullptr && of->is_finished(event);
}

bool EffectLedger::is_known(std::string_view effect, const EventRef& event) const {
  const std::lock_guard lock(mutex_);
  const EffectBook* of = find_book(effect);
  return of != nullptr && (of->is_finished(event) || of->in_hand.contains(event));
}

Status EffectLedger::set_paused(std::string_view effect, bool paused) {
  rocksdb::WriteBatch rows;
  std::unique_lock lock(mutex_);
  EffectBook& of = book(effect);
  EffectProgress progress = of.progress;
  progress.set_paused(paused);
  return replace_progress(effect, of, std::move(progress), rows, lock);
}

EffectCounts EffectLedger::counts(std::string_view effect) const {
  const std::lock_guard lock(mutex_);
  const EffectBook* of = find_book(effect);
  if (of == nullptr) return {};
  std::uint64_t waiting = 0;
  for (const auto& [target, count] : of->waiting) waiting += count;
  return {of->in_hand.size() + of->parked_in_hand.size(), waiting, of->held, of->dead};
}

Result<Position> EffectLedger::begin(std::string_view effect, Position begin) {
  rocksdb::WriteBatch rows;
  std::unique_lock lock(mutex_);
  EffectBook& of = book(effect);
  if (of.progress.begin() != 0) return Position(of.progress.begin());
  EffectProgress progress = of.progress;
  progress.set_begin(begin.value());
  if (Status written = replace_progress(effect, of, std::move(progress), rows, lock); !written.ok()) {
    return written.error();
  }
  return begin;
}

std::vector<std::string> EffectLedger::effects() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, book] : books_) names.push_back(name);
  return names;
}

}  // namespace till
