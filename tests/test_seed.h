// Seeds of random tests. A test prints its own, and TILL_SEED repeats it.
#pragma once

#include <cstdlib>
#include <random>

namespace till::testing {

inline unsigned test_seed() {
  const char* const given = std::getenv("TILL_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
}

}  // namespace till::testing
