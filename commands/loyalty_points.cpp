#include "commands/loyalty_points.h"

#include <algorithm>
#include <array>
#include <limits>

namespace till {
namespace {

using schema::Event;
using schema::LoyaltyState;
using schema::PointsMoved;

constexpr EntityKind kLoyalty = kind_of(schema::LOYALTY);

constexpr PointsEvent kExpired{Event::kPointsExpired, &Event::mutable_points_expired};

// Lots that never expire come last.
std::int64_t expiry_of(const LoyaltyState::Lot& lot) {
  return lot.has_expires_at_us() ? lot.expires_at_us() : std::numeric_limits<std::int64_t>::max();
}

void join_first_two(LoyaltyState& account) {
  account.mutable_lots(1)->set_points(account.lots(0).points() + account.lots(1).points());
  account.mutable_lots()->erase(account.lots().begin());
}

void add_lot(LoyaltyState& account, std::int64_t points, std::int64_t expires_at_us) {
  LoyaltyState::Lot lot;
  lot.set_points(points);
  if (expires_at_us != 0) lot.set_expires_at_us(expires_at_us);
  auto& lots = *account.mutable_lots();
  const auto place = std::ranges::lower_bound(lots, expiry_of(lot), {}, expiry_of);
  if (place != lots.end() && expiry_of(*place) == expiry_of(lot)) {
    place->set_points(place->points() + points);
    return;
  }
  const int index = static_cast<int>(place - lots.begin());
  *lots.Add() = lot;
  for (int i = lots.size() - 1; i > index; --i) lots.SwapElements(i, i - 1);
  if (lots.size() > kLotsMost) join_first_two(account);
}

void take_from_lots(LoyaltyState& account, std::int64_t points) {
  auto& lots = *account.mutable_lots();
  int used_up = 0;
  while (points > 0 && used_up < lots.size()) {
    LoyaltyState::Lot& lot = lots[used_up];
    const std::int64_t part = std::min(points, lot.points());
    points -= part;
    lot.set_points(lot.points() - part);
    if (lot.points() == 0) ++used_up;
  }
  lots.erase(lots.begin(), lots.begin() + used_up);
}

void fold_moved(LoyaltyState& account, const PointsMoved& fact) {
  account.set_customer_id(fact.customer_id());
  if (fact.points() > 0) add_lot(account, fact.points(), fact.expires_at_us());
  if (fact.points() < 0) take_from_lots(account, -fact.points());
  account.set_points(fact.points_after());
  account.set_debt(fact.debt_after());
  account.set_lifetime_points(fact.lifetime_after());
}

void evolve_moved(LoyaltyState& account, const PointsMoved& fact, const schema::Record&) {
  fold_moved(account, fact);
}

void evolve_issued(LoyaltyState& account, const PointsMoved& fact, const schema::Record&) {
  fold_moved(account, fact);
  LoyaltyState::Reward& reward = *account.add_rewards();
  reward.set_reward_id(fact.reward_id());
  reward.set_points(-fact.points());
  if (fact.expires_at_us() != 0) reward.set_expires_at_us(fact.expires_at_us());
}

// Of a reward that is used up or given back.
void evolve_closed(LoyaltyState& account, const PointsMoved& fact, const schema::Record&) {
  fold_moved(account, fact);
  auto& rewards = *account.mutable_rewards();
  const auto found = std::ranges::find(rewards, fact.reward_id(), &LoyaltyState::Reward::reward_id);
  if (found != rewards.end()) rewards.erase(found);
}

template <auto Get>
constexpr EventRule moved(Event::EventCase which) {
  return event_rule<LoyaltyState, Get, evolve_moved>(which, schema::LOYALTY);
}

constexpr std::array kEvents{
    moved<&Event::points_earned>(Event::kPointsEarned),
    moved<&Event::points_redeemed>(Event::kPointsRedeemed),
    moved<&Event::points_adjusted>(Event::kPointsAdjusted),
    moved<&Event::points_expired>(Event::kPointsExpired),
    moved<&Event::points_restored>(Event::kPointsRestored),
    moved<&Event::points_reversed>(Event::kPointsReversed),
    event_rule<LoyaltyState, &Event::reward_issued, evolve_issued>(Event::kRewardIssued, schema::LOYALTY),
    event_rule<LoyaltyState, &Event::reward_redeemed, evolve_closed>(Event::kRewardRedeemed, schema::LOYALTY),
    event_rule<LoyaltyState, &Event::reward_deleted, evolve_closed>(Event::kRewardDeleted, schema::LOYALTY),
};
constexpr std::array kStates{state_rule<LoyaltyState>(schema::LOYALTY)};

}  // namespace

const Aggregate& loyalty_points_aggregate() {
  static constexpr Aggregate kAggregate{"loyalty_points", {}, kEvents, kStates};
  return kAggregate;
}

LoyaltyState& open_points(const Deciding& deciding, std::string_view customer_id, std::string_view store_id,
                          Acceptance& accepted) {
  auto& account = *google::protobuf::Arena::CreateMessage<LoyaltyState>(deciding.context.arena);
  if (const auto* known = deciding.books.get<LoyaltyState>(kLoyalty, customer_id)) account = *known;
  account.set_customer_id(std::string(customer_id));
  std::int64_t over = 0;
  for (const LoyaltyState::Lot& lot : account.lots()) {
    if (expiry_of(lot) <= deciding.context.recorded_at.value()) over += lot.points();
  }
  if (over > 0) change_points(account, kExpired, {.points = -over, .store_id = store_id}, deciding, accepted);
  return account;
}

Refusal check_points(std::int64_t points, std::string_view pointer) {
  if (points > 0 && points <= kPointsMost) return std::nullopt;
  return reject(schema::POINTS_INVALID, "Points are above zero and at most 10^15", std::string(pointer));
}

Refusal check_has(const LoyaltyState& account, std::int64_t points, std::string_view pointer) {
  if (points <= account.points()) return std::nullopt;
  return reject(schema::INSUFFICIENT_POINTS,
                "Customer " + account.customer_id() + " has " + std::to_string(account.points()) + " points",
                std::string(pointer));
}

Refusal check_room(const LoyaltyState& account, std::int64_t points, std::string_view pointer) {
  if (points <= kPointsMost - std::max(account.points(), account.lifetime_points())) return std::nullopt;
  return reject(schema::BALANCE_LIMIT, "A customer has at most 10^15 points", std::string(pointer));
}

void credit(const LoyaltyState& account, std::int64_t points, PointsChange& change) {
  const std::int64_t paid = std::min(points, account.debt());
  change.points = points - paid;
  change.debt = -paid;
}

std::int64_t last_expiry(const LoyaltyState& account, std::int64_t points) {
  std::int64_t expiry = 0;
  for (const LoyaltyState::Lot& lot : account.lots()) {
    if (points <= 0) break;
    points -= lot.points();
    expiry = lot.expires_at_us();
  }
  return expiry;
}

void change_points(LoyaltyState& account, const PointsEvent& event, const PointsChange& change,
                   const Deciding& deciding, Acceptance& accepted) {
  Event& added = add_event(accepted, deciding, schema::LOYALTY, account.customer_id(), event.which);
  PointsMoved& fact = *(added.*event.body)();
  fact.set_customer_id(account.customer_id());
  fact.set_movement_id(std::string(change.movement_id));
  fact.set_store_id(std::string(change.store_id));
  fact.set_sale_id(std::string(change.sale_id));
  fact.set_reward_id(std::string(change.reward_id));
  fact.set_points(change.points);
  fact.set_debt(change.debt);
  fact.set_points_after(account.points() + change.points);
  fact.set_debt_after(account.debt() + change.debt);
  fact.set_lifetime_after(account.lifetime_points() + change.lifetime);
  fact.set_expires_at_us(change.expires_at_us);
  fact.set_currency(std::string(change.currency));
  fact.set_value(change.value);
  fact.set_reason(std::string(change.reason));
  fold_moved(account, fact);
}

schema::Answer& answer_points(const LoyaltyState& account, const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(account.customer_id());
  answer.set_points(account.points());
  return answer;
}

}  // namespace till
