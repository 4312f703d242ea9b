// All effects of a server: their ledger, their consumers of the stream, and what people may do to them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain.h"
#include "engine/effect.h"
#include "engine/effect_journal.h"
#include "engine/effect_ledger.h"
#include "engine/effect_runner.h"
#include "engine/follower.h"
#include "projections/effects/log_events.h"
#include "projections/relay/relay_options.h"

namespace till {

struct EffectHostOptions {
  std::string directory;  // of the ledger and the delivery log; made where it is missing
  RelayOptions stream;    // the one that the relay fills
  double time_scale = 1;  // of all waits between attempts
  std::function<Micros()> clock;
};

struct EffectInfo {
  std::string name;
  Position begin;         // from where on it acts
  Position finished;      // all up to here, from `begin` on
  std::uint64_t lag = 0;  // transactions from there to the log's end
  EffectCounts counts;
  EffectStatus status;
  double rate = 0;                       // deliveries a second since the last look
  std::optional<Micros> oldest_pending;  // when the first transaction that is not finished was recorded
};

// "<effect>.<position>.<index>.<target>": how people name a delivery.
struct DeliveryName {
  std::string effect;
  DeliveryRef delivery;
};
std::string delivery_text(const DeliveryName& name);
std::optional<DeliveryName> read_delivery_text(std::string_view text);

// The durable name of an effect's consumer.
std::string effect_consumer(std::string_view effect);

struct DeadLetter {
  DeliveryName name;
  schema::ParkedDelivery parked;
};

// Empty members let all through.
struct DeadLetterFilter {
  std::string effect;
  std::string tenant;
  std::string target;
  std::string event_name;
};

struct ReplayRange {
  Position from;  // both included
  Position to;
  std::string tenant;          // of one only; empty: of all
  bool ignore_ledger = false;  // also what is finished already
  bool dry_run = false;
};

struct ReplayReport {
  std::uint64_t events = 0;           // in the range that the effect wants
  std::uint64_t known = 0;            // of them, finished or in hand, and left alone
  std::uint64_t deliveries = 0;       // parked, or with a dry run those that would be
  std::vector<std::string> examples;  // names of the first of them, at most kReplayExamples
};

// add() before start(); start() and stop() belong to one thread; all else is thread safe.
class EffectHost {
 public:
  static constexpr std::size_t kReplayExamples = 100;

  // kCorrupt, kUnavailable: the ledger cannot be opened. Feed and domain outlive the host.
  static Result<std::unique_ptr<EffectHost>> open(Feed& feed, const Domain& domain, EffectHostOptions options);
  ~EffectHost();

  // An effect that was never here acts on what comes from now on. `runs`: false where workers of their own deliver.
  Status add(std::unique_ptr<Effect> effect, std::size_t threads, bool runs = true);
  void start();
  void stop();

  EffectLedger& ledger() { return *ledger_; }
  EffectJournal& journal() { return *journal_; }
  EffectLog& events() { return events_; }
  bool has(std::string_view effect) const { return find(effect) != nullptr; }
  std::vector<EffectInfo> list() const;

  // kNotFound where there is no such effect.
  Status set_paused(std::string_view effect, bool paused);
  // Parks what is missing in a range; the effect then delivers it like any other parked delivery. kCancelled.
  Result<ReplayReport> replay(std::string_view effect, const ReplayRange& range, const std::atomic<bool>& stopping);
  // The first position at or after a moment of the log's clock; the one after the log's end where there is none.
  Result<Position> position_at(Micros moment) const;

  // In the order of effects and events, after `after`.
  Result<std::vector<DeadLetter>> dead_letters(const DeadLetterFilter& filter, const std::optional<DeliveryName>& after,
                                               std::size_t most) const;
  // kNotFound where no such delivery is dead, or not of that tenant; an empty tenant is any.
  Result<DeadLetter> dead_letter(const DeliveryName& name, std::string_view tenant) const;
  // Lets dead letters be tried again: `spacing` apart, in their order. The number of them.
  Result<std::uint64_t> redrive(const DeadLetterFilter& filter, std::chrono::microseconds spacing, bool dry_run);
  Status redrive(const DeliveryName& name);
  Status discard(const DeliveryName& name);
  // Parks a delivery that is due at once, whatever became of it before. kNotFound where the log has no event of this id
  // there, or one of another tenant.
  Status send_again(const DeliveryName& name, std::string_view event_id, std::string_view tenant);

 private:
  struct Hosted;

  EffectHost(Feed& feed, const Domain& domain, EffectHostOptions options);
  Hosted* find(std::string_view effect) const;
  Status forget_another_log();

  Feed& feed_;
  const EffectHostOptions options_;
  LogEvents events_;
  LogId log_id_{};
  std::unique_ptr<EffectLedger> ledger_;
  std::unique_ptr<EffectJournal> journal_;
  std::vector<std::unique_ptr<Hosted>> effects_;
};

}  // namespace till
