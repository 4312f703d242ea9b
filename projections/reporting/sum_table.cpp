#include "projections/reporting/sum_table.h"

#include "engine/result.h"

namespace till::reporting {

void SumTable::add(std::string_view key, std::initializer_list<std::int64_t> amounts) {
  TILL_ASSERT(amounts.size() == values_.size());
  auto found = rows_.find(key);
  if (found == rows_.end()) found = rows_.emplace(key, std::vector<WideSum>(values_.size())).first;
  auto sum = found->second.begin();
  for (const std::int64_t amount : amounts) *sum++ += amount;
}

void SumTable::finish(std::string_view prefix, const StatementLimits& limits, std::vector<std::string>& out) const {
  if (rows_.empty()) return;
  InsertRows insert({table_, keys_, values_, OnDuplicate::kAdd}, prefix, limits);
  for (const auto& [key, sums] : rows_) {
    SqlText& sql = insert.begin_row();
    sql.raw(key);
    for (const WideSum sum : sums) {
      sql.comma();
      sql.integer(sum);
    }
    insert.end_row();
  }
  insert.finish(out);
}

}  // namespace till::reporting
