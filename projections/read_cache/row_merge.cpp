#include "projections/read_cache/row_merge.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "projections/read_cache/counters.h"
#include "projections/read_cache/keys.h"
#include "schemas/cache.pb.h"

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

// Of each channel its last consent, in the order of the channels.
void keep_last(google::protobuf::RepeatedPtrField<schema::Consent>& consents) {
  std::stable_sort(consents.begin(), consents.end(),
                   [](const auto& a, const auto& b) { return a.channel() < b.channel(); });
  int kept = 0;
  for (int i = 0; i < consents.size(); ++i) {
    if (i + 1 < consents.size() && consents[i].channel() == consents[i + 1].channel()) continue;
    consents.SwapElements(kept++, i);
  }
  consents.DeleteSubrange(kept, consents.size() - kept);
}

// A customer's row as one message: what a later change has replaced, sealed data above all, does not stay in it.
bool shorten_customer(std::string& row) {
  schema::CachedCustomer customer;
  if (!customer.ParseFromString(row)) return false;
  keep_last(*customer.mutable_consents());
  return customer.SerializeToString(&row);
}

class RowMerge final : public rocksdb::MergeOperator {
 public:
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    if (!fold(in.key, in.existing_value, in.operand_list, out->new_value)) return false;
    const bool customer = split_key(in.key.ToStringView()).table == static_cast<char>(Table::kCustomer);
    return !customer || shorten_customer(out->new_value);
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
