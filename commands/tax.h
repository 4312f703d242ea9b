// The taxes of a sale from its lines: whole numbers, one rounding where the policy says, shares of the lines that sum
// to each tax (I9, I10). Negating every amount negates every result.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schemas/values.pb.h"

namespace till {

struct TaxRate {
  std::int64_t rate_ppm = 0;  // x 1e-6, at most kTaxRateMostPpm
  bool inclusive = false;     // part of the amount of its lines; else on top of it
  bool on_total = false;      // charged on the net with the taxes that are not
};

TaxRate tax_rate_of(const schema::TaxRule& rule);

// At most this many taxes on one line.
inline constexpr std::size_t kTaxesOfLineMost = 8;

struct TaxLine {
  std::int64_t amount = 0;           // after discounts, with the inclusive taxes in it; negative where goods come back
  std::vector<std::uint32_t> taxes;  // places in the list of rates, each once
};

struct TaxedLine {
  std::int64_t net = 0;              // amount less inclusive taxes
  std::int64_t tax = 0;              // all its shares
  std::vector<std::int64_t> shares;  // of each of the line's taxes
};

struct TaxAmount {
  std::int64_t taxable = 0;  // what the tax is charged on
  std::int64_t amount = 0;
};

struct TaxedLines {
  std::vector<TaxAmount> taxes;  // of each rate
  std::vector<TaxedLine> lines;
  std::int64_t net = 0;
  std::int64_t tax = 0;
  std::int64_t total = 0;  // net + tax
};

// On the total, what is taxed alike is added up and rounded once, goods sold and goods come back apart. Where the net
// of inclusive prices is rounded, lines with the same taxes are alike. The absolute amounts sum to at most kAmountMost.
TaxedLines compute_taxes(std::span<const TaxLine> lines, std::span<const TaxRate> rates,
                         const schema::TaxPolicy& policy);

}  // namespace till
