#include "engine/effect_lanes.h"

#include <algorithm>

namespace till {
namespace {

// Of the average, what the last delivery counts.
constexpr int kAverageOf = 4;

}  // namespace

EffectLanes::EffectLanes(std::size_t threads)
    : quick_most_(std::max<std::size_t>(1, threads / 2)),
      careful_most_(std::max<std::size_t>(1, threads / 8)),
      all_slow_most_(std::max<std::size_t>(1, threads / 2)) {}

bool EffectLanes::has_room(const Lane& lane) const {
  if (lane.slow()) return lane.in_flight < careful_most_ && slow_in_flight_ < all_slow_most_;
  return lane.in_flight < (lane.average.count() < 0 ? careful_most_ : quick_most_);
}

bool EffectLanes::enter(const std::string& target) {
  if (target.empty()) return true;
  const std::lock_guard lock(mutex_);
  if (lanes_.size() >= kReceiversMost) forget_idle();
  Lane& lane = lanes_[target];
  if (!has_room(lane)) return false;
  ++lane.in_flight;
  if (lane.slow()) ++slow_in_flight_;
  return true;
}

void EffectLanes::leave(const std::string& target, std::chrono::milliseconds took) {
  if (target.empty()) return;
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[target];
  const bool was_slow = lane.slow();
  // What is in flight changes sides with its receiver.
  if (was_slow) slow_in_flight_ -= lane.in_flight;
  lane.average = lane.average.count() < 0 ? took : lane.average + (took - lane.average) / kAverageOf;
  --lane.in_flight;
  if (lane.slow()) slow_in_flight_ += lane.in_flight;
}

std::vector<std::string> EffectLanes::full() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> targets;
  for (const auto& [target, lane] : lanes_) {
    if (!has_room(lane)) targets.push_back(target);
  }
  return targets;
}

void EffectLanes::forget_idle() {
  std::erase_if(lanes_, [](const auto& entry) { return entry.second.in_flight == 0; });
}

}  // namespace till
