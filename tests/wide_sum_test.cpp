// Sums beyond 64 bits, to text and back.
#include "projections/wide_sum.h"

#include <catch2/catch.hpp>

#include <limits>

namespace till {

TEST_CASE("wide sums: text and back, to both ends", "[wide_sum]") {
  const WideSum half = WideSum{1} << 126;
  const WideSum most = half - 1 + half;
  const WideSum least = -most - 1;
  CHECK(to_text(most) == "170141183460469231731687303715884105727");
  CHECK(to_text(least) == "-170141183460469231731687303715884105728");
  for (const WideSum sum : {WideSum{0}, WideSum{-1}, WideSum{1999}, -half / 3, most, least}) {
    const std::optional<WideSum> read = parse_wide_sum(to_text(sum));
    REQUIRE(read.has_value());
    CHECK((*read == sum));
  }
}

TEST_CASE("wide sums: what is none is refused", "[wide_sum]") {
  for (const char* const text : {"", "-", "1.5", "+1", " 1", "1e3", "170141183460469231731687303715884105728",
                                 "-170141183460469231731687303715884105729"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_wide_sum(text).has_value());
  }
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK(narrow(Limits::max()) == Limits::max());
  CHECK(narrow(Limits::min()) == Limits::min());
  CHECK_FALSE(narrow(WideSum{Limits::max()} + 1).has_value());
  CHECK_FALSE(narrow(WideSum{Limits::min()} - 1).has_value());
}

}  // namespace till
