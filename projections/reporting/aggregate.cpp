#include "projections/reporting/aggregate.h"

#include <algorithm>
#include <array>

namespace till::reporting {
namespace {

constexpr std::array<std::string_view, 12> kMeasureNames{
    "sales", "voids", "returns", "units_e5",          "gross",       "discount", "net",
    "tax",   "total", "cogs_e4", "returned_units_e5", "returned_net"};
// The first of them count sales.
constexpr std::size_t kCounts = 3;
constexpr std::array<std::int64_t Measures::*, 12> kMeasures{&Measures::sales,
                                                             &Measures::voids,
                                                             &Measures::returns,
                                                             &Measures::units_e5,
                                                             &Measures::gross,
                                                             &Measures::discount,
                                                             &Measures::net,
                                                             &Measures::tax,
                                                             &Measures::total,
                                                             &Measures::cogs_e4,
                                                             &Measures::returned_units_e5,
                                                             &Measures::returned_net};

}  // namespace

void Aggregate::add(std::string_view key, const Measures& measures, std::uint64_t sale_ordinal) {
  auto found = rows_.find(key);
  if (found == rows_.end()) found = rows_.emplace(key, Sums{}).first;
  Sums& sums = found->second;
  const bool counted = sums.last_sale == sale_ordinal;
  sums.last_sale = sale_ordinal;
  for (std::size_t i = 0; i < kMeasures.size(); ++i) {
    if (counted && i < kCounts) continue;
    sums.sums[i] += measures.*kMeasures[i];
  }
}

void Aggregate::finish(std::string_view prefix, const StatementLimits& limits, std::vector<std::string>& out) const {
  // In key order: neighbours land on the same page, and no two writers lock rows crosswise.
  std::vector<const decltype(rows_)::value_type*> sorted;
  sorted.reserve(rows_.size());
  for (const auto& row : rows_) sorted.push_back(&row);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  InsertRows insert({table_, keys_, kMeasureNames, OnDuplicate::kAdd}, prefix, limits);
  for (const auto* const row : sorted) {
    SqlText& sql = insert.begin_row();
    sql.raw(row->first);
    for (const WideSum sum : row->second.sums) {
      sql.comma();
      sql.integer(sum);
    }
    insert.end_row();
  }
  insert.finish(out);
}

}  // namespace till::reporting
