#include "commands/loyalty.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/balance.h"
#include "commands/document.h"
#include "commands/loyalty_points.h"
#include "commands/loyalty_program.h"

namespace till {
namespace {

using schema::DocumentState;
using schema::Event;

constexpr EntityKind kLoyalty = kind_of(schema::LOYALTY);
constexpr EntityKind kDocument = kind_of(schema::DOCUMENT);

constexpr std::string_view kEarn = "earn_points";
constexpr std::string_view kRedeem = "redeem_points";
constexpr std::string_view kAdjust = "adjust_points";

constexpr PointsEvent kEarned{Event::kPointsEarned, &Event::mutable_points_earned};
constexpr PointsEvent kRedeemed{Event::kPointsRedeemed, &Event::mutable_points_redeemed};
constexpr PointsEvent kRestored{Event::kPointsRestored, &Event::mutable_points_restored};
constexpr PointsEvent kAdjusted{Event::kPointsAdjusted, &Event::mutable_points_adjusted};
constexpr PointsEvent kReversed{Event::kPointsReversed, &Event::mutable_points_reversed};

// The document of what a sale earned a customer.
std::string accrual_id(std::string_view customer_id, std::string_view sale_id) {
  return document_id(kEarn, document_id(customer_id, sale_id));
}

void needs_earn(const schema::EarnPoints& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_points(command.customer_id(), command.sale_id(), out);
}

void needs_redeem(const schema::RedeemPoints& command, std::vector<EntityRef>& out) {
  need_document(kRedeem, command.movement_id(), out);
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

void needs_adjust(const schema::AdjustPoints& command, std::vector<EntityRef>& out) {
  need_document(kAdjust, command.movement_id(), out);
  need_session(command.session_id(), out);
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

void needs_expire(const schema::ExpirePoints& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

const DocumentState* find_accrual(BooksReader& books, std::string_view customer_id, std::string_view sale_id) {
  return books.get<DocumentState>(kDocument, accrual_id(customer_id, sale_id));
}

void book_accrual(const PointsMove& move, std::int64_t earned, std::int64_t reversed, const Deciding& deciding,
                  Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::DOCUMENT, accrual_id(move.customer_id, move.sale_id),
                          Event::kSalePointsBooked)
                    .mutable_sale_points_booked();
  fact.set_customer_id(std::string(move.customer_id));
  fact.set_sale_id(std::string(move.sale_id));
  fact.set_earned(earned);
  fact.set_reversed(reversed);
}

Refusal find_program(const Deciding& deciding, const schema::LoyaltyProgramState*& program) {
  program = loyalty_program(deciding.books);
  if (program != nullptr) return std::nullopt;
  return reject(schema::LOYALTY_PROGRAM_NOT_SET, "There is no loyalty program");
}

Decision decide_earn(const schema::EarnPoints& command, const Deciding& deciding) {
  if (const auto* known = find_accrual(deciding.books, command.customer_id(), command.sale_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
  }
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  const PointsMove move{command.customer_id(), command.store_id(), command.sale_id(), {}, "/sale_id", "/eligible"};
  std::int64_t points = 0;
  if (auto refusal =
          earn_points(deciding, move, command.eligible().amount(), command.eligible().currency(), accepted, points)) {
    return *std::move(refusal);
  }
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(command.customer_id());
  answer.set_sale_id(command.sale_id());
  answer.set_points(points);
  return accepted;
}

Decision decide_redeem(const schema::RedeemPoints& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kRedeem, command.movement_id(), "/movement_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  book_document(accepted, deciding, kRedeem, command.movement_id());
  const PointsMove move{command.customer_id(), command.store_id(), command.sale_id(),
                        command.movement_id(), "/sale_id",         "/points"};
  schema::Money value;
  std::int64_t points = 0;
  if (auto refusal = redeem_points(deciding, move, command.points(), accepted, value, points)) {
    return *std::move(refusal);
  }
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(command.customer_id());
  answer.set_movement_id(command.movement_id());
  answer.set_points(points);
  *answer.mutable_total() = value;
  return accepted;
}

Refusal check_adjustment(std::int64_t delta, const schema::LoyaltyState& account) {
  // Bounded before it is negated: the lowest int64 has no opposite.
  const std::int64_t size = delta < 0 ? -std::max(delta, -kPointsMost - 1) : delta;
  if (auto refusal = check_points(size, "/delta")) return refusal;
  return delta < 0 ? check_has(account, size, "/delta") : check_room(account, size, "/delta");
}

Decision decide_adjust(const schema::AdjustPoints& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kAdjust, command.movement_id(), "/movement_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::LOYALTY_ADJUST, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *std::move(refusal);
  }
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (auto refusal = check_customer(deciding, command.customer_id())) return *std::move(refusal);
  book_document(accepted, deciding, kAdjust, command.movement_id());
  auto& account = open_points(deciding, command.customer_id(), command.store_id(), accepted);
  if (auto refusal = check_adjustment(command.delta(), account)) return *std::move(refusal);
  PointsChange change{.points = command.delta(),
                      .store_id = command.store_id(),
                      .movement_id = command.movement_id(),
                      .reason = command.reason()};
  if (command.delta() > 0) {
    credit(account, command.delta(), change);
    change.expires_at_us = points_expiry(loyalty_program(deciding.books), deciding.context.recorded_at);
  }
  change_points(account, kAdjusted, change, deciding, accepted);
  answer_points(account, deciding, accepted).set_movement_id(command.movement_id());
  return accepted;
}

Decision decide_expire(const schema::ExpirePoints& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (auto refusal = check_customer(deciding, command.customer_id())) return *std::move(refusal);
  const auto& account = open_points(deciding, command.customer_id(), command.store_id(), accepted);
  if (accepted.events.empty()) {
    return reject(schema::NOTHING_TO_EXPIRE, "No points of customer " + command.customer_id() + " have expired",
                  "/customer_id");
  }
  answer_points(account, deciding, accepted);
  return accepted;
}

// The first booking is that of the earning; later ones count what was taken back.
void evolve_accrual(DocumentState& state, const schema::SalePointsBooked& fact, const schema::Record& record) {
  if (state.position() == 0) {
    state.set_position(record.position());
    state.set_fingerprint(record.fingerprint());
  }
  state.set_earned(fact.earned());
  state.set_reversed(fact.reversed());
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::earn_points, needs_earn, decide_earn>(Command::kEarnPoints),
    command_rule<&Command::redeem_points, needs_redeem, decide_redeem>(Command::kRedeemPoints),
    command_rule<&Command::adjust_points, needs_adjust, decide_adjust>(Command::kAdjustPoints),
    command_rule<&Command::expire_points, needs_expire, decide_expire>(Command::kExpirePoints),
};
constexpr std::array kEvents{
    event_rule<DocumentState, &Event::sale_points_booked, evolve_accrual>(Event::kSalePointsBooked, schema::DOCUMENT),
};

}  // namespace

const Aggregate& loyalty_aggregate() {
  static constexpr Aggregate kAggregate{"loyalty", kCommands, kEvents, {}};
  return kAggregate;
}

void need_points(std::string_view customer_id, std::string_view sale_id, std::vector<EntityRef>& out) {
  need_customer(customer_id, out);
  need_loyalty_program(out);
  out.push_back({kLoyalty, std::string(customer_id)});
  if (!sale_id.empty()) out.push_back({kDocument, accrual_id(customer_id, sale_id)});
}

Refusal earn_points(const Deciding& deciding, const PointsMove& move, std::int64_t eligible, std::string_view currency,
                    Acceptance& accepted, std::int64_t& points_after) {
  if (auto refusal = check_customer(deciding, move.customer_id)) return refusal;
  if (find_accrual(deciding.books, move.customer_id, move.sale_id) != nullptr) {
    return reject(schema::DUPLICATE_ACCRUAL, "Sale " + std::string(move.sale_id) + " has earned its points already",
                  move.sale_pointer);
  }
  const schema::LoyaltyProgramState* program = nullptr;
  if (auto refusal = find_program(deciding, program)) return refusal;
  if (auto refusal = check_amount(eligible, currency, move.points_pointer)) return refusal;
  if (auto refusal = check_currency(currency, program->point_value().currency(), move.points_pointer)) return refusal;
  auto& account = open_points(deciding, move.customer_id, move.store_id, accepted);
  const auto points = static_cast<std::int64_t>(std::min<Wide>(points_for(*program, eligible), kPointsMost + 1));
  if (auto refusal = check_room(account, points, move.points_pointer)) return refusal;
  book_accrual(move, points, 0, deciding, accepted);
  PointsChange change{.lifetime = points,
                      .store_id = move.store_id,
                      .movement_id = move.movement_id,
                      .sale_id = move.sale_id,
                      .expires_at_us = points_expiry(program, deciding.context.recorded_at),
                      .currency = currency,
                      .value = eligible};
  credit(account, points, change);
  change_points(account, kEarned, change, deciding, accepted);
  points_after = account.points();
  return std::nullopt;
}

Refusal redeem_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                      schema::Money& value, std::int64_t& points_after) {
  if (auto refusal = check_buyer(deciding, move.customer_id)) return refusal;
  const schema::LoyaltyProgramState* program = nullptr;
  if (auto refusal = find_program(deciding, program)) return refusal;
  if (auto refusal = check_points(points, move.points_pointer)) return refusal;
  if (points < program->minimum_redemption()) {
    return reject(schema::POINTS_BELOW_MINIMUM,
                  "At least " + std::to_string(program->minimum_redemption()) + " points are redeemed at once",
                  move.points_pointer);
  }
  const Wide worth = value_of(*program, points);
  if (worth > kAmountMost) {
    return reject(schema::AMOUNT_INVALID, "The points are worth more than any amount", move.points_pointer);
  }
  auto& account = open_points(deciding, move.customer_id, move.store_id, accepted);
  if (auto refusal = check_has(account, points, move.points_pointer)) return refusal;
  set_money(value, static_cast<std::int64_t>(worth), program->point_value().currency());
  change_points(account, kRedeemed,
                {.points = -points,
                 .store_id = move.store_id,
                 .movement_id = move.movement_id,
                 .sale_id = move.sale_id,
                 .currency = value.currency(),
                 .value = value.amount()},
                deciding, accepted);
  points_after = account.points();
  return std::nullopt;
}

Refusal restore_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                       std::int64_t& points_after) {
  if (auto refusal = check_customer(deciding, move.customer_id)) return refusal;
  if (auto refusal = check_points(points, move.points_pointer)) return refusal;
  auto& account = open_points(deciding, move.customer_id, move.store_id, accepted);
  if (auto refusal = check_room(account, points, move.points_pointer)) return refusal;
  PointsChange change{.store_id = move.store_id,
                      .movement_id = move.movement_id,
                      .sale_id = move.sale_id,
                      .expires_at_us = points_expiry(loyalty_program(deciding.books), deciding.context.recorded_at)};
  credit(account, points, change);
  change_points(account, kRestored, change, deciding, accepted);
  points_after = account.points();
  return std::nullopt;
}

bool has_earned(BooksReader& books, std::string_view customer_id, std::string_view sale_id) {
  return find_accrual(books, customer_id, sale_id) != nullptr;
}

std::int64_t points_of_sale(BooksReader& books, std::string_view customer_id, std::string_view sale_id) {
  const auto* accrual = find_accrual(books, customer_id, sale_id);
  return accrual == nullptr ? 0 : accrual->earned() - accrual->reversed();
}

Refusal reverse_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                       std::int64_t& points_after) {
  if (auto refusal = check_customer(deciding, move.customer_id)) return refusal;
  if (auto refusal = check_points(points, move.points_pointer)) return refusal;
  const auto* accrual = find_accrual(deciding.books, move.customer_id, move.sale_id);
  if (accrual == nullptr || points > accrual->earned() - accrual->reversed()) {
    return reject(schema::REFUND_AMOUNT_INVALID, "Sale " + std::string(move.sale_id) + " has earned fewer points",
                  move.points_pointer);
  }
  auto& account = open_points(deciding, move.customer_id, move.store_id, accepted);
  book_accrual(move, accrual->earned(), accrual->reversed() + points, deciding, accepted);
  const std::int64_t taken = std::min(points, account.points());
  change_points(account, kReversed,
                {.points = -taken,
                 .debt = points - taken,
                 .lifetime = -points,
                 .store_id = move.store_id,
                 .movement_id = move.movement_id,
                 .sale_id = move.sale_id},
                deciding, accepted);
  points_after = account.points();
  return std::nullopt;
}

}  // namespace till
