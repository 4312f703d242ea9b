#include "commands/coupon.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/document.h"
#include "commands/product.h"
#include "commands/promotion.h"
#include "commands/running_promotions.h"

namespace till {
namespace {

using schema::CouponMoved;
using schema::CouponState;

constexpr EntityKind kCoupon = kind_of(schema::COUPON);
constexpr EntityKind kPromotion = kind_of(schema::PROMOTION);
constexpr std::string_view kRedeem = "redeem_coupon";
constexpr std::uint32_t kWholePpm = 1'000'000;
constexpr std::int64_t kReservationLastsUs = 24LL * 3'600 * 1'000'000;

void needs_define(const schema::DefineCoupon& command, std::vector<EntityRef>& out) {
  need_coupon(command.coupon_id(), out);
  if (command.promotion_id().empty()) return;
  out.push_back({kPromotion, command.promotion_id()});
  need_running_promotions(out);
}

void needs_reserve(const schema::ReserveCoupon& command, std::vector<EntityRef>& out) {
  need_coupon(command.coupon_id(), out);
}

void needs_release(const schema::ReleaseCoupon& command, std::vector<EntityRef>& out) {
  need_coupon(command.coupon_id(), out);
}

void needs_redeem(const schema::RedeemCoupon& command, std::vector<EntityRef>& out) {
  need_document(kRedeem, command.redemption_id(), out);
  need_coupon(command.coupon_id(), out);
}

Rejection invalid(std::string detail, std::string_view pointer) {
  return reject(schema::COUPON_INVALID, std::move(detail), std::string(pointer));
}

Refusal check_definition(const schema::DefineCoupon& command, BooksReader& books) {
  const bool percent = command.percent_ppm() != 0;
  const int gifts = (command.promotion_id().empty() ? 0 : 1) + (command.has_amount() ? 1 : 0) + (percent ? 1 : 0);
  if (gifts != 1) return invalid("A coupon gives a promotion, an amount or a percentage", {});
  if (command.percent_ppm() > kWholePpm) return invalid("A percentage is at most 1000000", "/percent_ppm");
  if (command.has_amount()) {
    if (auto refusal = check_amount(command.amount(), "/amount")) return refusal;
  }
  if (command.has_valid_to_us() && command.valid_to_us() <= command.valid_from_us()) {
    return invalid("A coupon ends after it begins", "/valid_to");
  }
  if (command.promotion_id().empty()) return std::nullopt;
  if (books.get<schema::PromotionState>(kPromotion, command.promotion_id()) != nullptr) return std::nullopt;
  return reject(schema::PROMO_NOT_FOUND, "No promotion " + command.promotion_id(), "/promotion_id");
}

Decision decide_define(const schema::DefineCoupon& command, const Deciding& deciding) {
  if (auto refusal = check_definition(command, deciding.books)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::COUPON, command.coupon_id(), schema::Event::kCouponDefined)
                    .mutable_coupon_defined();
  fact.set_coupon_id(command.coupon_id());
  fact.set_promotion_id(command.promotion_id());
  if (command.has_amount()) *fact.mutable_amount() = command.amount();
  fact.set_percent_ppm(command.percent_ppm());
  fact.set_single_use(command.single_use());
  fact.set_max_redemptions(command.max_redemptions());
  fact.set_valid_from_us(command.valid_from_us());
  if (command.has_valid_to_us()) fact.set_valid_to_us(command.valid_to_us());
  if (!command.promotion_id().empty()) {
    const auto& promotion = *deciding.books.get<schema::PromotionState>(kPromotion, command.promotion_id());
    restrict_promotion(promotion, command.coupon_id(), deciding, accepted);
  }
  set_answer(accepted, deciding).set_coupon_id(command.coupon_id());
  return accepted;
}

// 0: any number.
std::uint64_t uses_most(const CouponState& coupon) {
  return coupon.single_use() ? 1 : coupon.max_redemptions();
}

// Reservations that count against a sale: those of others that last.
std::uint64_t held_for_others(const CouponState& coupon, std::string_view sale_id, Micros at) {
  return static_cast<std::uint64_t>(std::ranges::count_if(coupon.reservations(), [&](const auto& reservation) {
    return reservation.sale_id() != sale_id && at.value() < reservation.expires_at_us();
  }));
}

Refusal check_time(const CouponState& coupon, const Deciding& deciding, std::string_view pointer) {
  const std::int64_t now = deciding.context.recorded_at.value();
  if (now < coupon.valid_from_us()) return invalid("Coupon " + coupon.coupon_id() + " is not valid yet", pointer);
  bool over = coupon.has_valid_to_us() && now >= coupon.valid_to_us();
  if (!over && !coupon.promotion_id().empty()) {
    const auto* promotion = deciding.books.get<schema::PromotionState>(kPromotion, coupon.promotion_id());
    over = promotion == nullptr || promotion->ended();
  }
  if (!over) return std::nullopt;
  return reject(schema::COUPON_EXPIRED, "Coupon " + coupon.coupon_id() + " has expired", std::string(pointer));
}

// Whether a use is left for the sale.
Refusal check_uses(const CouponState& coupon, std::string_view sale_id, const Deciding& deciding,
                   std::string_view pointer) {
  const std::uint64_t most = uses_most(coupon);
  if (most == 0) return std::nullopt;
  if (coupon.redemptions() >= most) {
    return reject(schema::COUPON_ALREADY_USED, "Coupon " + coupon.coupon_id() + " is used up", std::string(pointer));
  }
  const std::uint64_t held = held_for_others(coupon, sale_id, deciding.context.recorded_at);
  if (coupon.redemptions() + held < most) return std::nullopt;
  return reject(schema::COUPON_RESERVED, "Coupon " + coupon.coupon_id() + " is held for another sale",
                std::string(pointer));
}

const CouponState* find(const Deciding& deciding, std::string_view coupon_id) {
  return deciding.books.get<CouponState>(kCoupon, coupon_id);
}

schema::Event& add(const CouponState& coupon, const Deciding& deciding, schema::Event::EventCase type,
                   Acceptance& accepted) {
  return add_event(accepted, deciding, schema::COUPON, coupon.coupon_id(), type);
}

void write(const CouponState& coupon, std::string_view sale_id, std::uint64_t redemptions, const Deciding& deciding,
           CouponMoved& fact) {
  fact.set_coupon_id(coupon.coupon_id());
  fact.set_sale_id(std::string(sale_id));
  fact.set_at_us(deciding.context.recorded_at.value());
  fact.set_redemptions_after(redemptions);
}

Rejection no_coupon(const std::string& coupon_id) {
  return reject(schema::COUPON_NOT_FOUND, "No coupon " + coupon_id, "/coupon_id");
}

template <class Body>
void write_answer(const Body& command, const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_coupon_id(command.coupon_id());
  answer.set_sale_id(command.sale_id());
}

Decision decide_reserve(const schema::ReserveCoupon& command, const Deciding& deciding) {
  if (find(deciding, command.coupon_id()) == nullptr) return no_coupon(command.coupon_id());
  Acceptance accepted;
  if (auto refusal = reserve_coupon(deciding, command.coupon_id(), command.sale_id(), "/coupon_id", accepted)) {
    return *std::move(refusal);
  }
  write_answer(command, deciding, accepted);
  return accepted;
}

// For a timer, which must not end what the sale has reserved anew.
Refusal check_due(const CouponState& coupon, const std::string& sale_id, Micros now) {
  const auto held = std::ranges::find(coupon.reservations(), sale_id, &CouponState::Reservation::sale_id);
  if (held == coupon.reservations().end()) {
    return reject(schema::RESERVATION_NOT_FOUND, "Sale " + sale_id + " holds nothing of the coupon", "/sale_id");
  }
  if (now.value() >= held->expires_at_us()) return std::nullopt;
  return reject(schema::RESERVATION_NOT_DUE, "The coupon is still held for sale " + sale_id, "/sale_id");
}

Decision decide_release(const schema::ReleaseCoupon& command, const Deciding& deciding) {
  const CouponState* coupon = find(deciding, command.coupon_id());
  if (coupon == nullptr) return no_coupon(command.coupon_id());
  if (command.only_due()) {
    if (auto refusal = check_due(*coupon, command.sale_id(), deciding.context.recorded_at)) return *std::move(refusal);
  }
  Acceptance accepted;
  release_coupon(deciding, command.coupon_id(), command.sale_id(), accepted);
  write_answer(command, deciding, accepted);
  return accepted;
}

Decision decide_redeem(const schema::RedeemCoupon& command, const Deciding& deciding) {
  if (auto known = decide_booked(deciding, kRedeem, command.redemption_id(), "/redemption_id")) {
    return *std::move(known);
  }
  if (find(deciding, command.coupon_id()) == nullptr) return no_coupon(command.coupon_id());
  Acceptance accepted;
  book_document(accepted, deciding, kRedeem, command.redemption_id());
  if (auto refusal = redeem_coupon(deciding, command.coupon_id(), command.sale_id(), "/coupon_id", CouponTime::kChecked,
                                   accepted)) {
    return *std::move(refusal);
  }
  write_answer(command, deciding, accepted);
  return accepted;
}

void evolve_defined(CouponState& state, const schema::CouponDefined& fact, const schema::Record&) {
  state.set_coupon_id(fact.coupon_id());
  state.set_promotion_id(fact.promotion_id());
  state.clear_amount();
  if (fact.has_amount()) *state.mutable_amount() = fact.amount();
  state.set_percent_ppm(fact.percent_ppm());
  state.set_single_use(fact.single_use());
  state.set_max_redemptions(fact.max_redemptions());
  state.set_valid_from_us(fact.valid_from_us());
  state.clear_valid_to_us();
  if (fact.has_valid_to_us()) state.set_valid_to_us(fact.valid_to_us());
  if (uses_most(state) == 0) state.clear_reservations();
}

// Ends the sale's reservation, and those whose time was over.
void end_reservations(CouponState& state, const CouponMoved& fact) {
  auto& all = *state.mutable_reservations();
  const auto kept = std::remove_if(all.begin(), all.end(), [&](const CouponState::Reservation& reservation) {
    return reservation.sale_id() == fact.sale_id() || reservation.expires_at_us() <= fact.at_us();
  });
  all.erase(kept, all.end());
}

void evolve_reserved(CouponState& state, const CouponMoved& fact, const schema::Record&) {
  end_reservations(state, fact);
  if (uses_most(state) == 0) return;
  auto& reservation = *state.add_reservations();
  reservation.set_sale_id(fact.sale_id());
  reservation.set_expires_at_us(fact.expires_at_us());
}

void evolve_released(CouponState& state, const CouponMoved& fact, const schema::Record&) {
  end_reservations(state, fact);
}

void evolve_used(CouponState& state, const CouponMoved& fact, const schema::Record&) {
  end_reservations(state, fact);
  state.set_redemptions(fact.redemptions_after());
}

using schema::Command;
using schema::Event;
constexpr schema::Kind kStream = schema::COUPON;

constexpr std::array kCommands{
    command_rule<&Command::define_coupon, needs_define, decide_define>(Command::kDefineCoupon),
    command_rule<&Command::reserve_coupon, needs_reserve, decide_reserve>(Command::kReserveCoupon),
    command_rule<&Command::release_coupon, needs_release, decide_release>(Command::kReleaseCoupon),
    command_rule<&Command::redeem_coupon, needs_redeem, decide_redeem>(Command::kRedeemCoupon),
};
constexpr std::array kEvents{
    event_rule<CouponState, &Event::coupon_defined, evolve_defined>(Event::kCouponDefined, kStream),
    event_rule<CouponState, &Event::coupon_reserved, evolve_reserved>(Event::kCouponReserved, kStream),
    event_rule<CouponState, &Event::coupon_released, evolve_released>(Event::kCouponReleased, kStream),
    event_rule<CouponState, &Event::coupon_redeemed, evolve_used>(Event::kCouponRedeemed, kStream),
    event_rule<CouponState, &Event::coupon_restored, evolve_used>(Event::kCouponRestored, kStream),
};
constexpr std::array kStates{state_rule<CouponState>(schema::COUPON)};

}  // namespace

const Aggregate& coupon_aggregate() {
  static constexpr Aggregate kAggregate{"coupon", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_coupon(std::string_view coupon_id, std::vector<EntityRef>& out) {
  out.push_back({kCoupon, std::string(coupon_id)});
}

Refusal reserve_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                       std::string_view pointer, Acceptance& accepted) {
  const CouponState* coupon = find(deciding, coupon_id);
  if (coupon == nullptr) return invalid("No coupon " + std::string(coupon_id), pointer);
  if (auto refusal = check_time(*coupon, deciding, pointer)) return refusal;
  if (auto refusal = check_uses(*coupon, sale_id, deciding, pointer)) return refusal;
  const Micros now = deciding.context.recorded_at;
  if (held_for_others(*coupon, sale_id, now) >= kCouponReservationsMost) {
    return reject(
        schema::CATALOG_LIMIT_REACHED,
        "Coupon " + coupon->coupon_id() + " is held for " + std::to_string(kCouponReservationsMost) + " sales already",
        std::string(pointer));
  }
  auto& fact = *add(*coupon, deciding, Event::kCouponReserved, accepted).mutable_coupon_reserved();
  write(*coupon, sale_id, coupon->redemptions(), deciding, fact);
  fact.set_expires_at_us(now.value() + kReservationLastsUs);
  return std::nullopt;
}

Refusal redeem_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                      std::string_view pointer, CouponTime time, Acceptance& accepted) {
  const CouponState* coupon = find(deciding, coupon_id);
  if (coupon == nullptr) return invalid("No coupon " + std::string(coupon_id), pointer);
  if (time == CouponTime::kChecked) {
    if (auto refusal = check_time(*coupon, deciding, pointer)) return refusal;
  }
  if (auto refusal = check_uses(*coupon, sale_id, deciding, pointer)) return refusal;
  auto& fact = *add(*coupon, deciding, Event::kCouponRedeemed, accepted).mutable_coupon_redeemed();
  write(*coupon, sale_id, coupon->redemptions() + 1, deciding, fact);
  return std::nullopt;
}

void release_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                    Acceptance& accepted) {
  const CouponState* coupon = find(deciding, coupon_id);
  if (coupon == nullptr) return;
  auto& fact = *add(*coupon, deciding, Event::kCouponReleased, accepted).mutable_coupon_released();
  write(*coupon, sale_id, coupon->redemptions(), deciding, fact);
}

void restore_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                    Acceptance& accepted) {
  const CouponState* coupon = find(deciding, coupon_id);
  if (coupon == nullptr || coupon->redemptions() == 0) return;
  auto& fact = *add(*coupon, deciding, Event::kCouponRestored, accepted).mutable_coupon_restored();
  write(*coupon, sale_id, coupon->redemptions() - 1, deciding, fact);
}

}  // namespace till
