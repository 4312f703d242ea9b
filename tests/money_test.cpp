// Exact arithmetic: rounding, sharing out, currencies.
#include "commands/money.h"

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

namespace till {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t rounded(std::int64_t numerator, std::int64_t denominator) {
  return static_cast<std::int64_t>(divide_half_away(numerator, denominator));
}

std::vector<std::int64_t> shared(std::int64_t whole, const std::vector<std::int64_t>& weights) {
  std::vector<std::int64_t> parts(weights.size());
  apportion(whole, weights, parts);
  return parts;
}

std::int64_t sum_of(const std::vector<std::int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

rc::Gen<std::vector<std::int64_t>> any_weights() {
  return rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, kAmountMost)));
}

}  // namespace

TEST_CASE("half a unit is rounded away from zero", "[commands][money]") {
  CHECK(rounded(5, 10) == 1);
  CHECK(rounded(-5, 10) == -1);
  CHECK(rounded(4, 10) == 0);
  CHECK(rounded(15, 10) == 2);
  CHECK(rounded(25, 10) == 3);
  CHECK(rounded(-25, 10) == -3);
  CHECK(rounded(1, 3) == 0);
  CHECK(rounded(2, 3) == 1);
  CHECK(rounded(0, 7) == 0);
  CHECK(rounded(7, 1) == 7);
}

TEST_CASE("a line's amount follows the currency's exponent", "[commands][money]") {
  CHECK(line_amount(125'000, 199'900, 2) == 2'499);  // 1.25 x 19.99 = 24.9875
  CHECK(line_amount(100'000, 1'290'000, 0) == 129);  // a yen has no minor unit
  CHECK(line_amount(100'000, 12'905, 3) == 1'291);   // 1.2905 dinar
  CHECK(line_amount(300'000, 12'345, 4) == 37'035);
  CHECK(line_amount(-50'000, 12'900, 2) == -65);
  CHECK(line_amount(kQuantityMostE5, kPriceMostE4, 2) == static_cast<Wide>(kAmountMost) * 1'000'000'000);
  CHECK(line_cost_e4(150'000, 3) == 5);  // 4.5
}

TEST_CASE("exponents are those of ISO 4217", "[commands][money]") {
  CHECK(currency_exponent("USD") == 2);
  CHECK(currency_exponent("EUR") == 2);
  CHECK(currency_exponent("AED") == 2);
  CHECK(currency_exponent("ZWL") == 2);
  CHECK(currency_exponent("HUF") == 2);  // CLDR says 0
  CHECK(currency_exponent("IQD") == 3);  // CLDR says 0
  for (const char* code : {"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "PYG", "RWF", "XAF", "XOF", "XPF", "BIF", "DJF",
                           "GNF", "KMF", "VUV"}) {
    CHECK(currency_exponent(code) == 0);
  }
  for (const char* code : {"BHD", "JOD", "KWD", "LYD", "OMR", "TND"}) CHECK(currency_exponent(code) == 3);
  for (const char* code : {"CLF", "UYW"}) CHECK(currency_exponent(code) == 4);
  for (const char* code : {"", "US", "usd", "USDX", "XTS", "XAU", "ZZZ", "AAA"}) {
    CHECK_FALSE(currency_exponent(code).has_value());
  }
}

TEST_CASE("largest remainder, ties by order", "[commands][money]") {
  CHECK(shared(100, {1, 1, 1}) == std::vector<std::int64_t>{34, 33, 33});
  CHECK(shared(200, {258, 2'499, 100}) == std::vector<std::int64_t>{18, 175, 7});
  CHECK(shared(-100, {1, 1, 1}) == std::vector<std::int64_t>{-34, -33, -33});
  CHECK(shared(5, {0, 0}) == std::vector<std::int64_t>{3, 2});
  CHECK(shared(5, {0, 9, 0}) == std::vector<std::int64_t>{0, 5, 0});
  CHECK(shared(0, {3, 4}) == std::vector<std::int64_t>{0, 0});
  CHECK(shared(7, {}).empty());
  CHECK(sum_of(shared(kAmountMost, {kMost / 2, kMost / 2, 1})) == kAmountMost);
  CHECK(sum_of(shared(-kMost - 1, {1, 2})) == -kMost);  // has no opposite: bounded amounts never come near it
}

TEST_CASE("rounding is symmetric and never further than half", "[commands][money][property]") {
  CHECK(rc::check([](std::int64_t numerator, std::int64_t raw) {
    const Wide denominator = static_cast<Wide>(raw < 0 ? -(raw + 1) : raw) + 1;
    const Wide result = divide_half_away(numerator, denominator);
    RC_ASSERT(divide_half_away(-static_cast<Wide>(numerator), denominator) == -result);
    const Wide twice = 2 * (result * denominator - numerator);
    RC_ASSERT((twice < 0 ? -twice : twice) <= denominator);
  }));
}

TEST_CASE("a line's amount is symmetric in the quantity", "[commands][money][property]") {
  CHECK(rc::check([] {
    const auto quantity = *rc::gen::inRange<std::int64_t>(-kQuantityMostE5, kQuantityMostE5);
    const auto price = *rc::gen::inRange<std::int64_t>(0, kPriceMostE4);
    const int exponent = *rc::gen::inRange(0, 5);
    const Wide amount = line_amount(quantity, price, exponent);
    RC_ASSERT(line_amount(-quantity, price, exponent) == -amount);
    Wide divisor = 100'000;
    for (int i = exponent; i < 4; ++i) divisor *= 10;
    RC_ASSERT(amount == divide_half_away(static_cast<Wide>(quantity) * price, divisor));
  }));
}

TEST_CASE("parts sum to the whole and stay within one unit", "[commands][money][property]") {
  CHECK(rc::check([] {
    const auto weights = *any_weights();
    const auto whole = *rc::gen::inRange<std::int64_t>(-kAmountMost, kAmountMost);
    const auto parts = shared(whole, weights);
    RC_ASSERT(sum_of(parts) == whole);
    const std::int64_t sum = sum_of(weights);
    const Wide total = sum == 0 ? static_cast<Wide>(weights.size()) : static_cast<Wide>(sum);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Wide weight = sum == 0 ? 1 : weights[i];
      const Wide away = static_cast<Wide>(parts[i]) * total - static_cast<Wide>(whole) * weight;
      RC_ASSERT((away < 0 ? -away : away) < total);
    }
    auto opposite = shared(-whole, weights);
    for (std::int64_t& part : opposite) part = -part;
    RC_ASSERT(opposite == parts);
  }));
}

}  // namespace till
