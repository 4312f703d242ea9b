#include "commands/promotion_engine.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "commands/money.h"

namespace till {
namespace {

using schema::Promotion;

constexpr std::int64_t kUnitE5 = 100'000;
constexpr std::int64_t kPpm = 1'000'000;

bool is_hour(const Promotion& rule, std::uint32_t hour) {
  if (rule.hour_from() == 0 && rule.hour_to() == 0) return true;
  if (rule.hour_from() < rule.hour_to()) return hour >= rule.hour_from() && hour < rule.hour_to();
  return hour >= rule.hour_from() || hour < rule.hour_to();
}

bool is_time(const Promotion& rule, const LocalTime& time) {
  if (time.at.value() < rule.valid_from_us()) return false;
  if (rule.has_valid_to_us() && time.at.value() >= rule.valid_to_us()) return false;
  if (!is_hour(rule, time.hour)) return false;
  return rule.weekdays().empty() ||
         std::ranges::find(rule.weekdays(), static_cast<int>(time.weekday)) != rule.weekdays().end();
}

bool is_for(const Promotion& rule, const Cart& cart) {
  if (rule.has_amount() && rule.amount().currency() != cart.currency) return false;
  if (rule.has_threshold() && rule.threshold().currency() != cart.currency) return false;
  return rule.customer_group().empty() || rule.customer_group() == cart.customer_group;
}

std::int64_t part_of(Wide amount, std::uint32_t percent_ppm) {
  return static_cast<std::int64_t>(divide_half_away(amount * percent_ppm, kPpm));
}

// Lines by what they are of.
using LinesByName = std::unordered_map<std::string_view, std::vector<std::size_t>>;

// Units of one line that are worth the same.
struct Run {
  std::size_t line;
  std::int64_t value;
  std::int64_t units;
};

class Engine {
 public:
  explicit Engine(const Cart& cart) : cart_(cart), groups_(cart.lines.size()) {
    for (std::size_t i = 0; i < cart.lines.size(); ++i) {
      const CartLine& line = cart.lines[i];
      rest_.push_back(std::max<std::int64_t>(line.amount, 0));
      by_sku_[line.sku].push_back(i);
      by_category_[line.category].push_back(i);
    }
  }

  // False where what it gives does not fit any more.
  bool apply(const ActivePromotion& promotion) {
    const Promotion& rule = *promotion.rule;
    lines_ = lines_of(rule);
    off_.assign(cart_.lines.size(), 0);
    switch (rule.kind()) {
      case Promotion::PERCENT_OFF:
        for (const std::size_t line : lines_) off_[line] = part_of(rest_[line], rule.percent_ppm());
        break;
      case Promotion::AMOUNT_OFF:
        take_amount_off(rule.amount().amount());
        break;
      case Promotion::BUY_X_GET_Y:
        take_buy_get(rule);
        break;
      case Promotion::MIX_MATCH:
        take_bundles(rule.buy(), rule.amount().amount());
        break;
      case Promotion::THRESHOLD:
        take_threshold(rule);
        break;
      default:
        break;
    }
    return book(promotion);
  }

  std::vector<LineDiscount> take() { return std::move(discounts_); }

 private:
  // A promotion may name many products and categories: each is looked up among those of the cart.
  std::vector<bool> named_by(const Promotion& rule) const {
    std::vector<bool> named(rest_.size(), rule.skus().empty() && rule.categories().empty());
    const auto mark = [&](const LinesByName& lines, const std::string& name) {
      const auto found = lines.find(name);
      if (found == lines.end()) return;
      for (const std::size_t line : found->second) named[line] = true;
    };
    for (const std::string& sku : rule.skus()) mark(by_sku_, sku);
    for (const std::string& category : rule.categories()) mark(by_category_, category);
    return named;
  }

  std::vector<std::size_t> lines_of(const Promotion& rule) const {
    std::vector<std::size_t> lines;
    const std::vector<bool> named = named_by(rule);
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == 0 || cart_.lines[i].quantity_e5 <= 0 || !named[i]) continue;
      const bool taken = std::ranges::find(groups_[i], rule.exclusivity_group()) != groups_[i].end();
      if (!taken) lines.push_back(i);
    }
    return lines;
  }

  void take_amount_off(std::int64_t amount) {
    for (const std::size_t line : lines_) {
      const Wide whole = static_cast<Wide>(cart_.lines[line].quantity_e5 / kUnitE5) * amount;
      off_[line] = static_cast<std::int64_t>(std::min<Wide>(whole, rest_[line]));
    }
  }

  void take_threshold(const Promotion& rule) {
    std::int64_t sum = 0;
    std::vector<std::int64_t> weights;
    for (const std::size_t line : lines_) {
      sum += rest_[line];
      weights.push_back(rest_[line]);
    }
    if (sum < rule.threshold().amount()) return;
    const std::int64_t off =
        rule.has_amount() ? std::min(rule.amount().amount(), sum) : part_of(sum, rule.percent_ppm());
    std::vector<std::int64_t> parts(weights.size());
    apportion(off, weights, parts);
    for (std::size_t i = 0; i < lines_.size(); ++i) off_[lines_[i]] = parts[i];
  }

  // The units of the promotion's lines, the dearest first. What is weighed has none.
  std::vector<Run> runs() const {
    std::vector<Run> runs;
    for (const std::size_t line : lines_) {
      if (cart_.lines[line].quantity_e5 % kUnitE5 != 0) continue;
      const std::int64_t units = cart_.lines[line].quantity_e5 / kUnitE5;
      const std::int64_t dearer = rest_[line] % units;
      if (dearer > 0) runs.push_back({line, rest_[line] / units + 1, dearer});
      runs.push_back({line, rest_[line] / units, units - dearer});
    }
    std::ranges::sort(
        runs, [](const Run& a, const Run& b) { return std::tuple(-a.value, a.line) < std::tuple(-b.value, b.line); });
    return runs;
  }

