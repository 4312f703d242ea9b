// What an effect is: something done outside for events of the log. The runner (effect_runner.h) hands events to it, and
// the desk (effect_desk.h) knows what is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/effect_desk.h"
#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// One event, with what its record says of it.
struct EffectMessage {
  EventRef event;
  std::string id;  // of the event in the world: log, epoch, position, index
  std::string tenant;
  std::string event_name;
  std::string stream_kind;
  std::string stream_id;
  std::uint64_t stream_version = 0;
  Micros recorded_at;
  std::string traceparent;  // empty where the request had none
  std::string payload;      // serialized till.schema.Event; personal data is ciphertext
};

inline EventLabel label_of(const EffectMessage& message, const std::string& order_key) {
  return {message.tenant, message.event_name, order_key};
}

// One try to deliver.
struct DeliveryAttempt {
  enum class Kind : std::uint8_t {
    kDone,
    kFailed,     // another try may help
    kRefused,    // none does
    kPostponed,  // not tried; `not_before` says how long it has to wait
    kErased,     // nothing was sent, and nothing ever is: the person was erased
  };
  Kind kind = Kind::kDone;
  std::string answer = {};                              // of the receiver, for the delivery log; no personal data
  std::string error = {};                               // for an operator; no personal data
  std::optional<std::chrono::milliseconds> not_before;  // of kFailed: the receiver asked for so long a wait
};

// Called by several threads at once, except for what an order key keeps apart.
class Effect {
 public:
  virtual ~Effect() = default;
  // [a-z][a-z-]{0,30}; for ever: the ledger knows it by its name.
  virtual std::string_view name() const = 0;
  virtual bool wants(std::string_view event_name) const = 0;
  // Whether it has order keys at all: such an effect runs in one process alone, on the log itself.
  virtual bool keeps_order() const { return false; }
  // Events of one key are delivered one after the other, in the order of the log; empty: in any order. An effect that
  // keeps an order has the target "" only.
  virtual std::string order_key(const EffectMessage&) const { return {}; }
  // The receivers of the event, none where nobody wants it. Names are the receivers' over all tenants: one is kept from
  // holding up the others (effect_lanes.h); "" is the effect's only one. An error is tried again.
  virtual Result<std::vector<std::string>> targets(const EffectMessage&) { return std::vector<std::string>{""}; }
  virtual DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) = 0;
  // How long to wait after so many failed attempts, at least 1; nothing: the delivery is dead.
  virtual std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const = 0;
};

}  // namespace till
