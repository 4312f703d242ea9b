#include "projections/read_cache/keys.h"

#include <bit>
#include <cstring>

namespace till::read_cache {

static_assert(std::endian::native == std::endian::little, "fixed integers are copied as they stand");

std::string tenant_begin(std::string_view tenant) {
  return std::string(tenant) + '\0';
}

std::string tenant_end(std::string_view tenant) {
  return std::string(tenant) + '\1';
}

void append_item_key(std::string& out, std::string_view tenant, std::string_view store, std::string_view sku) {
  KeyWriter(out).table(tenant, Table::kItem).name(store).name(sku);
}

char item_row_kind(std::string_view rest) {
  const std::size_t store_end = rest.find('\0');
  const std::size_t sku_end = store_end == std::string_view::npos ? store_end : rest.find('\0', store_end + 1);
  return sku_end == std::string_view::npos || sku_end + 1 >= rest.size() ? '\0' : rest[sku_end + 1];
}

void append_board_key(std::string& out, std::string_view tenant, std::string_view store, std::int32_t date) {
  KeyWriter(out).table(tenant, Table::kBoard).name(store).u32(static_cast<std::uint32_t>(date));
}

void append_timeline_key(std::string& out, std::string_view tenant, std::uint64_t bucket) {
  KeyWriter(out).table(tenant, Table::kTimeline).u64(bucket);
}

void append_stream_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id,
                       std::uint64_t bucket) {
  KeyWriter(out).table(tenant, Table::kStream).u16(kind).name(id).u64(bucket);
}

void append_low_key(std::string& out, std::string_view tenant, std::string_view store) {
  KeyWriter(out).table(tenant, Table::kLow).name(store);
}

void append_open_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view store) {
  KeyWriter(out).table(tenant, Table::kOpen).u16(kind).name(store);
}

void append_entity_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id) {
  KeyWriter(out).table(tenant, Table::kEntity).u16(kind).rest(id);
}

void append_image_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id) {
  KeyWriter(out).table(tenant, Table::kImage).u16(kind).name(id);
}

KeyParts split_key(std::string_view key) {
  const std::size_t end = key.find('\0');
  if (end == std::string_view::npos || end + 1 >= key.size()) return {};
  return {key.substr(0, end), key[end + 1], key.substr(end + 2)};
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

void append_i64(std::string& out, std::int64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

std::int64_t load_i64(const char* bytes) {
  std::int64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::uint64_t load_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace till::read_cache
