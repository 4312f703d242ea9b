#include "commands/money.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "commands/scratch.h"

namespace till {
namespace {

struct Exponent {
  std::string_view code;
  int decimals;
};

// Currencies whose minor unit is not a hundredth.
constexpr std::array kUnusual = std::to_array<Exponent>({
    {"BHD", 3}, {"BIF", 0}, {"CLF", 4}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"IQD", 3}, {"ISK", 0}, {"JOD", 3},
    {"JPY", 0}, {"KMF", 0}, {"KRW", 0}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"PYG", 0}, {"RWF", 0}, {"TND", 3},
    {"UGX", 0}, {"UYI", 0}, {"UYW", 4}, {"VND", 0}, {"VUV", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0},
});

// Currencies of two decimals; those withdrawn since 2020 stay, for sales of that time.
constexpr std::array kUsual = std::to_array<std::string_view>({
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND",
    "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY", "COP", "COU",
    "CRC", "CUC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES",
    "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT",
    "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB",
    "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP",
    "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD",
    "TZS", "UAH", "USD", "USN", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG", "ZWL",
});

static_assert(std::ranges::is_sorted(kUsual));
static_assert(std::ranges::is_sorted(kUnusual, {}, &Exponent::code));

constexpr std::array<std::int64_t, 10> kPowers{1,       10,        100,        1'000,       10'000,
                                               100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
constexpr int kPriceDecimals = 4;
constexpr int kQuantityDecimals = 5;

std::int64_t power_of_ten(int exponent) {
  return kPowers[static_cast<std::size_t>(exponent)];
}

// The product where it fits 64 bits, which keeps division off the slow 128-bit path; else nothing.
std::optional<std::int64_t> narrow_product(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// One unit more to each of the `left` parts with the largest remainders, the earlier first among equals.
void hand_out_rest(std::size_t left, std::span<const std::int64_t> remainders, std::span<std::int64_t> parts) {
  Scratch<std::uint32_t> order(parts.size());
  const std::span<std::uint32_t> all = order.all();
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  std::ranges::sort(all, [&](std::uint32_t a, std::uint32_t b) {
    return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b;
  });
  for (std::size_t i = 0; i < left; ++i) ++parts[all[i]];
}

// floor(whole * weight / sum) and what is left of the division.
std::int64_t floor_share(std::int64_t whole, std::int64_t weight, std::int64_t sum, std::int64_t& remainder) {
  if (const auto product = narrow_product(whole, weight)) {
    remainder = *product % sum;
    return *product / sum;
  }
  const Wide product = static_cast<Wide>(whole) * weight;
  remainder = static_cast<std::int64_t>(product % sum);
  return static_cast<std::int64_t>(product / sum);
}

}  // namespace

std::optional<int> currency_exponent(std::string_view code) {
  if (code == "USD" || code == "EUR") return 2;
  if (std::ranges::binary_search(kUsual, code)) return 2;
  const auto found = std::ranges::lower_bound(kUnusual, code, {}, &Exponent::code);
  if (found != kUnusual.end() && found->code == code) return found->decimals;
  return std::nullopt;
}

void set_money(schema::Money& money, std::int64_t amount, std::string_view currency) {
  money.set_amount(amount);
  money.set_currency(currency.data(), currency.size());
}

Wide divide_half_away(Wide numerator, Wide denominator) {
  const Wide half = denominator / 2;
  const bool odd = denominator % 2 != 0;
  const Wide quotient = numerator / denominator;
  const Wide rest = numerator % denominator;
  const Wide distance = rest < 0 ? -rest : rest;
  const bool away = odd ? distance > half : distance >= half;
  if (!away || distance == 0) return quotient;
  return numerator < 0 ? quotient - 1 : quotient + 1;
}

schema::ErrorCode unit_price_e4(const schema::UnitPrice& price, int exponent, std::int64_t& price_e4) {
  if (price.has_amount() == price.has_amount_e4()) return schema::PRICE_INVALID;
  const std::int64_t stated = price.has_amount() ? price.amount() : price.amount_e4();
  if (stated < 0) return schema::PRICE_INVALID;
  const std::int64_t factor = price.has_amount() ? power_of_ten(kPriceDecimals - exponent) : 1;
  const auto scaled = narrow_product(stated, factor);
  if (!scaled || *scaled > kPriceMostE4) return schema::AMOUNT_INVALID;
  price_e4 = *scaled;
  return schema::ERROR_UNSPECIFIED;
}

namespace {

// quantity x value / 10^decimals, rounded half away from zero.
Wide scaled_product(std::int64_t quantity_e5, std::int64_t value, int decimals) {
  const std::int64_t divisor = power_of_ten(decimals);
  const auto product = narrow_product(quantity_e5, value);
  if (!product) return divide_half_away(static_cast<Wide>(quantity_e5) * value, divisor);
  const std::int64_t quotient = *product / divisor;
  const std::int64_t rest = *product % divisor;
  if (rest >= 0) return rest >= divisor - rest ? quotient + 1 : quotient;
  return -rest >= divisor + rest ? quotient - 1 : quotient;
}

}  // namespace

Wide line_amount(std::int64_t quantity_e5, std::int64_t price_e4, int exponent) {
  return scaled_product(quantity_e5, price_e4, kQuantityDecimals + kPriceDecimals - exponent);
}

Wide line_cost_e4(std::int64_t quantity_e5, std::int64_t cost_e4) {
  return scaled_product(quantity_e5, cost_e4, kQuantityDecimals);
}

void apportion(std::int64_t whole, std::span<const std::int64_t> weights, std::span<std::int64_t> parts) {
  if (parts.empty()) return;
  std::int64_t sum = 0;
  for (const std::int64_t weight : weights) sum += weight;
  const bool equal = sum == 0;
  if (equal) sum = static_cast<std::int64_t>(parts.size());
  // Sharing the absolute value keeps the result symmetric under negation; int64's lowest value has none.
  const bool negative = whole < 0;
  const std::int64_t size = negative ? -std::max(whole, -std::numeric_limits<std::int64_t>::max()) : whole;
  Scratch<std::int64_t> remainders(parts.size());
  const std::span<std::int64_t> rests = remainders.all();
  std::int64_t left = size;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = floor_share(size, equal ? 1 : weights[i], sum, rests[i]);
    left -= parts[i];
  }
  if (left > 0) hand_out_rest(static_cast<std::size_t>(left), rests, parts);
  if (negative) {
    for (std::int64_t& part : parts) part = -part;
  }
}

}  // namespace till
