// Promotions: what commands/promotion_engine.h applies to a cart. Stream: promotion/<promotion_id>.
#pragma once

#include "commands/rules.h"

namespace till {

// What one promotion names, so that it fits its entity.
inline constexpr int kPromotionSkusMost = 200;
inline constexpr int kPromotionCategoriesMost = 50;
// Units of one bundle.
inline constexpr std::uint32_t kPromotionUnitsMost = 1'000;

const Aggregate& promotion_aggregate();

}  // namespace till
