#include "projections/reporting/apportion.h"

#include "engine/result.h"

namespace till::reporting {
namespace {

__extension__ typedef unsigned __int128 Wide;  // a product of two 64-bit amounts

}  // namespace

std::vector<std::int64_t> apportion(std::int64_t amount, std::span<const std::int64_t> weights) {
  TILL_ASSERT(!weights.empty());
  std::vector<std::int64_t> shares(weights.size(), 0);
  Wide sum = 0;
  for (const std::int64_t weight : weights) {
    TILL_ASSERT(weight >= 0);
    sum += static_cast<Wide>(weight);
  }
  if (sum == 0) {
    shares[0] = amount;
    return shares;
  }
  const bool negative = amount < 0;
  const std::uint64_t whole = negative ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::vector<Wide> remainders(weights.size());
  std::uint64_t left = whole;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Wide product = static_cast<Wide>(whole) * static_cast<Wide>(weights[i]);
    const auto share = static_cast<std::uint64_t>(product / sum);
    remainders[i] = product % sum;
    shares[i] = static_cast<std::int64_t>(share);
    left -= share;
  }
  for (; left > 0; --left) {
    std::size_t largest = 0;
    for (std::size_t i = 1; i < remainders.size(); ++i) {
      if (remainders[i] > remainders[largest]) largest = i;
    }
    ++shares[largest];
    remainders[largest] = 0;
  }
  if (negative) {
    for (std::int64_t& share : shares) share = static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(share));
  }
  return shares;
}

}  // namespace till::reporting
