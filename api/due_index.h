// Moments at which something is over, in order and in bounded memory: what lies beyond a horizon is not kept, and who
// fills the index asks for it again before the horizon comes.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "engine/vocabulary.h"

namespace till {

enum class DueKind : std::uint8_t {
  kReservation,
  kCouponReservation,
  kGiftCardHold,
  kPoints,
  kTimecard,
  kStoreCredit,
};

// Something of a tenant that is over at `at`. Only a hint: it may have ended before, and the rules decide.
struct Due {
  Micros at;
  DueKind kind = DueKind::kReservation;
  std::string tenant;
  std::string id;  // of the reservation, coupon, gift card, customer or employee
  // The sale of a coupon's reservation, the hold of a gift card, the store of points or credit; may be empty.
  std::string part;
  friend auto operator<=>(const Due&, const Due&) = default;
};

// One thread.
class DueIndex {
 public:
  // Keeps at most `most`, about 200 bytes each.
  explicit DueIndex(std::size_t most) : most_(most) {}

  // From now on keeps what is due before `horizon`.
  void open(Micros horizon) { horizon_ = horizon; }
  // Not kept at or beyond the horizon. Where there are too many the latest goes, and its moment becomes the horizon.
  void add(Due due);
  // Takes out the first that is due by `now`.
  std::optional<Due> take(Micros now);

  // What is due before this moment is all here.
  Micros horizon() const { return horizon_; }
  std::size_t size() const { return dues_.size(); }

 private:
  const std::size_t most_;
  Micros horizon_;
  std::set<Due> dues_;
};

}  // namespace till
