// Exact arithmetic on money, prices and quantities: whole numbers only, one rounding, nothing lost in sharing out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schemas/errors.pb.h"
#include "schemas/values.pb.h"

namespace till {

// Wide enough for every product of two bounded values; never stored.
__extension__ typedef __int128 Wide;

// Bounds of what a client may state. Amounts in minor units, prices x 1e-4 of the major unit, quantities x 1e-5.
inline constexpr std::int64_t kAmountMost = 1'000'000'000'000'000;
inline constexpr std::int64_t kPriceMostE4 = 100'000'000'000'000'000;
inline constexpr std::int64_t kQuantityMostE5 = 100'000'000'000'000;  // 10^9 units
// Bounds of what adds up: the stock of one item, the cost of one sale.
inline constexpr std::int64_t kOnHandMostE5 = 1'000'000'000'000'000'000;
inline constexpr std::int64_t kCostMostE4 = 1'000'000'000'000'000'000;

// Decimals of the minor unit by ISO 4217 (not by CLDR, which differs); nothing for a code that is not a currency.
std::optional<int> currency_exponent(std::string_view code);

void set_money(schema::Money& money, std::int64_t amount, std::string_view currency);

// numerator / denominator, rounded half away from zero, so symmetric under negation. denominator > 0.
Wide divide_half_away(Wide numerator, Wide denominator);

// ERROR_UNSPECIFIED and the price x 1e-4 of the major unit; PRICE_INVALID where it is negative, or where not exactly
// one of its two forms is set; AMOUNT_INVALID above kPriceMostE4. `exponent` is that of the price's currency.
schema::ErrorCode unit_price_e4(const schema::UnitPrice& price, int exponent, std::int64_t& price_e4);

// quantity x price in minor units, rounded once. Both within their bounds, so the result fits Wide.
Wide line_amount(std::int64_t quantity_e5, std::int64_t price_e4, int exponent);

// quantity x cost, x 1e-4 of the major unit, rounded once.
Wide line_cost_e4(std::int64_t quantity_e5, std::int64_t cost_e4);

// Shares `whole` out in proportion to `weights` by largest remainder, ties by order: the parts sum to `whole` and each
// is less than one unit away from its exact share. Weights are not negative and their sum fits int64; where all are
// zero they count as equal. `parts` has the size of `weights`; both empty: nothing is shared.
void apportion(std::int64_t whole, std::span<const std::int64_t> weights, std::span<std::int64_t> parts);

}  // namespace till
