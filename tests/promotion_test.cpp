// Promotions on carts: each kind by example, and what holds for every cart.
#include "commands/promotion_engine.h"

#include <algorithm>
#include <map>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/money.h"

namespace till {
namespace {

using schema::Promotion;

constexpr std::int64_t kUnit = 100'000;
const LocalTime kMonday{Micros(1'772'445'600'000'000), 10, 1};

Promotion rule_of(Promotion::Kind kind, std::uint32_t percent_ppm = 0, std::int64_t amount = 0) {
  Promotion rule;
  rule.set_kind(kind);
  rule.set_percent_ppm(percent_ppm);
  if (amount > 0) {
    rule.mutable_amount()->set_amount(amount);
    rule.mutable_amount()->set_currency("EUR");
  }
  return rule;
}

Promotion bundle_of(Promotion rule, std::uint32_t buy, std::uint32_t get = 0) {
  rule.set_buy(buy);
  rule.set_get(get);
  return rule;
}

struct Named {
  std::string id;
  Promotion rule;
};

std::vector<LineDiscount> discounts_of(const std::vector<CartLine>& lines, const std::vector<Named>& promotions,
                                       const LocalTime& time = kMonday, std::string_view group = {}) {
  std::vector<ActivePromotion> active;
  for (const Named& named : promotions) active.push_back({named.id, 1, &named.rule});
  return apply_promotions({"EUR", group, lines}, active, time);
}

// What each line is given, by all promotions.
std::vector<std::int64_t> off(const std::vector<CartLine>& lines, const std::vector<Named>& promotions,
                              const LocalTime& time = kMonday, std::string_view group = {}) {
  std::vector<std::int64_t> sums(lines.size());
  for (const LineDiscount& discount : discounts_of(lines, promotions, time, group))
    sums[discount.line] += discount.amount;
  return sums;
}

using Sums = std::vector<std::int64_t>;

const std::vector<CartLine> kCart{
    {"MILK", "Dairy", 3 * kUnit, 387}, {"HAM", "Meat", 125'000, 2'499}, {"SOAP", "Household", kUnit, 250}};

Named any_promotion(int index) {
  const auto kind = *rc::gen::element(Promotion::PERCENT_OFF, Promotion::AMOUNT_OFF, Promotion::BUY_X_GET_Y,
                                      Promotion::MIX_MATCH, Promotion::THRESHOLD);
  Promotion rule = bundle_of(rule_of(kind, *rc::gen::inRange<std::uint32_t>(1, 1'000'001)),
                             *rc::gen::inRange<std::uint32_t>(1, 5), *rc::gen::inRange<std::uint32_t>(1, 4));
  const bool with_amount = kind == Promotion::AMOUNT_OFF || kind == Promotion::MIX_MATCH || *rc::gen::arbitrary<bool>();
  if (with_amount) {
    rule.mutable_amount()->set_amount(*rc::gen::inRange<std::int64_t>(1, 2'000));
    rule.mutable_amount()->set_currency("EUR");
  }
  if (kind == Promotion::THRESHOLD) {
    rule.mutable_threshold()->set_amount(*rc::gen::inRange<std::int64_t>(1, 5'000));
    rule.mutable_threshold()->set_currency("EUR");
  }
  if (*rc::gen::arbitrary<bool>()) rule.add_categories(*rc::gen::element<std::string>("A", "B"));
  rule.set_priority(*rc::gen::inRange<std::uint32_t>(0, 3));
  rule.set_exclusivity_group(*rc::gen::element<std::string>("", "", "G"));
  return {"P" + std::to_string(index), rule};
}

struct AnyCart {
  std::vector<std::string> categories;
  std::vector<CartLine> lines;
};

AnyCart any_cart() {
  AnyCart cart;
  const auto count = *rc::gen::inRange<std::size_t>(1, 10);
  for (std::size_t i = 0; i < count; ++i) cart.categories.push_back(*rc::gen::element<std::string>("A", "B", "C"));
  for (std::size_t i = 0; i < count; ++i) {
    const auto units = *rc::gen::inRange<std::int64_t>(-2, 20);
    const auto part = *rc::gen::element<std::int64_t>(0, 0, 0, 25'000);
    cart.lines.push_back(
        {"SKU", cart.categories[i], units * kUnit + part, *rc::gen::inRange<std::int64_t>(-100, 10'000)});
  }
  return cart;
}

std::vector<Named> any_promotions() {
  std::vector<Named> promotions;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) promotions.push_back(any_promotion(i));
  return promotions;
}

}  // namespace

TEST_CASE("a percentage off what a promotion names", "[commands][promotion]") {
  CHECK(off(kCart, {{"P", rule_of(Promotion::PERCENT_OFF, 100'000)}}) == Sums{39, 250, 25});
  Promotion rule = rule_of(Promotion::PERCENT_OFF, 100'000);
  rule.add_skus("MILK");
  rule.add_categories("Household");
  CHECK(off(kCart, {{"P", rule}}) == Sums{39, 0, 25});
  CHECK(off(kCart, {{"P", rule_of(Promotion::PERCENT_OFF, 1'000'000)}}) == Sums{387, 2'499, 250});
}

TEST_CASE("an amount off each whole unit, not below zero", "[commands][promotion]") {
  CHECK(off(kCart, {{"P", rule_of(Promotion::AMOUNT_OFF, 0, 20)}}) == Sums{60, 20, 20});
  CHECK(off(kCart, {{"P", rule_of(Promotion::AMOUNT_OFF, 0, 5'000)}}) == Sums{387, 2'499, 250});
}

TEST_CASE("three for two gives the cheapest", "[commands][promotion]") {
  const Promotion rule = bundle_of(rule_of(Promotion::BUY_X_GET_Y, 1'000'000), 2, 1);
  CHECK(off(kCart, {{"P", rule}}) == Sums{129, 0, 0});  // 2.50, 1.29, 1.29 and one over; ham is weighed
  const std::vector<CartLine> two{{"A", "X", 4 * kUnit, 800}, {"B", "X", 2 * kUnit, 200}};
  CHECK(off(two, {{"P", rule}}) == Sums{200, 100});
  const Promotion half = bundle_of(rule_of(Promotion::BUY_X_GET_Y, 500'000), 1, 1);
  CHECK(off(two, {{"P", half}}) == Sums{200, 50});
  const std::vector<CartLine> many{{"A", "X", 1'000'000'000 * kUnit, 1'000'000'000'000}};
  CHECK(off(many, {{"P", half}}) == Sums{250'000'000'000});
}

TEST_CASE("any three for a price", "[commands][promotion]") {
  const Promotion rule = bundle_of(rule_of(Promotion::MIX_MATCH, 0, 500), 3);
  const std::vector<CartLine> lines{{"A", "X", 2 * kUnit, 600}, {"B", "X", 2 * kUnit, 400}, {"C", "X", kUnit, 100}};
  CHECK(off(lines, {{"P", rule}}) == Sums{225, 75, 0});  // 3.00, 3.00 and 2.00 for 5.00; the rest is no bundle
  const std::vector<CartLine> cheap{{"A", "X", 3 * kUnit, 300}};
  CHECK(off(cheap, {{"P", rule}}) == Sums{0});  // never dearer than by itself
  const std::vector<CartLine> seven{{"A", "X", 7 * kUnit, 1'400}};
  CHECK(off(seven, {{"P", rule}}) == Sums{200});
  const std::vector<CartLine> odd{{"A", "X", 1 * kUnit, 400}, {"B", "X", 8 * kUnit, 1'600}};
  CHECK(off(odd, {{"P", rule}}) == Sums{150, 350});  // 8.00, 6.00 and 6.00 for 15.00
}

TEST_CASE("an amount or a percentage from a sum on", "[commands][promotion]") {
  Promotion rule = rule_of(Promotion::THRESHOLD, 0, 500);
  rule.mutable_threshold()->set_currency("EUR");
  rule.mutable_threshold()->set_amount(3'136);
  const Sums parts = off(kCart, {{"P", rule}});
  CHECK(parts == Sums{62, 398, 40});
  rule.mutable_threshold()->set_amount(3'137);
  CHECK(off(kCart, {{"P", rule}}) == Sums{0, 0, 0});
  rule.clear_amount();
  rule.set_percent_ppm(100'000);
  rule.mutable_threshold()->set_amount(3'000);
  const Sums tenth = off(kCart, {{"P", rule}});
  CHECK(tenth[0] + tenth[1] + tenth[2] == 314);
}

TEST_CASE("the lowest priority is first, then the lowest id, each on what is left", "[commands][promotion]") {
  Promotion half = rule_of(Promotion::PERCENT_OFF, 500'000);
  Promotion fixed = rule_of(Promotion::AMOUNT_OFF, 0, 100);
  const std::vector<CartLine> lines{{"A", "X", kUnit, 1'000}};
  CHECK(off(lines, {{"B", half}, {"A", fixed}}) == Sums{550});  // 1.00, then half of 9.00
  fixed.set_priority(1);
  const auto discounts = discounts_of(lines, {{"A", fixed}, {"B", half}});
  CHECK(discounts == std::vector<LineDiscount>{{0, "B", 1, 500}, {0, "A", 1, 100}});
}

TEST_CASE("a line takes one promotion of a group", "[commands][promotion]") {
  Promotion tenth = rule_of(Promotion::PERCENT_OFF, 100'000);
  tenth.set_exclusivity_group("G");
  Promotion fifth = rule_of(Promotion::PERCENT_OFF, 200'000);
  fifth.set_exclusivity_group("G");
  fifth.add_skus("SOAP");
  CHECK(off(kCart, {{"A", fifth}, {"B", tenth}}) == Sums{39, 250, 50});
  CHECK(off(kCart, {{"B", fifth}, {"A", tenth}}) == Sums{39, 250, 25});
}

TEST_CASE("what is bought for a gift is in the group as well", "[commands][promotion]") {
  Promotion gift = bundle_of(rule_of(Promotion::BUY_X_GET_Y, 1'000'000), 1, 1);
  gift.set_exclusivity_group("G");
  Promotion tenth = rule_of(Promotion::PERCENT_OFF, 100'000);
  tenth.set_exclusivity_group("G");
  const std::vector<CartLine> lines{{"A", "X", kUnit, 500}, {"B", "X", kUnit, 300}};
  CHECK(off(lines, {{"A", gift}, {"B", tenth}}) == Sums{0, 300});
}

TEST_CASE("a promotion has its time", "[commands][promotion]") {
  Promotion rule = rule_of(Promotion::PERCENT_OFF, 1'000'000);
  const std::vector<CartLine> lines{{"A", "X", kUnit, 100}};
  const auto given = [&](const LocalTime& time) { return off(lines, {{"P", rule}}, time)[0] == 100; };
  rule.set_valid_from_us(1'000);
  rule.set_valid_to_us(2'000);
  CHECK_FALSE(given({Micros(999), 0, 1}));
  CHECK(given({Micros(1'000), 0, 1}));
  CHECK_FALSE(given({Micros(2'000), 0, 1}));
  rule.clear_valid_to_us();
  rule.set_hour_from(16);
  rule.set_hour_to(18);
  CHECK_FALSE(given({Micros(5'000), 15, 1}));
  CHECK(given({Micros(5'000), 16, 1}));
  CHECK_FALSE(given({Micros(5'000), 18, 1}));
  rule.set_hour_from(22);
  rule.set_hour_to(2);
  CHECK(given({Micros(5'000), 23, 1}));
  CHECK(given({Micros(5'000), 1, 1}));
  CHECK_FALSE(given({Micros(5'000), 2, 1}));
  rule.add_weekdays(Promotion::FRIDAY);
  CHECK_FALSE(given({Micros(5'000), 23, 1}));
  CHECK(given({Micros(5'000), 23, 5}));
}

TEST_CASE("a promotion is for a group of customers and in a currency", "[commands][promotion]") {
  Promotion rule = rule_of(Promotion::AMOUNT_OFF, 0, 10);
  const std::vector<CartLine> lines{{"A", "X", kUnit, 100}};
  rule.set_customer_group("CLUB");
  CHECK(off(lines, {{"P", rule}}) == Sums{0});
  CHECK(off(lines, {{"P", rule}}, kMonday, "CLUB") == Sums{10});
  rule.mutable_amount()->set_currency("USD");
  CHECK(off(lines, {{"P", rule}}, kMonday, "CLUB") == Sums{0});
}

TEST_CASE("local time has the weekday of its place", "[commands][promotion]") {
  const LocalTime utc = local_time(Micros(1'772'445'600'000'000), 0);  // 2026-03-02 10:00, a Monday
  CHECK(utc.hour == 10);
  CHECK(utc.weekday == Promotion::MONDAY);
  const LocalTime east = local_time(Micros(1'772'445'600'000'000), 14 * 3'600);
  CHECK(east.hour == 0);
  CHECK(east.weekday == Promotion::TUESDAY);
  const LocalTime west = local_time(Micros(1'772'445'600'000'000), -11 * 3'600);
  CHECK(west.hour == 23);
  CHECK(west.weekday == Promotion::SUNDAY);
  const LocalTime before = local_time(Micros(-1), 0);  // 1969-12-31
  CHECK(before.hour == 23);
  CHECK(before.weekday == Promotion::WEDNESDAY);
}

TEST_CASE("the order of the list of promotions is of no account", "[commands][promotion][property]") {
  CHECK(rc::check([] {
    const AnyCart cart = any_cart();
    std::vector<Named> promotions = any_promotions();
    const auto first = discounts_of(cart.lines, promotions);
    std::ranges::reverse(promotions);
    RC_ASSERT(discounts_of(cart.lines, promotions) == first);
    std::ranges::rotate(promotions, promotions.begin() + static_cast<std::ptrdiff_t>(promotions.size() / 2));
    RC_ASSERT(discounts_of(cart.lines, promotions) == first);
  }));
}

TEST_CASE("no line goes below zero and no discount is one of nothing", "[commands][promotion][property]") {
  CHECK(rc::check([] {
    const AnyCart cart = any_cart();
    std::map<std::size_t, std::int64_t> sums;
    for (const LineDiscount& discount : discounts_of(cart.lines, any_promotions())) {
      RC_ASSERT(discount.amount > 0);
      sums[discount.line] += discount.amount;
    }
    for (const auto& [line, sum] : sums) RC_ASSERT(sum <= cart.lines[line].amount);
  }));
}

TEST_CASE("the lines' parts of a threshold's gift are the whole of it", "[commands][promotion][property]") {
  CHECK(rc::check([] {
    const AnyCart cart = any_cart();
    std::int64_t whole = 0;
    for (const CartLine& line : cart.lines) {
      if (line.amount > 0 && line.quantity_e5 > 0) whole += line.amount;
    }
    Promotion rule = rule_of(Promotion::THRESHOLD, 0, *rc::gen::inRange<std::int64_t>(1, 20'000));
    rule.mutable_threshold()->set_currency("EUR");
    rule.mutable_threshold()->set_amount(1);
    const Sums parts = off(cart.lines, {{"P", rule}});
    std::int64_t sum = 0;
    for (const std::int64_t part : parts) sum += part;
    RC_ASSERT(sum == std::min(whole, rule.amount().amount()));
  }));
}

// The same by counting out every unit.
std::int64_t bundles_by_hand(const std::vector<CartLine>& lines, std::uint32_t size, std::int64_t price) {
  std::vector<std::int64_t> units;
  for (const CartLine& line : lines) {
    if (line.amount <= 0 || line.quantity_e5 <= 0 || line.quantity_e5 % kUnit != 0) continue;
    const std::int64_t count = line.quantity_e5 / kUnit;
    for (std::int64_t i = 0; i < count; ++i) units.push_back(line.amount / count + (i < line.amount % count ? 1 : 0));
  }
  std::ranges::sort(units, std::greater());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i + size <= units.size(); i += size) {
    std::int64_t bundle = 0;
    for (std::size_t j = i; j < i + size; ++j) bundle += units[j];
    sum += std::max<std::int64_t>(0, bundle - price);
  }
  return sum;
}

TEST_CASE("bundles are those that counting by hand makes", "[commands][promotion][property]") {
  CHECK(rc::check([] {
    const AnyCart cart = any_cart();
    const auto size = *rc::gen::inRange<std::uint32_t>(1, 6);
    const auto price = *rc::gen::inRange<std::int64_t>(1, 4'000);
    std::int64_t sum = 0;
    for (const std::int64_t part : off(cart.lines, {{"P", bundle_of(rule_of(Promotion::MIX_MATCH, 0, price), size)}})) {
      sum += part;
    }
    RC_ASSERT(sum == bundles_by_hand(cart.lines, size, price));
  }));
}

}  // namespace till
