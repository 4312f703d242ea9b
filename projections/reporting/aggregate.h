// Sums per key, added up in memory before they become one row each.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "projections/reporting/insert.h"
#include "projections/wide_sum.h"

namespace till::reporting {

// What a row adds to every aggregate, in the order of the columns. Money in minor units, cogs x 1e-4 of the major unit,
// units x 1e-5. Negative for a void or
// a return, but for their own counts and for what was returned.
struct Measures {
  std::int64_t sales = 0;
  std::int64_t voids = 0;
  std::int64_t returns = 0;
  std::int64_t units_e5 = 0;
  std::int64_t gross = 0;
  std::int64_t discount = 0;
  std::int64_t net = 0;
  std::int64_t tax = 0;
  std::int64_t total = 0;
  std::int64_t cogs_e4 = 0;
  std::int64_t returned_units_e5 = 0;  // what of units and net the returns took back, not negative
  std::int64_t returned_net = 0;
};

// One aggregate table of one batch.
class Aggregate {
 public:
  // `keys` are the table's key columns, literals with static lifetime.
  Aggregate(std::string_view table, std::span<const std::string_view> keys) : table_(table), keys_(keys) {}

  // `key` is the SQL text of the key columns' values. A sale is counted once per key however many rows it has there,
  // told by `sale_ordinal`, which differs between the sales of the batch and is not 0.
  void add(std::string_view key, const Measures& measures, std::uint64_t sale_ordinal);
  // Appends one upsert per key, in the order of keys.
  void finish(std::string_view prefix, const StatementLimits& limits, std::vector<std::string>& out) const;

 private:
  static constexpr std::size_t kMeasureCount = 12;
  struct Sums {
    std::array<WideSum, kMeasureCount> sums{};  // in the order of Measures
    std::uint64_t last_sale = 0;
  };

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::string_view table_;
  std::span<const std::string_view> keys_;
  std::unordered_map<std::string, Sums, TextHash, std::equal_to<>> rows_;
};

}  // namespace till::reporting
