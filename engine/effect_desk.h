// Where a runner of an effect learns what is to be done, and tells what is done: the ledger itself, or a server's that
// owns it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/vocabulary.h"
#include "schemas/effects.pb.h"

namespace till {

// Of an error that is kept; longer ones are cut.
inline constexpr std::size_t kEffectErrorMost = 512;

// One event of the log.
struct EventRef {
  Position position;
  std::uint32_t index = 0;  // in its transaction, from 0
  friend constexpr auto operator<=>(const EventRef&, const EventRef&) = default;
};

// One event for one receiver. `target` is the effect's own name of the receiver, empty where it has one only.
struct DeliveryRef {
  EventRef event;
  std::string target;
  friend auto operator<=>(const DeliveryRef&, const DeliveryRef&) = default;
};

enum class EffectClaim : std::uint8_t {
  kRun,       // the worker has it until its lease ends
  kFinished,  // nothing is to be done
  kTaken,     // another claim lasts
  kBehind,    // an earlier event of its order key is in hand or parked: hold() it
};

// What became of an attempt.
struct DeliveryOutcome {
  // kPostponed waits as kRetry does, and is no attempt.
  enum class Kind : std::uint8_t { kDone, kRetry, kDead, kPostponed };
  Kind kind = Kind::kDone;
  DeliveryRef delivery;
  Micros due;         // of kRetry and kPostponed: the next attempt
  std::string error;  // of kRetry and kDead
};

// The event as rows of the ledger show it.
struct EventLabel {
  std::string tenant;
  std::string event_name;
  std::string order_key;  // empty: in no order
};

// What a worker has in hand.
struct EffectHeld {
  std::vector<EventRef> events;
  std::vector<DeliveryRef> parked;
};

struct ParkedRow {
  DeliveryRef delivery;
  schema::ParkedDelivery parked;
};

// All up to here is finished, from where the effect begins.
Position finished_up_to(const schema::EffectProgress& progress);

// Thread safe. What is finished or parked is durable once its callback was called, or the call has returned.
class EffectDesk {
 public:
  using Callback = std::function<void(const Status&)>;
  virtual ~EffectDesk() = default;

  // Lets a worker have events, one answer each in their order. `keys` are their order keys, empty or as many. Events of
  // a key are claimed in their order: who takes them off the stream is one worker.
  virtual Status claim(std::string_view effect, std::span<const EventRef> events, std::span<const std::string> keys,
                       std::string_view worker, Micros now, std::vector<EffectClaim>& answers) = 0;
  // Longer leases for what the worker has in hand, and nobody else has by now.
  virtual void renew(std::string_view effect, const EffectHeld& held, std::string_view worker, Micros now) = 0;

  // Finishes a claimed event with all its outcomes; those that are not done are parked. Once more changes nothing.
  virtual void finish(std::string_view effect, const EventRef& event, const EventLabel& label,
                      std::span<const DeliveryOutcome> outcomes, Micros now, Callback durable) = 0;
  // Finishes an event that came behind another: parked until that is done; at once where it is meanwhile.
  virtual void hold(std::string_view effect, const EventRef& event, const EventLabel& label, Micros now,
                    Callback durable) = 0;
  // Gives up a claim: the event is open again.
  virtual void release(std::string_view effect, const EventRef& event) = 0;

  // Claims parked deliveries whose time has come, those of a target the longest due first, targets in turn; without
  // those to a target of `without`.
  virtual Result<std::vector<ParkedRow>> take_due(std::string_view effect, std::size_t most,
                                                  std::span<const std::string> without, std::string_view worker,
                                                  Micros now) = 0;
  // Ends the claim of a parked delivery: done ones leave the ledger, and what was held behind them waits no longer.
  virtual void settle(std::string_view effect, const DeliveryOutcome& outcome, Micros now, Callback durable) = 0;
  // Gives up the claim of a parked delivery.
  virtual void put_back(std::string_view effect, const DeliveryRef& delivery) = 0;

  // All events from one position up to and with another are finished; what was known of them one by one is forgotten.
  virtual Status cover(std::string_view effect, Position from, Position to) = 0;
  virtual schema::EffectProgress progress(std::string_view effect) const = 0;
};

}  // namespace till
