// Rounding of what is due in cash where the smallest coins are gone. It is an amount of its own, neither discount nor
// tax; lines and other tenders are never rounded.
#pragma once

#include <cstdint>
#include <string_view>

namespace till {

// Smallest step of a cash amount in minor units, by the cash values of CLDR 48; 1 where every amount can be paid. A
// store's own rule (five cents in Australia or Finland) goes before it.
std::int64_t cash_increment(std::string_view currency);

// To a multiple of `increment`, half away from zero, so that a refund is rounded as its sale was. increment > 0,
// |amount| <= 4 * 10^18.
std::int64_t round_cash(std::int64_t amount, std::int64_t increment);

struct CashDue {
  std::int64_t due = 0;       // in cash
  std::int64_t rounding = 0;  // due less the exact remainder
};

// What is left to pay in cash of `total` after `paid_otherwise`, rounded; both have the sign of the sale. Nothing where
// the other tenders reach the total. A customer may pay the exact remainder as well: then nothing is rounded. Bounded
// as amounts are.
CashDue cash_due(std::int64_t total, std::int64_t paid_otherwise, std::int64_t increment);

}  // namespace till
