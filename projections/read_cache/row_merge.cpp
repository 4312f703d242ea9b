#include "projections/read_cache/row_merge.h"

#include <deque>
#include <string>
#include <vector>

#include "projections/read_cache/counters.h"
#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

template <class Operands>
bool fold(const rocksdb::Slice& key, const rocksdb::Slice* existing, const Operands& operands, std::string& out) {
  out.clear();
  if (split_key(key.ToStringView()).table == static_cast<char>(Table::kBoard)) {
    RowSum sum;
    if (existing != nullptr && !sum.add(existing->ToStringView())) return false;
    for (const rocksdb::Slice& operand : operands) {
      if (!sum.add(operand.ToStringView())) return false;
    }
    sum.append_to(out);
    return true;
  }
  std::size_t bytes = existing != nullptr ? existing->size() : 0;
  for (const rocksdb::Slice& operand : operands) bytes += operand.size();
  out.reserve(bytes);
  if (existing != nullptr) out.append(existing->data(), existing->size());
  for (const rocksdb::Slice& operand : operands) out.append(operand.data(), operand.size());
  return true;
}

class RowMerge final : public rocksdb::MergeOperator {
 public:
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    return fold(in.key, in.existing_value, in.operand_list, out->new_value);
  }
  bool PartialMergeMulti(const rocksdb::Slice& key, const std::deque<rocksdb::Slice>& operands, std::string* new_value,
                         rocksdb::Logger* /*logger*/) const override {
    return fold(key, nullptr, operands, *new_value);
  }
  const char* Name() const override { return "till.read_cache.rows"; }
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> make_row_merge() {
  return std::make_shared<RowMerge>();
}

}  // namespace till::read_cache
