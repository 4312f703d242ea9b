#include "projections/read_cache/counters.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

__extension__ typedef unsigned __int128 WideBits;

constexpr unsigned kWideBits = 128;
constexpr unsigned kVarintBits = 7;  // of each byte; the eighth says that another byte follows
constexpr unsigned char kVarintMore = 1u << kVarintBits;

// Small numbers of either sign stay short.
WideBits zigzag(WideSum value) {
  return (static_cast<WideBits>(value) << 1) ^ static_cast<WideBits>(value >> (kWideBits - 1));
}

WideSum unzigzag(WideBits value) {
  return static_cast<WideSum>((value >> 1) ^ (~(value & 1) + 1));
}

void append_signed(std::string& out, WideSum value) {
  WideBits rest = zigzag(value);
  for (; rest >= kVarintMore; rest >>= kVarintBits) out.push_back(static_cast<char>(rest | kVarintMore));
  out.push_back(static_cast<char>(rest));
}

bool take_signed(std::string_view& in, WideSum& value) {
  WideBits raw = 0;
  for (unsigned shift = 0; shift < kWideBits && !in.empty(); shift += kVarintBits) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    raw |= static_cast<WideBits>(byte & (kVarintMore - 1)) << shift;
    if ((byte & kVarintMore) != 0) continue;
    value = unzigzag(raw);
    return true;
  }
  return false;
}

template <class Map>
void append_sorted(std::string& out, const Map& counters) {
  std::vector<const typename Map::value_type*> members;
  members.reserve(counters.size());
  for (const auto& member : counters) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* const member : members) {
    append_varint(out, member->first.size());
    out.append(member->first);
    append_signed(out, member->second.count);
    append_signed(out, member->second.units_e5);
    append_signed(out, member->second.amount);
  }
}

}  // namespace

void append_row(std::string& out, const CounterMap& counters) {
  append_sorted(out, counters);
}

bool RowSum::add(std::string_view row) {
  while (!row.empty()) {
    std::uint64_t length = 0;
    if (!take_varint(row, length) || length == 0 || length > row.size()) return false;
    const std::string_view name = row.substr(0, length);
    row.remove_prefix(length);
    Counters counters;
    WideSum count = 0;
    if (!take_signed(row, count) || !take_signed(row, counters.units_e5) || !take_signed(row, counters.amount)) {
      return false;
    }
    const std::optional<std::int64_t> narrow_count = narrow(count);
    if (!narrow_count.has_value()) return false;
    counters.count = *narrow_count;
    sums_[name].add(counters);
  }
  return true;
}

void RowSum::append_to(std::string& out) const {
  append_sorted(out, sums_);
}

void RowSum::add_to(CounterMap& counters) const {
  for (const auto& [name, sum] : sums_) counters[std::string(name)].add(sum);
}

}  // namespace till::read_cache
