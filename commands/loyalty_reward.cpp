#include "commands/loyalty_reward.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/balance.h"
#include "commands/document.h"
#include "commands/loyalty.h"
#include "commands/loyalty_points.h"

namespace till {
namespace {

using schema::Event;
using schema::LoyaltyState;

constexpr EntityKind kLoyalty = kind_of(schema::LOYALTY);

// Open at once for one customer.
constexpr int kRewardsMost = 32;

constexpr std::string_view kReserve = "reserve_reward";

constexpr PointsEvent kIssued{Event::kRewardIssued, &Event::mutable_reward_issued};
constexpr PointsEvent kRedeemed{Event::kRewardRedeemed, &Event::mutable_reward_redeemed};
constexpr PointsEvent kDeleted{Event::kRewardDeleted, &Event::mutable_reward_deleted};

void needs_reserve(const schema::ReserveReward& command, std::vector<EntityRef>& out) {
  need_document(kReserve, command.reward_id(), out);
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

void needs_redeem(const schema::RedeemReward& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

void needs_delete(const schema::DeleteReward& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_points(command.customer_id(), {}, out);
}

Decision decide_reserve(const schema::ReserveReward& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kReserve, command.reward_id(), "/reward_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (auto refusal = check_customer(deciding, command.customer_id())) return *std::move(refusal);
  if (auto refusal = check_points(command.points(), "/points")) return *std::move(refusal);
  book_document(accepted, deciding, kReserve, command.reward_id());
  LoyaltyState& account = open_points(deciding, command.customer_id(), command.store_id(), accepted);
  if (auto refusal = check_has(account, command.points(), "/points")) return *std::move(refusal);
  if (account.rewards_size() >= kRewardsMost) {
    return reject(schema::REWARD_LIMIT, "A customer has at most " + std::to_string(kRewardsMost) + " open rewards",
                  "/customer_id");
  }
  change_points(account, kIssued,
                {.points = -command.points(),
                 .store_id = command.store_id(),
                 .reward_id = command.reward_id(),
                 .expires_at_us = last_expiry(account, command.points())},
                deciding, accepted);
  answer_points(account, deciding, accepted).set_reward_id(command.reward_id());
  return accepted;
}

// A copy of the open reward, which leaves its list with its event.
Refusal find_reward(const Deciding& deciding, const std::string& customer_id, const std::string& reward_id,
                    LoyaltyState::Reward& reward) {
  if (auto refusal = check_customer(deciding, customer_id)) return refusal;
  if (const auto* account = deciding.books.get<LoyaltyState>(kLoyalty, customer_id)) {
    const auto found = std::ranges::find(account->rewards(), reward_id, &LoyaltyState::Reward::reward_id);
    if (found != account->rewards().end()) {
      reward = *found;
      return std::nullopt;
    }
  }
  return reject(schema::REWARD_NOT_FOUND, "Customer " + customer_id + " has no open reward " + reward_id, "/reward_id");
}

Decision decide_redeem(const schema::RedeemReward& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  LoyaltyState::Reward reward;
  if (auto refusal = find_reward(deciding, command.customer_id(), command.reward_id(), reward)) {
    return *std::move(refusal);
  }
  LoyaltyState& account = open_points(deciding, command.customer_id(), command.store_id(), accepted);
  change_points(account, kRedeemed,
                {.store_id = command.store_id(), .sale_id = command.sale_id(), .reward_id = command.reward_id()},
                deciding, accepted);
  answer_points(account, deciding, accepted).set_reward_id(command.reward_id());
  return accepted;
}

Decision decide_delete(const schema::DeleteReward& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  LoyaltyState::Reward reward;
  if (auto refusal = find_reward(deciding, command.customer_id(), command.reward_id(), reward)) {
    return *std::move(refusal);
  }
  LoyaltyState& account = open_points(deciding, command.customer_id(), command.store_id(), accepted);
  PointsChange change{
      .store_id = command.store_id(), .reward_id = command.reward_id(), .expires_at_us = reward.expires_at_us()};
  credit(account, reward.points(), change);
  change_points(account, kDeleted, change, deciding, accepted);
  answer_points(account, deciding, accepted).set_reward_id(command.reward_id());
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::reserve_reward, needs_reserve, decide_reserve>(Command::kReserveReward),
    command_rule<&Command::redeem_reward, needs_redeem, decide_redeem>(Command::kRedeemReward),
    command_rule<&Command::delete_reward, needs_delete, decide_delete>(Command::kDeleteReward),
};

}  // namespace

const Aggregate& loyalty_reward_aggregate() {
  static constexpr Aggregate kAggregate{"loyalty_reward", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
