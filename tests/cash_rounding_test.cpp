// What is due in cash where small coins are gone.
#include "commands/cash_rounding.h"

#include <cstdlib>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"

namespace till {

TEST_CASE("steps of cash are those of CLDR 48", "[commands][cash_rounding]") {
  CHECK(cash_increment("CAD") == 5);
  CHECK(cash_increment("CHF") == 5);
  CHECK(cash_increment("DKK") == 50);
  CHECK(cash_increment("HUF") == 500);
  for (const char* code : {"SEK", "NOK", "CZK", "RSD", "TWD", "AMD", "CRC", "GYD", "MNT", "MUR", "TZS", "UZS"}) {
    CAPTURE(code);
    CHECK(cash_increment(code) == 100);
    CHECK(currency_exponent(code) == 2);
  }
  for (const char* code : {"EUR", "USD", "AUD", "NZD", "JPY", "KWD", ""}) CHECK(cash_increment(code) == 1);
}

TEST_CASE("five cents: 1 and 2 down, 3 and 4 up, 6 and 7 down, 8 and 9 up", "[commands][cash_rounding]") {
  const std::int64_t rounded[] = {1000, 1000, 1000, 1005, 1005, 1005, 1005, 1005, 1010, 1010, 1010};
  for (std::int64_t i = 0; i <= 10; ++i) {
    CAPTURE(i);
    CHECK(round_cash(1000 + i, 5) == rounded[i]);
    CHECK(round_cash(-1000 - i, 5) == -rounded[i]);
  }
}

TEST_CASE("half a step goes away from zero, for a refund as for its sale", "[commands][cash_rounding]") {
  CHECK(round_cash(12'950, 100) == 13'000);
  CHECK(round_cash(-12'950, 100) == -13'000);
  CHECK(round_cash(12'925, 50) == 12'950);
  CHECK(round_cash(-12'925, 50) == -12'950);
  CHECK(round_cash(12'933, 10) == 12'930);
  CHECK(round_cash(-12'933, 10) == -12'930);
  CHECK(round_cash(123'250, cash_increment("HUF")) == 123'500);
  CHECK(round_cash(7, 1) == 7);
}

TEST_CASE("only what other tenders leave is rounded", "[commands][cash_rounding]") {
  const CashDue all = cash_due(1'003, 0, 5);
  CHECK(all.due == 1'005);
  CHECK(all.rounding == 2);
  const CashDue rest = cash_due(1'003, 1'001, 5);
  CHECK(rest.due == 0);
  CHECK(rest.rounding == -2);
  const CashDue paid = cash_due(1'003, 1'003, 5);
  CHECK(paid.due == 0);
  CHECK(paid.rounding == 0);
  CHECK(cash_due(1'003, 1'100, 5).due == 0);
  CHECK(cash_due(1'003, 1'100, 5).rounding == 0);
  const CashDue refund = cash_due(-1'003, 0, 5);
  CHECK(refund.due == -1'005);
  CHECK(refund.rounding == -2);
  CHECK(cash_due(-1'003, -1'003, 5).due == 0);
}

TEST_CASE("rounding of cash is symmetric and at most half a step", "[commands][cash_rounding][property]") {
  CHECK(rc::check([] {
    const auto total = *rc::gen::inRange<std::int64_t>(-kAmountMost, kAmountMost);
    const auto other = *rc::gen::inRange<std::int64_t>(-kAmountMost, kAmountMost);
    const auto step = *rc::gen::element<std::int64_t>(1, 5, 10, 50, 100, 500);
    const CashDue due = cash_due(total, other, step);
    const CashDue refund = cash_due(-total, -other, step);
    RC_PRE(total != 0);
    RC_ASSERT(refund.due == -due.due);
    RC_ASSERT(refund.rounding == -due.rounding);
    RC_ASSERT(due.due % step == 0);
    RC_ASSERT(2 * std::abs(due.rounding) <= step);
    RC_ASSERT(due.due == 0 || due.due - due.rounding == total - other);
  }));
}

}  // namespace till
