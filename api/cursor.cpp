#include "api/cursor.h"

#include <cstdint>

#include "engine/vocabulary.h"

namespace till {
namespace {

constexpr std::size_t kQueryHashBytes = 8;

// FNV-1a of 64 bits, as bytes. It guards against mistakes, not against malice.
std::string query_hash(std::string_view query) {
  constexpr std::uint64_t kBasis = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = kBasis;
  for (const char c : query) hash = (hash ^ static_cast<std::uint8_t>(c)) * kPrime;
  std::string bytes;
  for (std::size_t i = 0; i < kQueryHashBytes; ++i) bytes.push_back(static_cast<char>(hash >> (8 * i)));
  return bytes;
}

}  // namespace

std::string make_cursor(std::string_view query, std::string_view last) {
  return to_hex(query_hash(query)) + to_hex(last);
}

std::optional<std::string> read_cursor(std::string_view query, std::string_view cursor) {
  if (cursor.size() > kCursorBytesMost) return std::nullopt;
  const std::optional<std::string> bytes = from_hex(cursor);
  if (!bytes || bytes->size() <= kQueryHashBytes) return std::nullopt;
  if (bytes->compare(0, kQueryHashBytes, query_hash(query)) != 0) return std::nullopt;
  return bytes->substr(kQueryHashBytes);
}

}  // namespace till
