// Deliveries that wait in the ledger: due, held, dead.
#include <rocksdb/db.h>

#include <algorithm>
#include <utility>

#include "engine/effect_book.h"
#include "engine/effect_ledger.h"
#include "engine/effect_rows.h"

namespace till {
namespace {

using schema::ParkedDelivery;

// What an attempt that failed leaves, or one that was put off.
void write_attempt(const DeliveryOutcome& outcome, Micros now, ParkedDelivery& parked) {
  const bool dead = outcome.kind == DeliveryOutcome::Kind::kDead;
  parked.set_state(dead ? ParkedDelivery::DEAD : ParkedDelivery::WAITING);
  parked.set_due_at_us(dead ? 0 : outcome.due.value());
  if (outcome.kind == DeliveryOutcome::Kind::kPostponed) return;
  parked.set_attempts(parked.attempts() + 1);
  if (parked.first_at_us() == 0) parked.set_first_at_us(now.value());
  parked.set_last_at_us(now.value());
  parked.set_error(outcome.error.substr(0, kEffectErrorMost));
}

}  // namespace

Result<std::optional<ParkedDelivery>> EffectLedger::read_parked(std::string_view effect,
                                                                const DeliveryRef& delivery) const {
  std::string bytes;
  const rocksdb::Status read =
      database_->Get(rocksdb::ReadOptions(), effect_delivery_row(EffectRow::kParked, effect, delivery), &bytes);
  if (read.IsNotFound()) return std::optional<ParkedDelivery>();
  if (!read.ok()) return effect_store_error(read);
  Result<ParkedDelivery> parked = read_parked_delivery(bytes);
  if (!parked.ok()) return parked.error();
  return std::optional<ParkedDelivery>(std::move(*parked));
}

void EffectLedger::put_parked(std::string_view effect, EffectBook& book, const DeliveryRef& delivery,
                              const ParkedDelivery& parked, rocksdb::WriteBatch& rows) const {
  rows.Put(effect_delivery_row(EffectRow::kParked, effect, delivery), parked.SerializeAsString());
  if (parked.state() == ParkedDelivery::WAITING) {
    rows.Put(effect_due_row(effect, parked.due_at_us(), delivery), rocksdb::Slice());
  }
  if (parked.state() == ParkedDelivery::DEAD)
    rows.Put(effect_delivery_row(EffectRow::kDead, effect, delivery), rocksdb::Slice());
  if (!parked.order_key().empty()) rows.Put(effect_order_row(effect, parked.order_key(), delivery), rocksdb::Slice());
  book.count(parked.state(), delivery.target, true);
}

void EffectLedger::delete_parked(std::string_view effect, EffectBook& book, const DeliveryRef& delivery,
                                 const ParkedDelivery& parked, rocksdb::WriteBatch& rows) const {
  rows.Delete(effect_delivery_row(EffectRow::kParked, effect, delivery));
  if (parked.state() == ParkedDelivery::WAITING) rows.Delete(effect_due_row(effect, parked.due_at_us(), delivery));
  if (parked.state() == ParkedDelivery::DEAD) rows.Delete(effect_delivery_row(EffectRow::kDead, effect, delivery));
  if (!parked.order_key().empty()) rows.Delete(effect_order_row(effect, parked.order_key(), delivery));
  book.count(parked.state(), delivery.target, false);
}

Status EffectLedger::park(std::string_view effect, EffectBook& book, const DeliveryOutcome& outcome,
                          const EventLabel& label, Micros now, bool behind, rocksdb::WriteBatch& rows) const {
  const Result<std::optional<ParkedDelivery>> before = read_parked(effect, outcome.delivery);
  if (!before.ok()) return before.error();
  if (before->has_value()) delete_parked(effect, book, outcome.delivery, **before, rows);
  ParkedDelivery parked;
  parked.set_tenant(label.tenant);
  parked.set_event_name(label.event_name);
  parked.set_order_key(label.order_key);
  if (behind) {
    parked.set_state(ParkedDelivery::HELD);
  } else {
    write_attempt(outcome, now, parked);
  }
  put_parked(effect, book, outcome.delivery, parked, rows);
  return {};
}

Status EffectLedger::let_next_go(std::string_view effect, EffectBook& book, const std::string& key,
                                 const DeliveryRef& gone, Micros now, rocksdb::WriteBatch& rows) const {
  if (key.empty()) return {};
  const std::string prefix = effect_order_prefix(effect, key);
  const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
  for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix); row->Next()) {
    const DeliveryRef next = read_effect_delivery(effect_row_view(row->key()).substr(prefix.size()));
    if (next == gone) continue;
    Result<std::optional<ParkedDelivery>> parked = read_parked(effect, next);
    if (!parked.ok()) return parked.error();
    if (!parked->has_value() || (*parked)->state() != ParkedDelivery::HELD) return {};
    delete_parked(effect, book, next, **parked, rows);
    (*parked)->set_state(ParkedDelivery::WAITING);
    (*parked)->set_due_at_us(now.value());
    put_parked(effect, book, next, **parked, rows);
    return {};
  }
  return row->status().ok() ? Status() : Status(effect_store_error(row->status()));
}