  void take_buy_get(const Promotion& rule) {
    const std::vector<Run> all = runs();
    const std::int64_t buy = rule.buy();
    const std::int64_t bundle = buy + rule.get();
    std::int64_t units = 0;
    for (const Run& run : all) units += run.units;
    if (bundle == 0) return;
    const std::int64_t bundled = units / bundle * bundle;
    // How many of the first n units are given.
    const auto given = [&](std::int64_t n) {
      n = std::min(n, bundled);
      return n / bundle * (bundle - buy) + std::max<std::int64_t>(0, n % bundle - buy);
    };
    std::int64_t begin = 0;
    for (const Run& run : all) {
      const std::int64_t count = given(begin + run.units) - given(begin);
      off_[run.line] += part_of(static_cast<Wide>(count) * run.value, rule.percent_ppm());
      begin += run.units;
    }
    for (const std::size_t line : lines_) off_[line] = std::min(off_[line], rest_[line]);
  }

  // Bundles of `size` units for `price`, while a bundle costs more than that by itself.
  void take_bundles(std::int64_t size, std::int64_t price) {
    if (size == 0) return;
    std::vector<Run> open;  // of the bundle that is not full yet
    std::int64_t missing = size;
    for (Run run : runs()) {
      if (open.empty() && run.units >= size) {
        const std::int64_t bundles = run.units / size;
        off_[run.line] += bundles * std::max<std::int64_t>(0, run.value * size - price);
        run.units %= size;
      }
      while (run.units > 0) {
        const std::int64_t units = std::min(run.units, missing);
        open.push_back({run.line, run.value, units});
        run.units -= units;
        missing -= units;
        if (missing > 0) continue;
        close_bundle(open, price);
        open.clear();
        missing = size;
        const std::int64_t bundles = run.units / size;
        off_[run.line] += bundles * std::max<std::int64_t>(0, run.value * size - price);
        run.units %= size;
      }
    }
  }

  void close_bundle(std::span<const Run> bundle, std::int64_t price) {
    std::int64_t sum = 0;
    std::vector<std::int64_t> weights;
    for (const Run& run : bundle) {
      weights.push_back(run.value * run.units);
      sum += weights.back();
    }
    if (sum <= price) return;
    std::vector<std::int64_t> parts(weights.size());
    apportion(sum - price, weights, parts);
    for (std::size_t i = 0; i < bundle.size(); ++i) off_[bundle[i].line] += parts[i];
  }

  bool book(const ActivePromotion& promotion) {
    const auto given = static_cast<std::size_t>(
        std::ranges::count_if(lines_, [&](const std::size_t line) { return off_[line] != 0; }));
    if (given == 0) return true;
    if (applied_ == kPromotionsAppliedMost || discounts_.size() + given > kLineDiscountsMost) return false;
    ++applied_;
    for (const std::size_t line : lines_) {
      if (off_[line] == 0) continue;
      rest_[line] -= off_[line];
      discounts_.push_back({line, std::string(promotion.promotion_id), promotion.version, off_[line]});
    }
    // What was bought counts as well as what was given.
    const std::string& group = promotion.rule->exclusivity_group();
    if (group.empty()) return true;
    for (const std::size_t line : lines_) groups_[line].push_back(group);
    return true;
  }

  const Cart& cart_;
  LinesByName by_sku_;
  LinesByName by_category_;
  std::size_t applied_ = 0;                            // promotions that gave something
  std::vector<std::int64_t> rest_;                     // of each line
  std::vector<std::vector<std::string_view>> groups_;  // of each line, those that it has taken
  std::vector<std::size_t> lines_;                     // of the promotion at hand
  std::vector<std::int64_t> off_;                      // of each line, by the promotion at hand
  std::vector<LineDiscount> discounts_;
};

}  // namespace

LocalTime local_time(Micros at, std::int32_t offset_s) {
  constexpr std::int64_t kMicrosPerSecond = 1'000'000;
  constexpr std::int64_t kSecondsPerHour = 3'600;
  constexpr std::int64_t kHoursPerDay = 24;
  const auto floor = [](std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); };
  const std::int64_t hours = floor(floor(at.value(), kMicrosPerSecond) + offset_s, kSecondsPerHour);
  const std::int64_t days = floor(hours, kHoursPerDay);
  const std::int64_t from_monday = days + 3;  // 1970 began on a Thursday
  return {at, static_cast<std::uint32_t>(hours - days * kHoursPerDay),
          static_cast<std::uint32_t>(from_monday - floor(from_monday, 7) * 7 + 1)};
}

std::vector<LineDiscount> apply_promotions(const Cart& cart, std::span<const ActivePromotion> promotions,
                                           const LocalTime& time) {
  std::vector<const ActivePromotion*> order;
  for (const ActivePromotion& promotion : promotions) {
    if (is_time(*promotion.rule, time) && is_for(*promotion.rule, cart)) order.push_back(&promotion);
  }
  std::ranges::sort(order, [](const ActivePromotion* a, const ActivePromotion* b) {
    return std::tuple(a->rule->priority(), a->promotion_id) < std::tuple(b->rule->priority(), b->promotion_id);
  });
  Engine engine(cart);
  for (const ActivePromotion* promotion : order) {
    if (!engine.apply(*promotion)) break;
  }
  return engine.take();
}

}  // namespace till
