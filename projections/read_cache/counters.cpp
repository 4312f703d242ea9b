#include "projections/read_cache/counters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

// Small numbers of either sign stay short.
std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

bool take_signed(std::string_view& in, std::int64_t& value) {
  std::uint64_t raw = 0;
  if (!take_varint(in, raw)) return false;
  value = unzigzag(raw);
  return true;
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
    append_varint(out, zigzag(member->second.count));
    append_varint(out, zigzag(member->second.units_e5));
    append_varint(out, zigzag(member->second.amount));
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
    if (!take_signed(row, counters.count) || !take_signed(row, counters.units_e5) ||
        !take_signed(row, counters.amount)) {
      return false;
    }
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