// Targets take turns, so that what waits for one of them does not stand before what waits for the others.
Result<std::vector<ParkedRow>> EffectLedger::take_due(std::string_view effect, std::size_t most,
                                                      std::span<const std::string> without, std::string_view worker,
                                                      Micros now) {
  std::vector<ParkedRow> taken;
  const std::lock_guard lock(mutex_);
  if (failure_) return *failure_;
  EffectBook& of = book(effect);
  std::vector<std::string> targets;
  for (auto next = of.waiting.upper_bound(of.taken_last); next != of.waiting.end(); ++next)
    targets.push_back(next->first);
  for (const auto& [target, count] : of.waiting) {
    if (target > of.taken_last) break;
    targets.push_back(target);
  }
  std::erase_if(targets,
                [&](const std::string& target) { return std::ranges::find(without, target) != without.end(); });
  if (targets.empty()) return taken;
  const std::size_t share = std::max<std::size_t>(1, most / targets.size());
  for (const std::string& target : targets) {
    if (taken.size() >= most) break;
    of.taken_last = target;
    if (Status took = take_due_of(effect, of, target, taken.size() + share, worker, now, taken); !took.ok())
      return took.error();
  }
  return taken;
}

Status EffectLedger::take_due_of(std::string_view effect, EffectBook& book, const std::string& target,
                                 std::size_t size_most, std::string_view worker, Micros now,
                                 std::vector<ParkedRow>& taken) {
  const Micros until(now.value() + std::chrono::microseconds(options_.lease).count());
  const std::string prefix = effect_due_prefix(effect, target);
  const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
  for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix) && taken.size() < size_most; row->Next()) {
    const DueEvent due = read_effect_due(effect_row_view(row->key()).substr(prefix.size()));
    if (due.due_us > now.value()) break;
    DeliveryRef delivery{due.event, target};
    const auto held = book.parked_in_hand.find(delivery);
    if (held != book.parked_in_hand.end() && held->second.until > now) continue;
    Result<std::optional<ParkedDelivery>> parked = read_parked(effect, delivery);
    if (!parked.ok()) return parked.error();
    // One that stands for nothing would be due for ever.
    if (!parked->has_value() || (*parked)->state() != ParkedDelivery::WAITING || (*parked)->due_at_us() != due.due_us) {
      rocksdb::WriteBatch rows;
      rows.Delete(row->key());
      if (Status written = write(rows); !written.ok()) return written;
      continue;
    }
    book.parked_in_hand[delivery] = {std::string(worker), {}, until};
    taken.push_back({std::move(delivery), *std::move(*parked)});
  }
  return row->status().ok() ? Status() : Status(effect_store_error(row->status()));
}

void EffectLedger::settle(std::string_view effect, const DeliveryOutcome& outcome, Micros now, Callback durable) {
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  EffectBook& of = book(effect);
  of.parked_in_hand.erase(outcome.delivery);
  const Result<std::optional<ParkedDelivery>> known = read_parked(effect, outcome.delivery);
  if (!known.ok()) return sync_later(known.error(), std::move(durable));
  // Discarded or forgotten meanwhile.
  if (!known->has_value()) return sync_later({}, std::move(durable));
  ParkedDelivery parked = **known;
  delete_parked(effect, of, outcome.delivery, parked, rows);
  Status status;
  if (outcome.kind == DeliveryOutcome::Kind::kDone) {
    status = let_next_go(effect, of, parked.order_key(), outcome.delivery, now, rows);
  } else {
    write_attempt(outcome, now, parked);
    put_parked(effect, of, outcome.delivery, parked, rows);
  }
  if (status.ok()) status = write(rows);
  sync_later(status, std::move(durable));
}

