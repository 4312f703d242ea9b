// Which promotions run: a list of the tenant's own, since promotions are known by their ids and a sale has to meet them
// all. Stream: running_promotions/default. On it is what was defined and not ended, unless a coupon gives it; also what
// is for a group of customers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

// Of the longest ids they take 11 KiB of the entity's 64, and no sale looks at more rules than these and those of its
// coupons. What is over by its time makes room.
inline constexpr int kRunningPromotionsMost = 128;

const Aggregate& running_promotions_aggregate();

// For needs().
void need_running_promotions(std::vector<EntityRef>& out);

// Puts the promotion on the list, again where its time has changed. CATALOG_LIMIT_REACHED at /promotion_id where the
// list is full.
Refusal list_promotion(const std::string& promotion_id, const schema::Promotion& rule, const Deciding& deciding,
                       Acceptance& accepted);

// Takes it off, where it is on it.
void unlist_promotion(const std::string& promotion_id, const Deciding& deciding, Acceptance& accepted);

// The ids of those whose time it is, by day and hour or not. They live as long as the books.
std::vector<std::string_view> running_promotions(const Deciding& deciding, Micros at);

}  // namespace till
