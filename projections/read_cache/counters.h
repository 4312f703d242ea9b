// Additive counters of the dashboards and the stored rows that hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "projections/wide_sum.h"

namespace till::read_cache {

// What is counted of sales, lines or tenders. Subtracting what was added leaves zeros, not nothing: a member once made
// stays, so that live and rebuilt rows are equal byte by byte.
struct Counters {
  std::int64_t count = 0;
  WideSum units_e5 = 0;
  WideSum amount = 0;  // minor units: net of sales and lines, the tendered amount less change of tenders
  void add(const Counters& other, std::int64_t sign = 1) {
    count += sign * other.count;
    units_e5 += sign * other.units_e5;
    amount += sign * other.amount;
  }
};

// First character of a member's name: what it counts. The hour or the type of tender follows as one byte, a product as
// its SKU, an employee as the id.
enum class Measure : char {
  kEmployee = 'e',
  kHour = 'h',
  kProduct = 'p',
  kTender = 't',
  kTotal = 'z',
};

// Counters by member.
using CounterMap = absl::flat_hash_map<std::string, Counters>;

// Stored form: members ascending by name, each number a zigzag varint as long as it needs. Rows add up member by
// member, in any order and grouping, so that a change is written without reading what it changes.
void append_row(std::string& out, const CounterMap& counters);

// Adds up stored rows; the names point into them.
class RowSum {
 public:
  // False where the bytes are not a row.
  bool add(std::string_view row);
  void append_to(std::string& out) const;
  void add_to(CounterMap& counters) const;
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [name, counters] : sums_) visit(name, counters);
  }

 private:
  // By the hash of the library at hand: names are views.
  struct NameHash {
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  absl::flat_hash_map<std::string_view, Counters, NameHash, std::equal_to<>> sums_;
};

}  // namespace till::read_cache
