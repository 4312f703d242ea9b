#include "commands/cash_rounding.h"

#include <algorithm>
#include <array>

#include "commands/money.h"

namespace till {
namespace {

struct Increment {
  std::string_view currency;
  std::int64_t minor;
};

// CLDR counts in the decimals that are in daily use, ISO 4217 in those of the currency: five forint are 500 of them.
constexpr std::array kIncrements = std::to_array<Increment>({
    {"AMD", 100},
    {"CAD", 5},
    {"CHF", 5},
    {"CRC", 100},
    {"CZK", 100},
    {"DKK", 50},
    {"GYD", 100},
    {"HUF", 500},
    {"MNT", 100},
    {"MUR", 100},
    {"NOK", 100},
    {"RSD", 100},
    {"SEK", 100},
    {"TWD", 100},
    {"TZS", 100},
    {"UZS", 100},
});
static_assert(std::ranges::is_sorted(kIncrements, {}, &Increment::currency));

}  // namespace

std::int64_t cash_increment(std::string_view currency) {
  const auto found = std::ranges::lower_bound(kIncrements, currency, {}, &Increment::currency);
  return found != kIncrements.end() && found->currency == currency ? found->minor : 1;
}

std::int64_t round_cash(std::int64_t amount, std::int64_t increment) {
  return static_cast<std::int64_t>(divide_half_away(amount, increment) * increment);
}

CashDue cash_due(std::int64_t total, std::int64_t paid_otherwise, std::int64_t increment) {
  const std::int64_t remainder = total - paid_otherwise;
  if (total >= 0 ? remainder <= 0 : remainder >= 0) return {};
  const std::int64_t due = round_cash(remainder, increment);
  return {due, due - remainder};
}

}  // namespace till
