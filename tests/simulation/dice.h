// All chance of a simulation: the same seed gives the same run on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace till::simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  // 0 to bound - 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  // True once in `times` throws.
  bool once_in(std::size_t times) { return below(times) == 0; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace till::simulation
