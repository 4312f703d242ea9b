// Keeps receivers of one effect apart, so that slow ones do not take every thread: each may have so many deliveries in
// flight, slow ones fewer, and all slow ones together half of the threads at most.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace till {

// Thread safe.
class EffectLanes {
 public:
  // A receiver is slow while its deliveries take so long, averaged over the last few.
  static constexpr std::chrono::milliseconds kSlow{500};
  // Receivers that are remembered; idle ones are forgotten beyond it, and begin as unknown ones again.
  static constexpr std::size_t kReceiversMost = 10'000;

  explicit EffectLanes(std::size_t threads);

  // Whether a delivery to the target may begin now; leave() has to follow where it may. The target "" always may.
  bool enter(const std::string& target);
  void leave(const std::string& target, std::chrono::milliseconds took);
  // Targets whose next delivery may not begin now.
  std::vector<std::string> full() const;

 private:
  struct Lane {
    std::size_t in_flight = 0;
    std::chrono::milliseconds average{-1};  // of a delivery; below 0: none has ended
    bool slow() const { return average >= kSlow; }
  };
  bool has_room(const Lane& lane) const;
  void forget_idle();

  const std::size_t quick_most_;     // in flight to a receiver
  const std::size_t careful_most_;   // to a slow or unknown one
  const std::size_t all_slow_most_;  // to all slow ones together
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Lane> lanes_;
  std::size_t slow_in_flight_ = 0;
};

}  // namespace till
