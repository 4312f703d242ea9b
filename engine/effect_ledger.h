// What effects have finished, and what waits for another attempt: a table of its own, durable and outside of the
// stream, so that whatever the stream delivers again is known. An effect is known by its name.
//
// Of each event the ledger says one thing: finished (the stream has nothing to do with it any more), in hand (a worker
// has claimed it until its lease ends), or open. A finished event may have left deliveries here, one a receiver, that
// are parked: waiting for their next attempt, held behind another one of their order key, or dead.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/effect_desk.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "schemas/effects.pb.h"

namespace rocksdb {
class DB;
class Iterator;
class WriteBatch;
}  // namespace rocksdb

namespace till {

enum class EffectRow : char;
struct EffectBook;

struct EffectLedgerOptions {
  std::string directory;  // created where it is missing
  std::chrono::seconds lease{60};
};

struct EffectCounts {
  std::uint64_t in_hand = 0;
  std::uint64_t waiting = 0;
  std::uint64_t held = 0;
  std::uint64_t dead = 0;
};

// Thread safe; calls of many threads share one sync. An error of the disk is answered to all that wait, and to all
// calls after it: the ledger then has to be opened anew.
class EffectLedger final : public EffectDesk {
 public:
  static Result<std::unique_ptr<EffectLedger>> open(EffectLedgerOptions options);
  ~EffectLedger() override;
  EffectLedger(const EffectLedger&) = delete;
  EffectLedger& operator=(const EffectLedger&) = delete;

  Status claim(std::string_view effect, std::span<const EventRef> events, std::span<const std::string> keys,
               std::string_view worker, Micros now, std::vector<EffectClaim>& answers) override;
  void renew(std::string_view effect, const EffectHeld& held, std::string_view worker, Micros now) override;
  void finish(std::string_view effect, const EventRef& event, const EventLabel& label,
              std::span<const DeliveryOutcome> outcomes, Micros now, Callback durable) override;
  void hold(std::string_view effect, const EventRef& event, const EventLabel& label, Micros now,
            Callback durable) override;
  void release(std::string_view effect, const EventRef& event) override;
  Result<std::vector<ParkedRow>> take_due(std::string_view effect, std::size_t most,
                                          std::span<const std::string> without, std::string_view worker,
                                          Micros now) override;
  void settle(std::string_view effect, const DeliveryOutcome& outcome, Micros now, Callback durable) override;
  void put_back(std::string_view effect, const DeliveryRef& delivery) override;
  Status cover(std::string_view effect, Position from, Position to) override;
  schema::EffectProgress progress(std::string_view effect) const override;

  // The names that were ever used.
  std::vector<std::string> effects() const;
  bool is_finished(std::string_view effect, const EventRef& event) const;
  // Finished, or in hand.
  bool is_known(std::string_view effect, const EventRef& event) const;
  // Nothing is known any more of events after `position`: their log is another, or they shall run again.
  Status forget_after(std::string_view effect, Position position);
  Status set_paused(std::string_view effect, bool paused);
  // Where the effect begins, the first time that it is asked: `begin` then, and the same ever after.
  Result<Position> begin(std::string_view effect, Position begin);
  // Makes durable what park_again() and redrive() have done; they do not wait for it.
  Status sync();
  // Parks deliveries of an event that are due at once, or held where they come behind another one of their key, where
  // they are not parked already. The event is finished, too, unless it is open and shall stay so.
  enum class Again : std::uint8_t { kFinish, kLeaveOpen };
  Status park_again(std::string_view effect, const EventRef& event, const EventLabel& label,
                    std::span<const std::string> targets, Again again, Micros now);

  // Dead letters in their order, after `after`.
  Result<std::vector<ParkedRow>> dead(std::string_view effect, const std::optional<DeliveryRef>& after,
                                      std::size_t most) const;
  // kNotFound where no such delivery is dead.
  Result<schema::ParkedDelivery> read_dead(std::string_view effect, const DeliveryRef& delivery) const;
  Status redrive(std::string_view effect, const DeliveryRef& delivery, Micros due);
  Status discard(std::string_view effect, const DeliveryRef& delivery, Micros now);

  EffectCounts counts(std::string_view effect) const;

 private:
  using Rows = std::unique_ptr<rocksdb::Iterator>;

  explicit EffectLedger(EffectLedgerOptions options);
  Status open_store();
  void sync_loop();
  void close();

  // Of what follows, all is called with the mutex held.
  EffectBook& book(std::string_view effect);
  const EffectBook* find_book(std::string_view effect) const;
  Status load(std::string_view effect, EffectBook& book);
  bool is_behind(std::string_view effect, const EventRef& event, std::string_view key) const;
  Result<std::optional<schema::ParkedDelivery>> read_parked(std::string_view effect, const DeliveryRef& delivery) const;
  void put_parked(std::string_view effect, EffectBook& book, const DeliveryRef& delivery,
                  const schema::ParkedDelivery& parked, rocksdb::WriteBatch& rows) const;
  void delete_parked(std::string_view effect, EffectBook& book, const DeliveryRef& delivery,
                     const schema::ParkedDelivery& parked, rocksdb::WriteBatch& rows) const;
  // In the place of what was parked of it before.
  Status park(std::string_view effect, EffectBook& book, const DeliveryOutcome& outcome, const EventLabel& label,
              Micros now, bool behind, rocksdb::WriteBatch& rows) const;
  Status take_due_of(std::string_view effect, EffectBook& book, const std::string& target, std::size_t size_most,
                     std::string_view worker, Micros now, std::vector<ParkedRow>& taken);
  void mark_finished(std::string_view effect, EffectBook& book, const EventRef& event, rocksdb::WriteBatch& rows) const;
  // Lets the first delivery that is held behind `key` wait for now, where nothing of the key is before it any more;
  // `gone` is what the same batch deletes.
  Status let_next_go(std::string_view effect, EffectBook& book, const std::string& key, const DeliveryRef& gone,
                     Micros now, rocksdb::WriteBatch& rows) const;
  Status write(rocksdb::WriteBatch& rows);
  void sync_later(const Status& written, Callback durable);
  Status write_and_sync(rocksdb::WriteBatch& rows, std::unique_lock<std::mutex>& lock);
  Status replace_progress(std::string_view effect, EffectBook& book, schema::EffectProgress progress,
                          rocksdb::WriteBatch& rows, std::unique_lock<std::mutex>& lock);
  Result<schema::ParkedDelivery> find_dead(std::string_view effect, const DeliveryRef& delivery) const;
  // Stands at the first row.
  Rows rows_of(EffectRow row, std::string_view effect) const;

  const EffectLedgerOptions options_;
  std::unique_ptr<rocksdb::DB> database_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<EffectBook>, std::less<>> books_;
  std::optional<Error> failure_;
  std::condition_variable work_;
  std::vector<Callback> to_sync_;
  bool stopping_ = false;
  std::thread syncing_;
};

}  // namespace till
