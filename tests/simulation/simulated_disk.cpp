#include "tests/simulation/simulated_disk.h"

#include <algorithm>

namespace till::simulation {
namespace {

constexpr std::size_t kPageBytes = 512;

}  // namespace

Status SimulatedFile::append(std::string_view bytes) {
  if (troubles_.off) return Error{ErrorKind::kUnavailable, "the process is dead"};
  if (troubles_.full) {
    // A part may have found space.
    bytes_.append(bytes.substr(0, bytes.size() / 3));
    return Error{ErrorKind::kUnavailable, "no space left"};
  }
  bytes_.append(bytes);
  return {};
}

Status SimulatedFile::sync() {
  if (troubles_.off) return Error{ErrorKind::kUnavailable, "the process is dead"};
  if (troubles_.fails_sync) {
    troubles_.fails_sync = false;
    writes_lost_ = true;
    return Error{ErrorKind::kUnavailable, "the sync failed"};
  }
  if (!troubles_.lies && !writes_lost_) durable_ = bytes_.size();
  return {};
}

void SimulatedFile::replace(std::string bytes) {
  bytes_ = std::move(bytes);
  durable_ = bytes_.size();
  writes_lost_ = false;
}

void SimulatedFile::cut_power(Dice& dice) {
  const std::size_t unsynced = bytes_.size() - durable_;
  if (unsynced == 0) return;
  bytes_.resize(durable_ + dice.below(unsynced + 1));
  for (std::size_t page = durable_ / kPageBytes; page * kPageBytes < bytes_.size(); ++page) {
    if (dice.once_in(2)) continue;
    const std::size_t begin = std::max(page * kPageBytes, durable_);
    const std::size_t end = std::min((page + 1) * kPageBytes, bytes_.size());
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), bytes_.begin() + static_cast<std::ptrdiff_t>(end),
              '\0');
  }
  writes_lost_ = false;
}

}  // namespace till::simulation
