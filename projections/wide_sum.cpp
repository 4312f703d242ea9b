#include "projections/wide_sum.h"

#include <algorithm>
#include <limits>

namespace till {

std::string to_text(WideSum sum) {
  // Digits are taken from the negative side, which has a value more than the positive one.
  WideSum rest = sum < 0 ? sum : -sum;
  std::string text;
  do {
    text.push_back(static_cast<char>('0' - static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (sum < 0) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<WideSum> parse_wide_sum(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  WideSum sum = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    const WideSum value = negative ? '0' - digit : digit - '0';
    if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, value, &sum)) return std::nullopt;
  }
  return sum;
}

std::optional<std::int64_t> narrow(WideSum sum) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (sum < Limits::min() || sum > Limits::max()) return std::nullopt;
  return static_cast<std::int64_t>(sum);
}

}  // namespace till
