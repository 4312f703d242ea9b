// A customer's points in lots by expiry: how a decision changes them, and how their events are folded. What expires
// first is spent first. Points that are owed (taken back after they were spent) are paid by what is credited next, so a
// customer never has both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/money.h"
#include "commands/rules.h"

namespace till {

const Aggregate& loyalty_points_aggregate();

// Lots of one day are one lot. Above this number the two that expire first become one, with the later expiry.
inline constexpr int kLotsMost = 100;
inline constexpr std::int64_t kPointsMost = kAmountMost;

// One of the events that share PointsMoved.
struct PointsEvent {
  schema::Event::EventCase which;
  schema::PointsMoved* (schema::Event::*body)();
};

// What stands in such an event beside the customer and the balances after it.
struct PointsChange {
  std::int64_t points = 0;  // signed effect on the balance
  std::int64_t debt = 0;    // signed effect on what is owed
  std::int64_t lifetime = 0;
  std::string_view store_id;
  std::string_view movement_id = {};
  std::string_view sale_id = {};
  std::string_view reward_id = {};
  std::string_view reason = {};
  std::int64_t expires_at_us = 0;
  std::string_view currency = {};
  std::int64_t value = 0;
};

// A copy of the customer's points that lives as long as the decision and that its events move on; empty where there are
// none yet. Lots whose time is over are booked away at `store_id`, with one event.
schema::LoyaltyState& open_points(const Deciding& deciding, std::string_view customer_id, std::string_view store_id,
                                  Acceptance& accepted);

// POINTS_INVALID unless 1 to kPointsMost.
Refusal check_points(std::int64_t points, std::string_view pointer);

// INSUFFICIENT_POINTS.
Refusal check_has(const schema::LoyaltyState& account, std::int64_t points, std::string_view pointer);

// BALANCE_LIMIT.
Refusal check_room(const schema::LoyaltyState& account, std::int64_t points, std::string_view pointer);

// `points` credited: what is owed is paid first. Fills points and debt of a change.
void credit(const schema::LoyaltyState& account, std::int64_t points, PointsChange& change);

// The last expiry among the lots that `points` would be taken from; 0: never.
std::int64_t last_expiry(const schema::LoyaltyState& account, std::int64_t points);

// Adds the event and folds it into `account`.
void change_points(schema::LoyaltyState& account, const PointsEvent& event, const PointsChange& change,
                   const Deciding& deciding, Acceptance& accepted);

// The answer that all commands of a customer's points give.
schema::Answer& answer_points(const schema::LoyaltyState& account, const Deciding& deciding, Acceptance& accepted);

}  // namespace till
