// Reads of single rows together with the checkpoint, as one cut of the store without the cost of a snapshot.
#pragma once

#include <string_view>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "projections/read_cache/generation.h"

namespace till::read_cache {

// Keys written one after the other into one buffer, then read at once. One thread, one use.
class PointRead {
 public:
  // Room for `keys` rows.
  explicit PointRead(std::size_t keys);
  // The key that add() will take is what stands in buffer() since the last add().
  std::string& buffer() { return buffer_; }
  void add() { ends_.push_back(buffer_.size()); }
  // Reads all rows in the order added, and the point they reflect.
  Result<LogPoint> run(Generation& generation);
  // Row `index`; nullptr where there is none. Valid as long as this object.
  const rocksdb::PinnableSlice* row(std::size_t index) const {
    return found_[index + 1] ? &values_[index + 1] : nullptr;
  }

 private:
  static constexpr std::size_t kUsualRows = 9;
  std::string buffer_;
  absl::InlinedVector<std::size_t, kUsualRows> ends_;
  absl::InlinedVector<rocksdb::PinnableSlice, kUsualRows> values_;
  absl::InlinedVector<bool, kUsualRows> found_;
};

}  // namespace till::read_cache
