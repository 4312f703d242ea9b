#include "engine/effect_ledger.h"

#include <rocksdb/db.h>

#include <filesystem>
#include <future>
#include <utility>

#include "engine/effect_book.h"
#include "engine/effect_rows.h"
#include "engine/named_thread.h"

namespace till {
namespace {

using schema::EffectProgress;

constexpr std::size_t kLedgerWriteBuffer = 4u << 20;
constexpr int kLedgerOpenFilesMost = 64;

}  // namespace

EffectLedger::EffectLedger(EffectLedgerOptions options) : options_(std::move(options)) {}

EffectLedger::~EffectLedger() {
  close();
}

Result<std::unique_ptr<EffectLedger>> EffectLedger::open(EffectLedgerOptions options) {
  std::unique_ptr<EffectLedger> ledger(new EffectLedger(std::move(options)));
  if (Status opened = ledger->open_store(); !opened.ok()) return opened.error();
  return ledger;
}

Status EffectLedger::open_store() {
  std::error_code trouble;
  std::filesystem::create_directories(options_.directory, trouble);
  if (trouble) return Error{ErrorKind::kUnavailable, "effects: " + trouble.message()};
  rocksdb::Options database;
  database.create_if_missing = true;
  database.write_buffer_size = kLedgerWriteBuffer;
  database.max_open_files = kLedgerOpenFilesMost;
  database.keep_log_file_num = 4;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(database, options_.directory, &raw);
  if (!opened.ok()) return effect_store_error(opened);
  database_.reset(raw);
  {
    const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
    const std::string prefix(1, static_cast<char>(EffectRow::kProgress));
    for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix); row->Next()) {
      std::string_view name = effect_row_view(row->key());
      name.remove_prefix(1);
      name.remove_suffix(1);
      auto book = std::make_unique<EffectBook>();
      if (!book->progress.ParseFromArray(row->value().data(), static_cast<int>(row->value().size()))) {
        return Error{ErrorKind::kCorrupt, "effects: the progress of an effect does not read"};
      }
      books_[std::string(name)] = std::move(book);
    }
    if (!row->status().ok()) return effect_store_error(row->status());
  }
  for (const auto& [effect, book] : books_) {
    if (Status loaded = load(effect, *book); !loaded.ok()) return loaded;
  }
  syncing_ = named_thread("effect ledger", [this] { sync_loop(); });
  return {};
}

Status EffectLedger::load(std::string_view effect, EffectBook& book) {
  const std::string finished = effect_row_prefix(EffectRow::kFinished, effect);
  Rows row = rows_of(EffectRow::kFinished, effect);
  for (; row->Valid() && row->key().starts_with(finished); row->Next()) {
    book.finished.insert(read_effect_event(effect_row_view(row->key()).substr(finished.size())));
  }
  if (!row->status().ok()) return effect_store_error(row->status());
  const std::string parked_rows = effect_row_prefix(EffectRow::kParked, effect);
  row = rows_of(EffectRow::kParked, effect);
  for (; row->Valid() && row->key().starts_with(parked_rows); row->Next()) {
    const Result<schema::ParkedDelivery> parked = read_parked_delivery(effect_row_view(row->value()));
    if (!parked.ok()) return parked.error();
    book.count(parked->state(), read_effect_delivery(effect_row_view(row->key()).substr(parked_rows.size())).target,
               true);
  }
  if (!row->status().ok()) return effect_store_error(row->status());
  return {};
}

void EffectLedger::close() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (syncing_.joinable()) syncing_.join();
  if (database_) database_->Close();
  database_.reset();
}

// One sync for all that came while the one before was under way.
void EffectLedger::sync_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stopping_ || !to_sync_.empty(); });
    if (to_sync_.empty()) return;
    const std::vector<Callback> waiting = std::exchange(to_sync_, {});
    lock.unlock();
    const rocksdb::Status synced = database_->SyncWAL();
    const Status outcome = synced.ok() ? Status() : Status(effect_store_error(synced));
    if (!outcome.ok()) {
      const std::lock_guard failed(mutex_);
      if (!failure_) failure_ = outcome.error();
    }
    for (const Callback& callback : waiting) callback(outcome);
    lock.lock();
  }
}

EffectBook& EffectLedger::book(std::string_view effect) {
  const auto found = books_.find(effect);
  if (found != books_.end()) return *found->second;
  // Its row is what the next open() finds the effect by.
  rocksdb::WriteBatch rows;
  rows.Put(effect_row_prefix(EffectRow::kProgress, effect), EffectProgress().SerializeAsString());
  static_cast<void>(write(rows));
  std::unique_ptr<EffectBook>& made = books_[std::string(effect)];
  made = std::make_unique<EffectBook>();
  return *made;
}

const EffectBook* EffectLedger::find_book(std::string_view effect) const {
  const auto found = books_.find(effect);
  return found == books_.end() ? nullptr : found->second.get();
}

// Claims leave a row, so that also after a restart none overtakes what was in hand.
bool EffectLedger::is_behind(std::string_view effect, const EventRef& event, std::string_view key) const {
  const std::string prefix = effect_order_prefix(effect, key);
  const Rows row(database_->NewIterator(rocksdb::ReadOptions()));
  row->Seek(prefix);
  return row->Valid() && row->key().starts_with(prefix) &&
         read_effect_event(effect_row_view(row->key()).substr(prefix.size())) < event;
}

