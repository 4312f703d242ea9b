// What the ledger of effects has in memory of one effect. Inside of the ledger only.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/effect_ledger.h"
#include "engine/vocabulary.h"
#include "schemas/effects.pb.h"

namespace till {

struct EffectLease {
  std::string worker;
  std::string order_key;
  Micros until;
};

struct EventRefHash {
  std::size_t operator()(const EventRef& event) const { return absl::HashOf(event.position.value(), event.index); }
};

struct EffectBook {
  schema::EffectProgress progress;
  absl::flat_hash_set<EventRef, EventRefHash> finished;  // beyond the ranges
  absl::flat_hash_map<EventRef, EffectLease, EventRefHash> in_hand;
  std::map<DeliveryRef, EffectLease> parked_in_hand;
  std::map<std::string, std::uint64_t, std::less<>> waiting;  // how many, by target; none has 0
  std::string taken_last;                                     // target that the last take_due() ended with
  std::uint64_t held = 0;
  std::uint64_t dead = 0;

  bool is_finished(const EventRef& event) const;
  // A delivery to the target came into this state, or left it.
  void count(schema::ParkedDelivery::State state, const std::string& target, bool came);
};

// Adds positions, so that ranges that touch become one.
void add_range(schema::EffectProgress& progress, std::uint64_t from, std::uint64_t to);
// Keeps positions up to and with `last`.
void cut_ranges(schema::EffectProgress& progress, std::uint64_t last);
bool in_ranges(const schema::EffectProgress& progress, Position position);

}  // namespace till
