#include "commands/ticket_promotions.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "commands/customer.h"
#include "commands/money.h"
#include "commands/promotion_engine.h"
#include "commands/running_promotions.h"

namespace till {
namespace {

using schema::TicketState;

constexpr EntityKind kPromotion = kind_of(schema::PROMOTION);
constexpr EntityKind kCoupon = kind_of(schema::COUPON);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

// The promotions that a ticket meets, with the coupon that each is applied for; empty where it needs none.
struct Candidates {
  std::vector<ActivePromotion> promotions;
  std::vector<std::string_view> coupons;
};

auto find_candidate(const Candidates& candidates, std::string_view promotion_id) {
  return std::ranges::find(candidates.promotions, promotion_id, &ActivePromotion::promotion_id);
}

void add_candidate(const Deciding& deciding, std::string_view promotion_id, std::string_view coupon_id,
                   Candidates& candidates) {
  if (find_candidate(candidates, promotion_id) != candidates.promotions.end()) return;
  const auto* state = deciding.books.get<schema::PromotionState>(kPromotion, promotion_id);
  if (state == nullptr || state->ended()) return;
  candidates.promotions.push_back({state->promotion_id(), state->version(), &state->promotion()});
  candidates.coupons.push_back(coupon_id);
}

Candidates candidates_of(const Deciding& deciding, const TicketState& ticket) {
  Candidates candidates;
  for (const std::string& coupon_id : ticket.coupon_ids()) {
    const auto* coupon = deciding.books.get<schema::CouponState>(kCoupon, coupon_id);
    if (coupon == nullptr || coupon->promotion_id().empty()) continue;
    add_candidate(deciding, coupon->promotion_id(), coupon_id, candidates);
  }
  for (const std::string_view promotion_id : running_promotions(deciding, deciding.context.recorded_at)) {
    add_candidate(deciding, promotion_id, {}, candidates);
  }
  return candidates;
}

// The lines that stand.
std::vector<CartLine> cart_of(const Deciding& deciding, const TicketState& ticket) {
  std::vector<CartLine> cart;
  const int exponent = currency_exponent(ticket.currency()).value_or(0);
  for (const schema::TicketLine& line : ticket.lines()) {
    if (line.voided()) continue;
    const auto* product = deciding.books.get<schema::ProductState>(kProduct, line.sku());
    const std::string_view category =
        product == nullptr ? std::string_view() : std::string_view(product->product().category());
    const Wide gross = line_amount(line.quantity_e5(), line.unit_price().amount_e4(), exponent);
    cart.push_back({line.sku(), category, line.quantity_e5(), static_cast<std::int64_t>(gross)});
  }
  return cart;
}

// The customer's group, looked up where a promotion asks for one.
std::string_view buyer_group(const Deciding& deciding, const TicketState& ticket, const Candidates& candidates) {
  const bool asked = std::ranges::any_of(candidates.promotions, [](const ActivePromotion& promotion) {
    return !promotion.rule->customer_group().empty();
  });
  return asked && ticket.has_customer_id() ? customer_group(deciding, ticket.customer_id()) : std::string_view();
}

LocalTime wall_time(const schema::StoreState& store, const Deciding& deciding) {
  const Micros now = deciding.context.recorded_at;
  const auto zone = deciding.zones.find(store.policy().time_zone());
  return local_time(now, zone == deciding.zones.end() ? 0 : offset_at(zone->second, now));
}

// The engine's rows of one promotion follow each other.
AppliedPromotions group(const std::vector<LineDiscount>& discounts, const Candidates& candidates) {
  AppliedPromotions applied;
  schema::AppliedPromotion* last = nullptr;
  for (const LineDiscount& discount : discounts) {
    if (last == nullptr || last->promotion_id() != discount.promotion_id) {
      last = applied.Add();
      last->set_promotion_id(discount.promotion_id);
      last->set_version(discount.version);
      const auto place = find_candidate(candidates, discount.promotion_id) - candidates.promotions.begin();
      const std::string_view coupon_id = candidates.coupons[static_cast<std::size_t>(place)];
      if (!coupon_id.empty()) last->set_coupon_id(std::string(coupon_id));
    }
    last->add_lines(static_cast<std::uint32_t>(discount.line));
    last->add_amounts(discount.amount);
    last->set_amount(last->amount() + discount.amount);
  }
  return applied;
}

}  // namespace

AppliedPromotions promotions_of(const Deciding& deciding, const TicketState& ticket, const schema::StoreState& store) {
  if (ticket.payments_size() > 0) return ticket.promotions();
  const Candidates candidates = candidates_of(deciding, ticket);
  if (candidates.promotions.empty()) return {};
  const std::vector<CartLine> lines = cart_of(deciding, ticket);
  const Cart cart{ticket.currency(), buyer_group(deciding, ticket, candidates), lines};
  return group(apply_promotions(cart, candidates.promotions, wall_time(store, deciding)), candidates);
}

}  // namespace till