Status EffectLedger::claim(std::string_view effect, std::span<const EventRef> events, std::span<const std::string> keys,
                           std::string_view worker, Micros now, std::vector<EffectClaim>& answers) {
  rocksdb::WriteBatch rows;
  Status written;
  static const std::string kNone;
  const Micros until(now.value() + std::chrono::microseconds(options_.lease).count());
  answers.clear();
  const std::lock_guard lock(mutex_);
  if (failure_) return *failure_;
  EffectBook& of = book(effect);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string& key = keys.empty() ? kNone : keys[i];
    if (of.is_finished(events[i]) || events[i].position.value() < of.progress.begin()) {
      answers.push_back(EffectClaim::kFinished);
      continue;
    }
    const auto held = of.in_hand.find(events[i]);
    if (held != of.in_hand.end() && held->second.until > now) {
      answers.push_back(EffectClaim::kTaken);
      continue;
    }
    if (!key.empty() && is_behind(effect, events[i], key)) {
      answers.push_back(EffectClaim::kBehind);
      continue;
    }
    of.in_hand[events[i]] = {std::string(worker), key, until};
    if (!key.empty()) rows.Put(effect_order_row(effect, key, {events[i], ""}), rocksdb::Slice());
    answers.push_back(EffectClaim::kRun);
    // The next event may be of the same key.
    if (!key.empty()) written = written.ok() ? write(rows) : written;
    rows.Clear();
  }
  return written;
}

void EffectLedger::renew(std::string_view effect, const EffectHeld& held, std::string_view worker, Micros now) {
  const Micros until(now.value() + std::chrono::microseconds(options_.lease).count());
  const std::lock_guard lock(mutex_);
  EffectBook& of = book(effect);
  for (const EventRef& event : held.events) {
    const auto lease = of.in_hand.find(event);
    if (lease != of.in_hand.end() && lease->second.worker == worker) lease->second.until = until;
  }
  for (const DeliveryRef& delivery : held.parked) {
    const auto lease = of.parked_in_hand.find(delivery);
    if (lease != of.parked_in_hand.end() && lease->second.worker == worker) lease->second.until = until;
  }
}

void EffectLedger::release(std::string_view effect, const EventRef& event) {
  const std::lock_guard lock(mutex_);
  book(effect).in_hand.erase(event);
}

void EffectLedger::mark_finished(std::string_view effect, EffectBook& book, const EventRef& event,
                                 rocksdb::WriteBatch& rows) const {
  if (!book.finished.insert(event).second) return;
  rows.Put(effect_event_row(EffectRow::kFinished, effect, event), rocksdb::Slice());
}

void EffectLedger::finish(std::string_view effect, const EventRef& event, const EventLabel& label,
                          std::span<const DeliveryOutcome> outcomes, Micros now, Callback durable) {
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  EffectBook& of = book(effect);
  of.in_hand.erase(event);
  if (of.is_finished(event)) return sync_later({}, std::move(durable));
  mark_finished(effect, of, event, rows);
  const DeliveryRef claimed{event, ""};
  if (!label.order_key.empty()) rows.Delete(effect_order_row(effect, label.order_key, claimed));
  bool parked = false;
  Status status;
  for (const DeliveryOutcome& outcome : outcomes) {
    if (outcome.kind == DeliveryOutcome::Kind::kDone) continue;
    if (status.ok()) status = park(effect, of, outcome, label, now, false, rows);
    parked = true;
  }
  if (!parked) status = let_next_go(effect, of, label.order_key, claimed, now, rows);
  if (status.ok()) status = write(rows);
  sync_later(status, std::move(durable));
}

void EffectLedger::hold(std::string_view effect, const EventRef& event, const EventLabel& label, Micros now,
                        Callback durable) {
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  EffectBook& of = book(effect);
  if (of.is_finished(event)) return sync_later({}, std::move(durable));
  const bool behind = is_behind(effect, event, label.order_key);
  DeliveryOutcome outcome;
  outcome.kind = DeliveryOutcome::Kind::kPostponed;
  outcome.delivery.event = event;
  outcome.due = now;
  mark_finished(effect, of, event, rows);
  Status status = park(effect, of, outcome, label, now, behind, rows);
  if (status.ok()) status = write(rows);
  sync_later(status, std::move(durable));
}

Status EffectLedger::write(rocksdb::WriteBatch& rows) {
  if (failure_) return *failure_;
  const rocksdb::Status written = database_->Write(rocksdb::WriteOptions(), &rows);
  if (written.ok()) return {};
  failure_ = effect_store_error(written);
  return *failure_;
}

void EffectLedger::sync_later(const Status& written, Callback durable) {
  if (!written.ok()) return durable(written);
  to_sync_.push_back(std::move(durable));
  work_.notify_one();
}

Status EffectLedger::write_and_sync(rocksdb::WriteBatch& rows, std::unique_lock<std::mutex>& lock) {
  if (Status written = write(rows); !written.ok()) return written;
  std::promise<Status> synced;
  sync_later({}, [&](const Status& status) { synced.set_value(status); });
  lock.unlock();
  return synced.get_future().get();
}

Status EffectLedger::sync() {
  rocksdb::WriteBatch nothing;
  std::unique_lock lock(mutex_);
  return write_and_sync(nothing, lock);
}

EffectLedger::Rows EffectLedger::rows_of(EffectRow row, std::string_view effect) const {
  Rows rows(database_->NewIterator(rocksdb::ReadOptions()));
  rows->Seek(effect_row_prefix(row, effect));
  return rows;
}

}  // namespace till
