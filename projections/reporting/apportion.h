// Exact division of an amount into shares.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace till::reporting {

// Shares of `amount` in proportion to `weights` (none negative, at least one), by largest remainder, ties to the first:
// they add up to `amount` exactly. Where all weights are 0 the first share is the whole.
std::vector<std::int64_t> apportion(std::int64_t amount, std::span<const std::int64_t> weights);

}  // namespace till::reporting
