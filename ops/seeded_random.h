// Random numbers that are the same on every machine for one seed; whole numbers only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace till {

// SplitMix64 (Steele, Lea, Flood 2014).
class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // 0 .. bound - 1; bound > 0. The bias of the remainder is far below what a trade of this size can show.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

// Draws an index by weight.
class WeightedChoice {
 public:
  explicit WeightedChoice(const std::vector<std::uint64_t>& weights) {
    std::uint64_t sum = 0;
    for (const auto weight : weights) sums_.push_back(sum += weight);
  }
  // Zipf with exponent 1.0: the k-th of `count` is drawn in proportion to 1/k.
  static WeightedChoice zipf(std::size_t count) {
    constexpr std::uint64_t kScale = 1'000'000'000;
    std::vector<std::uint64_t> weights(count);
    for (std::size_t k = 0; k < count; ++k) weights[k] = kScale / (k + 1);
    return WeightedChoice(weights);
  }
  std::size_t draw(SeededRandom& random) const {
    const std::uint64_t at = random.below(sums_.back());
    return static_cast<std::size_t>(std::upper_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<std::uint64_t> sums_;
};

}  // namespace till
