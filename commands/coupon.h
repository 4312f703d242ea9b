// Coupons. Stream: coupon/<coupon_id>; the id is the code on the coupon. A coupon of limited use is held for a sale
// until the sale uses it, gives it up or a day has passed, so that no two sales take its last use. A promotion that a
// coupon gives applies with its coupons only.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/rules.h"

namespace till {

// Sales that may hold a coupon at a time.
inline constexpr int kCouponReservationsMost = 64;

const Aggregate& coupon_aggregate();

// For the decisions of sales. `pointer` is that of the coupon in the command; a coupon stands once in a command. The
// refusals: COUPON_INVALID (none of that code, or not valid yet), COUPON_EXPIRED, COUPON_ALREADY_USED, COUPON_RESERVED.

// For needs().
void need_coupon(std::string_view coupon_id, std::vector<EntityRef>& out);

// Holds the coupon for the sale, again where it does already.
Refusal reserve_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                       std::string_view pointer, Acceptance& accepted);

// A coupon is promised once something was paid on a ticket that it was good for: its time is not looked at again.
enum class CouponTime : std::uint8_t { kChecked, kPromised };

// Uses it once, whether the sale held it or not.
Refusal redeem_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                      std::string_view pointer, CouponTime time, Acceptance& accepted);

// Gives up what the sale holds; of a coupon that does not exist, nothing.
void release_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                    Acceptance& accepted);

// Takes a use back, for a sale that redeemed the coupon and is voided.
void restore_coupon(const Deciding& deciding, std::string_view coupon_id, std::string_view sale_id,
                    Acceptance& accepted);

}  // namespace till