Result<std::vector<ParkedRow>> EffectLedger::dead(std::string_view effect, const std::optional<DeliveryRef>& after,
                                                  std::size_t most) const {
  const std::string prefix = effect_row_prefix(EffectRow::kDead, effect);
  std::vector<ParkedRow> dead;
  const std::lock_guard lock(mutex_);
  const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
  row->Seek(after ? effect_delivery_row(EffectRow::kDead, effect, *after) + std::string(1, '\0') : prefix);
  for (; row->Valid() && row->key().starts_with(prefix) && dead.size() < most; row->Next()) {
    DeliveryRef delivery = read_effect_delivery(effect_row_view(row->key()).substr(prefix.size()));
    Result<std::optional<ParkedDelivery>> parked = read_parked(effect, delivery);
    if (!parked.ok()) return parked.error();
    if (parked->has_value()) dead.push_back({std::move(delivery), *std::move(*parked)});
  }
  if (!row->status().ok()) return effect_store_error(row->status());
  return dead;
}

Result<ParkedDelivery> EffectLedger::find_dead(std::string_view effect, const DeliveryRef& delivery) const {
  Result<std::optional<ParkedDelivery>> known = read_parked(effect, delivery);
  if (!known.ok()) return known.error();
  if (!known->has_value() || (*known)->state() != ParkedDelivery::DEAD) {
    return Error{ErrorKind::kNotFound, "effects: there is no such dead letter"};
  }
  return **known;
}

Result<ParkedDelivery> EffectLedger::read_dead(std::string_view effect, const DeliveryRef& delivery) const {
  const std::lock_guard lock(mutex_);
  return find_dead(effect, delivery);
}

Status EffectLedger::redrive(std::string_view effect, const DeliveryRef& delivery, Micros due) {
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  Result<ParkedDelivery> parked = find_dead(effect, delivery);
  if (!parked.ok()) return parked.error();
  EffectBook& of = book(effect);
  delete_parked(effect, of, delivery, *parked, rows);
  parked->set_state(ParkedDelivery::WAITING);
  parked->set_due_at_us(due.value());
  parked->set_attempts(0);
  parked->set_redriven(parked->redriven() + 1);
  put_parked(effect, of, delivery, *parked, rows);
  return write(rows);
}

void EffectLedger::put_back(std::string_view effect, const DeliveryRef& delivery) {
  const std::lock_guard lock(mutex_);
  book(effect).parked_in_hand.erase(delivery);
}

Status EffectLedger::park_again(std::string_view effect, const EventRef& event, const EventLabel& label,
                                std::span<const std::string> targets, Again again, Micros now) {
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  EffectBook& of = book(effect);
  if (again == Again::kFinish) mark_finished(effect, of, event, rows);
  const bool behind = !label.order_key.empty() && is_behind(effect, event, label.order_key);
  for (const std::string& target : targets) {
    const DeliveryRef delivery{event, target};
    const Result<std::optional<ParkedDelivery>> known = read_parked(effect, delivery);
    if (!known.ok()) return known.error();
    if (known->has_value()) continue;
    ParkedDelivery parked;
    parked.set_state(behind ? ParkedDelivery::HELD : ParkedDelivery::WAITING);
    parked.set_tenant(label.tenant);
    parked.set_event_name(label.event_name);
    parked.set_order_key(label.order_key);
    parked.set_due_at_us(behind ? 0 : now.value());
    put_parked(effect, of, delivery, parked, rows);
  }
  return write(rows);
}

Status EffectLedger::discard(std::string_view effect, const DeliveryRef& delivery, Micros now) {
  rocksdb::WriteBatch rows;
  std::unique_lock lock(mutex_);
  const Result<ParkedDelivery> parked = find_dead(effect, delivery);
  if (!parked.ok()) return parked.error();
  EffectBook& of = book(effect);
  delete_parked(effect, of, delivery, *parked, rows);
  if (Status let = let_next_go(effect, of, parked->order_key(), delivery, now, rows); !let.ok()) return let;
  return write_and_sync(rows, lock);
}

}  // namespace till
