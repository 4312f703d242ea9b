// Taxes of a sale: the published examples, and what holds for every sale.
#include "commands/tax.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"
#include "commands/tax_table.h"
#include "tests/memory_books.h"

namespace till {
namespace {

using schema::TaxPolicy;

TaxPolicy policy_of(TaxPolicy::Scope scope, TaxPolicy::Target target, TaxPolicy::Mode mode = TaxPolicy::HALF_UP) {
  TaxPolicy policy;
  policy.set_scope(scope);
  policy.set_inclusive_target(target);
  policy.set_mode(mode);
  return policy;
}

std::int64_t one_line(std::int64_t amount, const TaxRate& rate, const TaxPolicy& policy) {
  const std::vector<TaxLine> lines{{amount, {0}}};
  const std::vector<TaxRate> rates{rate};
  return compute_taxes(lines, rates, policy).tax;
}

struct Sale {
  std::vector<TaxLine> lines;
  std::vector<TaxRate> rates;
  TaxPolicy policy;
};

Sale any_sale() {
  Sale sale;
  const auto rates = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t i = 0; i < rates; ++i) {
    sale.rates.push_back({*rc::gen::inRange<std::int64_t>(0, kTaxRateMostPpm), *rc::gen::arbitrary<bool>(),
                          *rc::gen::arbitrary<bool>()});
  }
  const auto lines = *rc::gen::inRange<std::size_t>(1, 12);
  const std::int64_t most = *rc::gen::element<std::int64_t>(100, 100'000, kAmountMost / 12);
  for (std::size_t i = 0; i < lines; ++i) {
    TaxLine& line = sale.lines.emplace_back();
    line.amount = *rc::gen::inRange<std::int64_t>(-most, most);
    for (std::uint32_t tax = 0; tax < rates; ++tax) {
      if (*rc::gen::arbitrary<bool>()) line.taxes.push_back(tax);
    }
  }
  sale.policy = policy_of(*rc::gen::element(TaxPolicy::PER_LINE, TaxPolicy::ON_TOTAL),
                          *rc::gen::element(TaxPolicy::NET, TaxPolicy::TAX),
                          *rc::gen::element(TaxPolicy::HALF_UP, TaxPolicy::HALF_DOWN, TaxPolicy::HALF_EVEN,
                                            TaxPolicy::DOWN, TaxPolicy::UP));
  return sale;
}

}  // namespace

TEST_CASE("3 x 0.33 at 19 %: 0.18 by the line, 0.19 on the total", "[commands][tax]") {
  const std::vector<TaxLine> lines{{33, {0}}, {33, {0}}, {33, {0}}};
  const std::vector<TaxRate> rates{{190'000, false, false}};
  const TaxedLines by_line = compute_taxes(lines, rates, policy_of(TaxPolicy::PER_LINE, TaxPolicy::NET));
  CHECK(by_line.tax == 18);
  CHECK(by_line.total == 117);
  CHECK(by_line.taxes[0].taxable == 99);
  const TaxedLines on_total = compute_taxes(lines, rates, policy_of(TaxPolicy::ON_TOTAL, TaxPolicy::NET));
  CHECK(on_total.tax == 19);
  CHECK(on_total.lines[0].tax == 7);
  CHECK(on_total.lines[1].tax == 6);
  CHECK(on_total.lines[2].tax == 6);
}

TEST_CASE("2.99 with 4 % in it: net 2.88 and tax 0.11, or tax 0.12", "[commands][tax]") {
  const std::vector<TaxLine> lines{{299, {0}}};
  const std::vector<TaxRate> rates{{40'000, true, false}};
  const TaxedLines net = compute_taxes(lines, rates, policy_of(TaxPolicy::PER_LINE, TaxPolicy::NET));
  CHECK(net.net == 288);
  CHECK(net.tax == 11);
  CHECK(net.total == 299);
  const TaxedLines tax = compute_taxes(lines, rates, policy_of(TaxPolicy::PER_LINE, TaxPolicy::TAX));
  CHECK(tax.net == 287);
  CHECK(tax.tax == 12);
  CHECK(tax.taxes[0].taxable == 287);
  CHECK(compute_taxes(lines, rates, TaxPolicy()).tax == 11);  // what is unspecified is by the line, to the net
}

TEST_CASE("each mode rounds as it says", "[commands][tax]") {
  struct Row {
    TaxPolicy::Mode mode;
    std::int64_t of_25, of_75, of_60, of_40;  // tenths of a unit: 2.5, 7.5, 6.0, 4.0 at 10 % of 25, 75, 60 and 41
  };
  const Row rows[] = {{TaxPolicy::HALF_UP, 3, 8, 6, 4},
                      {TaxPolicy::HALF_DOWN, 2, 7, 6, 4},
                      {TaxPolicy::HALF_EVEN, 2, 8, 6, 4},
                      {TaxPolicy::DOWN, 2, 7, 6, 4},
                      {TaxPolicy::UP, 3, 8, 6, 5}};
  const TaxRate tenth{100'000, false, false};
  for (const Row& row : rows) {
    const TaxPolicy policy = policy_of(TaxPolicy::PER_LINE, TaxPolicy::NET, row.mode);
    CAPTURE(row.mode);
    for (const std::int64_t sign : {1, -1}) {
      CHECK(one_line(sign * 25, tenth, policy) == sign * row.of_25);
      CHECK(one_line(sign * 75, tenth, policy) == sign * row.of_75);
      CHECK(one_line(sign * 60, tenth, policy) == sign * row.of_60);
      CHECK(one_line(sign * 41, tenth, policy) == sign * row.of_40);
    }
  }
}

TEST_CASE("a tax of the second phase is charged on the first one too", "[commands][tax]") {
  const std::vector<TaxLine> lines{{10'000, {0, 1}}};
  const std::vector<TaxRate> rates{{50'000, false, false}, {80'000, false, true}};
  const TaxedLines additive = compute_taxes(lines, rates, TaxPolicy());
  CHECK(additive.taxes[0].amount == 500);
  CHECK(additive.taxes[1].taxable == 10'500);
  CHECK(additive.taxes[1].amount == 840);
  CHECK(additive.total == 11'340);
  const std::vector<TaxLine> gross{{11'340, {0, 1}}};
  const std::vector<TaxRate> inclusive{{50'000, true, false}, {80'000, true, true}};
  const TaxedLines back = compute_taxes(gross, inclusive, TaxPolicy());
  CHECK(back.net == 10'000);
  CHECK(back.taxes[0].amount == 500);
  CHECK(back.taxes[1].amount == 840);
  CHECK(back.taxes[1].taxable == 10'500);
}

TEST_CASE("on the total a tax of all lines is rounded once, whatever other taxes they have", "[commands][tax]") {
  const std::vector<TaxLine> lines{{33, {0, 2}}, {33, {1, 2}}, {33, {2}}};
  const std::vector<TaxRate> rates{{70'000, false, false}, {190'000, false, false}, {10'000, false, false}};
  const TaxedLines taxed = compute_taxes(lines, rates, policy_of(TaxPolicy::ON_TOTAL, TaxPolicy::NET));
  CHECK(taxed.taxes[2].amount == 1);  // 0.99; by the line 3 x 0.33 would be 0
  CHECK(taxed.taxes[2].taxable == 99);
}

TEST_CASE("goods come back are taxed apart from goods sold", "[commands][tax]") {
  const std::vector<TaxLine> lines{{1'000, {0}}, {-1'000, {0}}, {0, {0}}};
  const std::vector<TaxRate> rates{{190'000, true, false}};
  const TaxedLines taxed = compute_taxes(lines, rates, policy_of(TaxPolicy::ON_TOTAL, TaxPolicy::NET));
  CHECK(taxed.lines[0].tax == 160);
  CHECK(taxed.lines[1].tax == -160);
  CHECK(taxed.lines[2].tax == 0);
  CHECK(taxed.total == 0);
}

TEST_CASE("nothing is taxed where there is nothing", "[commands][tax]") {
  const TaxedLines taxed = compute_taxes({}, {}, TaxPolicy());
  CHECK(taxed.total == 0);
  const std::vector<TaxLine> lines{{500, {}}};
  CHECK(compute_taxes(lines, {}, TaxPolicy()).total == 500);
}

TEST_CASE("I10 the rates, the lines and the tax agree", "[commands][tax][property]") {
  CHECK(rc::check([] {
    const Sale sale = any_sale();
    const TaxedLines taxed = compute_taxes(sale.lines, sale.rates, sale.policy);
    std::int64_t of_rates = 0;
    for (const TaxAmount& tax : taxed.taxes) of_rates += tax.amount;
    RC_ASSERT(of_rates == taxed.tax);
    std::int64_t of_lines = 0;
    std::int64_t net = 0;
    for (std::size_t i = 0; i < sale.lines.size(); ++i) {
      std::int64_t shares = 0;
      std::int64_t inclusive = 0;
      for (std::size_t place = 0; place < sale.lines[i].taxes.size(); ++place) {
        shares += taxed.lines[i].shares[place];
        if (sale.rates[sale.lines[i].taxes[place]].inclusive) inclusive += taxed.lines[i].shares[place];
      }
      RC_ASSERT(taxed.lines[i].tax == shares);
      RC_ASSERT(taxed.lines[i].net + inclusive == sale.lines[i].amount);
      of_lines += taxed.lines[i].tax;
      net += taxed.lines[i].net;
    }
    RC_ASSERT(of_lines == taxed.tax);
    RC_ASSERT(net == taxed.net);
    RC_ASSERT(taxed.net + taxed.tax == taxed.total);
  }));
}

TEST_CASE("negated amounts have negated taxes", "[commands][tax][property]") {
  CHECK(rc::check([] {
    const Sale sale = any_sale();
    Sale back = sale;
    for (TaxLine& line : back.lines) line.amount = -line.amount;
    const TaxedLines there = compute_taxes(sale.lines, sale.rates, sale.policy);
    const TaxedLines again = compute_taxes(back.lines, back.rates, back.policy);
    RC_ASSERT(again.tax == -there.tax);
    RC_ASSERT(again.net == -there.net);
    for (std::size_t i = 0; i < sale.lines.size(); ++i) {
      for (std::size_t place = 0; place < sale.lines[i].taxes.size(); ++place) {
        RC_ASSERT(again.lines[i].shares[place] == -there.lines[i].shares[place]);
      }
    }
  }));
}

TEST_CASE("a single additive tax is less than a unit from its exact value", "[commands][tax][property]") {
  CHECK(rc::check([] {
    const auto amount = *rc::gen::inRange<std::int64_t>(-kAmountMost, kAmountMost);
    const auto rate = *rc::gen::inRange<std::int64_t>(0, kTaxRateMostPpm);
    const TaxPolicy policy = any_sale().policy;
    const Wide away = static_cast<Wide>(one_line(amount, {rate, false, false}, policy)) * 1'000'000 -
                      static_cast<Wide>(amount) * rate;
    RC_ASSERT((away < 0 ? -away : away) < 1'000'000);
  }));
}

TEST_CASE("a rate holds from the midnight of its date, in the store's zone", "[commands][tax]") {
  schema::TaxState state;
  for (const auto& [from, rate] : {std::pair{20200101, 100'000u}, {20260701, 49'000u}}) {
    schema::TaxRule& rule = *state.add_rules();
    rule.set_valid_from(from);
    rule.set_rate_ppm(rate);
    rule.set_kind(schema::TaxRule::INCLUSIVE);
  }
  CHECK(tax_rate_at(state, 20191231) == nullptr);
  CHECK(tax_rate_at(state, 20200101)->rate_ppm() == 100'000);
  CHECK(tax_rate_at(state, 20260630)->rate_ppm() == 100'000);
  CHECK(tax_rate_at(state, 20260701)->rate_ppm() == 49'000);
  CHECK(tax_rate_of(*tax_rate_at(state, 20260701)).inclusive);
  schema::StoreState store;
  store.mutable_policy()->set_time_zone("Europe/Berlin");
  store.mutable_policy()->set_business_day_cutoff_hour(4);  // of no account
  const ZoneTables zones = testing::test_zones();
  const std::int64_t midnight = 1'782'856'800'000'000;  // 2026-06-30 22:00 UTC
  CHECK(tax_rate_at(state, store, Micros(midnight - 1), zones)->rate_ppm() == 100'000);
  CHECK(tax_rate_at(state, store, Micros(midnight), zones)->rate_ppm() == 49'000);
  CHECK(tax_rate_at(state, schema::StoreState(), Micros(midnight), zones)->rate_ppm() == 100'000);
}

}  // namespace till
