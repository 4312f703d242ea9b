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

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string make_cursor(std::string_view query, std::string_view last) {
  return to_hex(query_hash(query)) + to_hex(last);
}

std::optional<std::string> read_cursor(std::string_view query, std::string_view cursor) {
  if (cursor.size() > kCursorBytesMost || cursor.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < cursor.size(); i += 2) {
    const int high = digit_value(cursor[i]);
    const int low = digit_value(cursor[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  if (bytes.size() <= kQueryHashBytes || bytes.compare(0, kQueryHashBytes, query_hash(query)) != 0) return std::nullopt;
  return bytes.substr(kQueryHashBytes);
}

}  // namespace till
