// The words every part shares: typed numbers, names of things in the world, digests.
// Nothing here does I/O, allocates beyond std::string, or knows a retail word.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace till {

// A number that does not mix with numbers of another meaning. `Tag` is only a name.
template <class Tag, class T = std::uint64_t>
class Number {
 public:
  constexpr Number() = default;
  constexpr explicit Number(T value) : value_(value) {}
  constexpr T value() const { return value_; }
  constexpr Number next() const { return Number(value_ + 1); }
  friend constexpr auto operator<=>(Number, Number) = default;

 private:
  T value_ = 0;
};

// Place of a transaction in one log: dense from 1; 0 is before the first.
using Position = Number<struct PositionTag>;
// Raised when history was cut; part of what names a record in the world.
using Epoch = Number<struct EpochTag>;
// Version of one stream: dense from 1; 0 is before the first event.
using StreamVersion = Number<struct StreamVersionTag>;
// Kind of a stream or entity: a value of till.schema.Kind.
using EntityKind = Number<struct EntityKindTag, std::uint16_t>;
// Microseconds since 1970-01-01 UTC.
using Micros = Number<struct MicrosTag, std::int64_t>;

// SHA-256.
using Hash = std::array<std::uint8_t, 32>;
// Keyed hash of a command as its client sent it.
using Fingerprint = std::array<std::uint8_t, 16>;
// Names one log for ever; random, made by `till init`.
using LogId = std::array<std::uint8_t, 16>;

inline constexpr Hash kZeroHash{};

template <std::size_t N>
std::string_view as_bytes(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

// Lower-case hexadecimal of any bytes.
std::string to_hex(std::string_view bytes);
// What to_hex() was given; nothing for any other text, such as one with capitals.
std::optional<std::string> from_hex(std::string_view hex);
// 0 to 15, of either case; -1 for what is no hexadecimal digit.
int hex_digit(char c);

// Copies `bytes` into an array; false where the length differs.
template <std::size_t N>
bool from_bytes(std::string_view bytes, std::array<std::uint8_t, N>& out) {
  if (bytes.size() != N) return false;
  for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<std::uint8_t>(bytes[i]);
  return true;
}

// Reads an array from what to_hex() made of one; false for any other text.
template <std::size_t N>
bool from_hex(std::string_view hex, std::array<std::uint8_t, N>& out) {
  const std::optional<std::string> bytes = from_hex(hex);
  return bytes.has_value() && from_bytes(*bytes, out);
}

// One record in the world, with the hash that proves it is the same one.
struct LogPoint {
  LogId log_id{};
  Epoch epoch;
  Position position;
  Hash hash{};  // chain value at `position`; the genesis value at 0
  friend bool operator==(const LogPoint&, const LogPoint&) = default;
};

// One entity of one tenant.
struct EntityRef {
  EntityKind kind;
  std::string id;
  friend bool operator==(const EntityRef&, const EntityRef&) = default;
};

}  // namespace till
