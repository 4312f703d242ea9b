// Sums per key of tables whose measures are their own, added up in memory before they become one row each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "projections/reporting/insert.h"
#include "projections/wide_sum.h"

namespace till::reporting {

// One table of one batch; its rows are sums over all batches.
class SumTable {
 public:
  // The names are literals with static lifetime.
  SumTable(std::string_view table, std::span<const std::string_view> keys, std::span<const std::string_view> values)
      : table_(table), keys_(keys), values_(values) {}

  // `key` is the SQL text of the key columns' values, `amounts` has one member for each value column.
  void add(std::string_view key, std::initializer_list<std::int64_t> amounts);
  // Appends the upserts, in the order of keys.
  void finish(std::string_view prefix, const StatementLimits& limits, std::vector<std::string>& out) const;

 private:
  std::string_view table_;
  std::span<const std::string_view> keys_;
  std::span<const std::string_view> values_;
  std::map<std::string, std::vector<WideSum>, std::less<>> rows_;
};

}  // namespace till::reporting
