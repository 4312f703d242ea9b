#include "commands/tax.h"

#include <map>
#include <tuple>

#include "commands/money.h"

namespace till {
namespace {

using schema::TaxPolicy;

constexpr std::int64_t kPpm = 1'000'000;

bool rounds_away(Wide rest, Wide denominator, bool odd, TaxPolicy::Mode mode) {
  switch (mode) {
    case TaxPolicy::DOWN:
      return false;
    case TaxPolicy::UP:
      return rest > 0;
    case TaxPolicy::HALF_DOWN:
      return 2 * rest > denominator;
    case TaxPolicy::HALF_EVEN:
      return 2 * rest > denominator || (2 * rest == denominator && odd);
    default:
      return 2 * rest >= denominator;
  }
}

std::int64_t divide(Wide numerator, Wide denominator, TaxPolicy::Mode mode) {
  const Wide size = numerator < 0 ? -numerator : numerator;
  Wide quotient = size / denominator;
  if (rounds_away(size % denominator, denominator, quotient % 2 != 0, mode)) ++quotient;
  return static_cast<std::int64_t>(numerator < 0 ? -quotient : quotient);
}

// A line's amount holds net x whole / 10^12. A tax is amount x factor / whole, the net amount x 10^12 / whole.
struct Proportions {
  std::int64_t whole = 0;
  std::int64_t subtotal = 0;  // x 1e-6 of the net: net and the taxes of the first phase
};

struct Share {
  std::size_t line;
  std::size_t place;  // among the line's taxes
};

// Lines of the same key are rounded together.
using RateKey = std::tuple<std::uint32_t, bool, std::int64_t, std::int64_t, std::size_t>;
using NetKey = std::tuple<std::vector<std::uint32_t>, bool, std::size_t>;

class Computation {
 public:
  Computation(std::span<const TaxLine> lines, std::span<const TaxRate> rates, const TaxPolicy& policy)
      : lines_(lines), rates_(rates), policy_(policy) {}

  TaxedLines run() {
    result_.taxes.resize(rates_.size());
    result_.lines.resize(lines_.size());
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      result_.lines[i].shares.resize(lines_[i].taxes.size());
      proportions_.push_back(proportions_of(lines_[i]));
    }
    const bool by_net = policy_.inclusive_target() != TaxPolicy::TAX;
    if (by_net) take_inclusive_from_net();
    take_each_rate(by_net);
    add_up();
    return std::move(result_);
  }

 private:
  Proportions proportions_of(const TaxLine& line) const {
    std::int64_t inclusive = 0;  // of the first phase
    std::int64_t inclusive_on_total = 0;
    std::int64_t subtotal = kPpm;
    for (const std::uint32_t tax : line.taxes) {
      const TaxRate& rate = rates_[tax];
      if (rate.on_total) {
        if (rate.inclusive) inclusive_on_total += rate.rate_ppm;
        continue;
      }
      subtotal += rate.rate_ppm;
      if (rate.inclusive) inclusive += rate.rate_ppm;
    }
    return {(kPpm + inclusive) * kPpm + subtotal * inclusive_on_total, subtotal};
  }

  std::int64_t factor_of(std::size_t line, const TaxRate& rate) const {
    return rate.rate_ppm * (rate.on_total ? proportions_[line].subtotal : kPpm);
  }

  // Lines rounded each by itself have keys of their own.
  std::size_t own_key(std::size_t line) const { return policy_.scope() == TaxPolicy::ON_TOTAL ? 0 : line; }

  Wide amount_of(std::span<const Share> group) const {
    Wide amount = 0;
    for (const Share& share : group) amount += lines_[share.line].amount;
    return amount;
  }

  // To the lines of a group in proportion to their amounts, which have one sign.
  void share_out(std::int64_t tax, std::span<const Share> group) {
    std::vector<std::int64_t> weights(group.size());
    std::vector<std::int64_t> parts(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::int64_t amount = lines_[group[i].line].amount;
      weights[i] = amount < 0 ? -amount : amount;
    }
    apportion(tax, weights, parts);
    for (std::size_t i = 0; i < group.size(); ++i) {
      result_.lines[group[i].line].shares[group[i].place] = parts[i];
    }
  }

  void take_inclusive_from_net() {
    std::map<NetKey, std::vector<Share>> groups;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      groups[{lines_[i].taxes, lines_[i].amount < 0, own_key(i)}].push_back({i, 0});
    }
    for (auto& [key, group] : groups) take_inclusive_of(group);
  }

  void take_inclusive_of(std::vector<Share>& group) {
    const std::size_t first = group.front().line;
    const std::vector<std::uint32_t>& taxes = lines_[first].taxes;
    const Wide amount = amount_of(group);
    const std::int64_t net = divide(amount * kPpm * kPpm, proportions_[first].whole, policy_.mode());
    std::vector<std::int64_t> weights(taxes.size());
    std::vector<std::int64_t> parts(taxes.size());
    for (std::size_t i = 0; i < taxes.size(); ++i) {
      if (rates_[taxes[i]].inclusive) weights[i] = factor_of(first, rates_[taxes[i]]);
    }
    apportion(static_cast<std::int64_t>(amount) - net, weights, parts);
    for (std::size_t i = 0; i < taxes.size(); ++i) {
      if (!rates_[taxes[i]].inclusive) continue;
      for (Share& share : group) share.place = i;
      share_out(parts[i], group);
    }
  }

  void take_each_rate(bool additive_only) {
    std::map<RateKey, std::vector<Share>> groups;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      for (std::size_t place = 0; place < lines_[i].taxes.size(); ++place) {
        const std::uint32_t tax = lines_[i].taxes[place];
        if (additive_only && rates_[tax].inclusive) continue;
        groups[{tax, lines_[i].amount < 0, factor_of(i, rates_[tax]), proportions_[i].whole, own_key(i)}].push_back(
            {i, place});
      }
    }
    for (const auto& [key, group] : groups) {
      share_out(divide(amount_of(group) * std::get<2>(key), std::get<3>(key), policy_.mode()), group);
    }
  }

  void add_up() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      TaxedLine& line = result_.lines[i];
      line.net = lines_[i].amount;
      std::int64_t first_phase = 0;
      for (std::size_t place = 0; place < line.shares.size(); ++place) {
        const TaxRate& rate = rates_[lines_[i].taxes[place]];
        if (rate.inclusive) line.net -= line.shares[place];
        if (!rate.on_total) first_phase += line.shares[place];
        line.tax += line.shares[place];
      }
      for (std::size_t place = 0; place < line.shares.size(); ++place) {
        const std::uint32_t tax = lines_[i].taxes[place];
        result_.taxes[tax].amount += line.shares[place];
        result_.taxes[tax].taxable += line.net + (rates_[tax].on_total ? first_phase : 0);
      }
      result_.net += line.net;
      result_.tax += line.tax;
    }
    result_.total = result_.net + result_.tax;
  }

  std::span<const TaxLine> lines_;
  std::span<const TaxRate> rates_;
  const TaxPolicy& policy_;
  std::vector<Proportions> proportions_;
  TaxedLines result_;
};

}  // namespace

TaxRate tax_rate_of(const schema::TaxRule& rule) {
  return {rule.rate_ppm(), rule.kind() == schema::TaxRule::INCLUSIVE, rule.phase() == schema::TaxRule::TOTAL};
}

TaxedLines compute_taxes(std::span<const TaxLine> lines, std::span<const TaxRate> rates,
                         const schema::TaxPolicy& policy) {
  return Computation(lines, rates, policy).run();
}

}  // namespace till
