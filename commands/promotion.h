// Promotions: what commands/promotion_engine.h applies to a cart. Stream: promotion/<promotion_id>. One that no coupon
// gives is on the list of running_promotions.h until it ends.
#pragma once

#include <string>

#include "commands/rules.h"

namespace till {

// What one promotion names, so that it fits its entity.
inline constexpr int kPromotionSkusMost = 200;
inline constexpr int kPromotionCategoriesMost = 50;
// Units of one bundle.
inline constexpr std::uint32_t kPromotionUnitsMost = 1'000;

const Aggregate& promotion_aggregate();

// For a coupon that is to give the promotion: from here on it applies with coupons only. Nothing where it does already.
void restrict_promotion(const schema::PromotionState& promotion, const std::string& coupon_id, const Deciding& deciding,
                        Acceptance& accepted);

}  // namespace till
