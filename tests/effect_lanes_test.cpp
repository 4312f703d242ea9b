// Receivers of one effect do not hold each other up.
#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>

#include "engine/effect_lanes.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kThreads = 32;

std::size_t enter_all(EffectLanes& lanes, const std::string& target) {
  std::size_t entered = 0;
  while (entered <= kThreads && lanes.enter(target)) ++entered;
  return entered;
}

void make_known(EffectLanes& lanes, const std::string& target, std::chrono::milliseconds took) {
  REQUIRE(lanes.enter(target));
  lanes.leave(target, took);
}

}  // namespace

TEST_CASE("effect lanes: an effect with one receiver has no lanes", "[effects]") {
  EffectLanes lanes(kThreads);
  CHECK(enter_all(lanes, "") == kThreads + 1);
  CHECK(lanes.full().empty());
}

TEST_CASE("effect lanes: a quick receiver has half of the threads, a slow or unknown one an eighth", "[effects]") {
  EffectLanes lanes(kThreads);
  CHECK(enter_all(lanes, "unknown") == kThreads / 8);
  make_known(lanes, "quick", 3ms);
  CHECK(enter_all(lanes, "quick") == kThreads / 2);
  make_known(lanes, "slow", 2s);
  CHECK(enter_all(lanes, "slow") == kThreads / 8);
  std::vector<std::string> full = lanes.full();
  std::ranges::sort(full);
  CHECK(full == std::vector<std::string>{"quick", "slow", "unknown"});
}

TEST_CASE("effect lanes: all slow receivers together leave half of the threads to the others", "[effects]") {
  EffectLanes lanes(kThreads);
  std::size_t entered = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string target = "slow" + std::to_string(i);
    make_known(lanes, target, 2s);
    entered += enter_all(lanes, target);
  }
  CHECK(entered == kThreads / 2);
  CHECK(lanes.enter("other"));
}

TEST_CASE("effect lanes: a receiver that becomes quick again is treated so", "[effects]") {
  EffectLanes lanes(kThreads);
  make_known(lanes, "r", 2s);
  for (int i = 0; i < 20; ++i) make_known(lanes, "r", 1ms);
  CHECK(enter_all(lanes, "r") == kThreads / 2);
}

}  // namespace till::testing
