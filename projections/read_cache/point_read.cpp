#include "projections/read_cache/point_read.h"

#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

constexpr std::size_t kUsualKeyBytes = 64;

}  // namespace

PointRead::PointRead(std::size_t keys) {
  buffer_.reserve((keys + 1) * kUsualKeyBytes);
  buffer_.append(kCheckpointKey);
  add();
}

Result<LogPoint> PointRead::run(Generation& generation) {
  if (Status readable = generation.readable(); !readable.ok()) return readable.error();
  const std::size_t count = ends_.size();
  absl::InlinedVector<rocksdb::Slice, kUsualRows> keys;
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    keys.emplace_back(buffer_.data() + begin, end - begin);
    begin = end;
  }
  values_.resize(count);
  found_.resize(count);
  absl::InlinedVector<rocksdb::Status, kUsualRows> statuses(count);
  // All keys of one call are read at one sequence number of the store.
  rocksdb::DB& db = generation.db();
  db.MultiGet({}, db.DefaultColumnFamily(), count, keys.data(), values_.data(), statuses.data());
  for (std::size_t i = 0; i < count; ++i) {
    found_[i] = statuses[i].ok();
    if (!statuses[i].ok() && !statuses[i].IsNotFound()) return generation.read_error(statuses[i], "reading");
  }
  LogPoint at;
  if (found_[0] && !decode_point(values_[0].ToStringView(), at)) {
    return generation.read_error(rocksdb::Status::Corruption("the checkpoint is not one"), "reading");
  }
  return at;
}

}  // namespace till::read_cache
