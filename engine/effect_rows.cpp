#include "engine/effect_rows.h"

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <cstddef>

namespace till {
namespace {

constexpr std::size_t kPositionBytes = 8;
constexpr std::size_t kIndexBytes = 4;
constexpr std::size_t kTimeBytes = 8;

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) out.push_back(static_cast<char>(value >> (8 * (i - 1))));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

void append_event(std::string& key, const EventRef& event) {
  append_big_endian(key, event.position.value(), kPositionBytes);
  append_big_endian(key, event.index, kIndexBytes);
}

}  // namespace

std::string effect_row_prefix(EffectRow row, std::string_view effect) {
  std::string key(1, static_cast<char>(row));
  key.append(effect).push_back('\0');
  return key;
}

std::string effect_event_row(EffectRow row, std::string_view effect, const EventRef& event) {
  std::string key = effect_row_prefix(row, effect);
  append_event(key, event);
  return key;
}

std::string effect_delivery_row(EffectRow row, std::string_view effect, const DeliveryRef& delivery) {
  return effect_event_row(row, effect, delivery.event).append(delivery.target);
}

std::string effect_due_prefix(std::string_view effect, std::string_view target) {
  std::string key = effect_row_prefix(EffectRow::kDue, effect);
  key.append(target).push_back('\0');
  return key;
}

std::string effect_due_row(std::string_view effect, std::int64_t due_us, const DeliveryRef& delivery) {
  std::string key = effect_due_prefix(effect, delivery.target);
  append_big_endian(key, static_cast<std::uint64_t>(due_us), kTimeBytes);
  append_event(key, delivery.event);
  return key;
}

std::string effect_order_prefix(std::string_view effect, std::string_view order_key) {
  std::string key = effect_row_prefix(EffectRow::kOrder, effect);
  key.append(order_key).push_back('\0');
  return key;
}

std::string effect_order_row(std::string_view effect, std::string_view order_key, const DeliveryRef& delivery) {
  std::string key = effect_order_prefix(effect, order_key);
  append_event(key, delivery.event);
  return key.append(delivery.target);
}

EventRef read_effect_event(std::string_view bytes) {
  return {Position(read_big_endian(bytes.substr(0, kPositionBytes))),
          static_cast<std::uint32_t>(read_big_endian(bytes.substr(kPositionBytes, kIndexBytes)))};
}

DeliveryRef read_effect_delivery(std::string_view bytes) {
  return {read_effect_event(bytes), std::string(bytes.substr(kPositionBytes + kIndexBytes))};
}

DueEvent read_effect_due(std::string_view bytes) {
  return {static_cast<std::int64_t>(read_big_endian(bytes.substr(0, kTimeBytes))),
          read_effect_event(bytes.substr(kTimeBytes))};
}

std::string_view effect_row_view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

Error effect_store_error(const rocksdb::Status& status) {
  const ErrorKind kind = status.IsCorruption() ? ErrorKind::kCorrupt : ErrorKind::kUnavailable;
  return Error{kind, "effects: " + status.ToString()};
}

Result<schema::ParkedDelivery> read_parked_delivery(std::string_view bytes) {
  schema::ParkedDelivery parked;
  if (!parked.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error{ErrorKind::kCorrupt, "effects: a parked delivery does not read"};
  }
  return parked;
}

}  // namespace till
