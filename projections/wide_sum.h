// Sums of 64-bit amounts that no number of sales makes overflow: 10^20 of the greatest amount fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace till {

__extension__ typedef __int128 WideSum;

// Decimal digits, after a minus sign where negative.
std::string to_text(WideSum sum);
// Nothing where `digits` is no whole number or leaves 128 bits.
std::optional<WideSum> parse_wide_sum(std::string_view digits);
// Nothing where it leaves 64 bits.
std::optional<std::int64_t> narrow(WideSum sum);

}  // namespace till
