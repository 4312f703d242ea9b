// How many alerts are sent, and what becomes of the others.
#include "projections/effects/alert_limiter.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

namespace till::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecondUs = 1'000'000;

}  // namespace

TEST_CASE("a carrier that does not come back is replaced", "[effects][alerts]") {
  AlertLimiter limiter;
  const AlertLane lane{.tenant = "acme", .kind = schema::Alert::LOW_STOCK, .target = "slack"};
  const AlertPace pace{.most = 1, .interval = 60s};
  const auto take = [&](std::uint64_t position, std::int64_t second) {
    return limiter.take(lane, {Position(position), 0}, std::to_string(position), pace, Micros(second * kSecondUs));
  };
  CHECK(take(1, 0).kind == AlertTurn::Kind::kSend);
  CHECK(take(2, 1).kind == AlertTurn::Kind::kWait);
  CHECK(take(3, 2).kind == AlertTurn::Kind::kCounted);
  // 2 was discarded; what comes while there is room says what is known.
  const AlertTurn late = take(4, 60);
  CHECK(late.kind == AlertTurn::Kind::kSend);
  CHECK(late.more == 1);
  CHECK(take(5, 61).kind == AlertTurn::Kind::kCounted);
  CHECK(take(6, 121).kind == AlertTurn::Kind::kSend);
  CHECK(take(7, 122).kind == AlertTurn::Kind::kCounted);
  for (std::uint64_t i = 0; i < 12; ++i) take(100 + i, 200 + static_cast<std::int64_t>(i) * 60);
  const AlertTurn turn = take(200, 861);
  CHECK(turn.kind == AlertTurn::Kind::kWait);
  CHECK(turn.until > Micros(861 * kSecondUs));
}

TEST_CASE("the limiter keeps a bounded number of lanes", "[effects][alerts]") {
  AlertLimiter limiter;
  const AlertPace pace{.most = 1, .interval = 60s};
  for (std::size_t i = 0; i < 3 * AlertLimiter::kLanesMost; ++i) {
    const AlertLane lane{.tenant = "t" + std::to_string(i), .kind = schema::Alert::LOW_STOCK, .target = "slack"};
    const Micros now(static_cast<std::int64_t>(i) * kSecondUs);
    CHECK(limiter.take(lane, {Position(i + 1), 0}, "s", pace, now).kind == AlertTurn::Kind::kSend);
  }
}

}  // namespace till::testing
