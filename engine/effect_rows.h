// How the rows of the ledger of effects lie in its store. Stored for ever. Inside of the ledger only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/effect_ledger.h"
#include "engine/result.h"

namespace rocksdb {
class Slice;
class Status;
}  // namespace rocksdb

namespace till {

// First byte of a key; the effect's name and a zero byte follow. Numbers are big-endian, so that rows lie in their
// order.
enum class EffectRow : char {
  kProgress = 'E',
  kFinished = 'F',  // event: finished, beyond the ranges of its progress
  kParked = 'P',    // delivery -> ParkedDelivery
  kDue = 'T',       // target, zero byte, time, event: of what waits
  kOrder = 'K',     // order key, zero byte, delivery: of all with a key that was claimed and is not done
  kDead = 'X',      // delivery
};

std::string effect_row_prefix(EffectRow row, std::string_view effect);
std::string effect_event_row(EffectRow row, std::string_view effect, const EventRef& event);
std::string effect_delivery_row(EffectRow row, std::string_view effect, const DeliveryRef& delivery);
std::string effect_due_prefix(std::string_view effect, std::string_view target);
std::string effect_due_row(std::string_view effect, std::int64_t due_us, const DeliveryRef& delivery);
std::string effect_order_prefix(std::string_view effect, std::string_view order_key);
std::string effect_order_row(std::string_view effect, std::string_view order_key, const DeliveryRef& delivery);

// What follows a prefix.
EventRef read_effect_event(std::string_view bytes);
DeliveryRef read_effect_delivery(std::string_view bytes);
struct DueEvent {
  std::int64_t due_us = 0;
  EventRef event;
};
DueEvent read_effect_due(std::string_view bytes);

std::string_view effect_row_view(const rocksdb::Slice& slice);
// kCorrupt where the answer stays the same however often it is asked, else kUnavailable.
Error effect_store_error(const rocksdb::Status& status);
// kCorrupt where the bytes are none.
Result<schema::ParkedDelivery> read_parked_delivery(std::string_view bytes);

}  // namespace till
