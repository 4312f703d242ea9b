// What promotions take off a cart: a function of the cart, the promotions and the time, whatever order they come in.
// Promotions are applied one after the other, the lowest priority and then the lowest id first, each to what the ones
// before have left of a line. No line goes below zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/vocabulary.h"
#include "schemas/values.pb.h"

namespace till {

// A moment with what the clock and the calendar on the store's wall say.
struct LocalTime {
  Micros at;
  std::uint32_t hour = 0;     // 0-23
  std::uint32_t weekday = 0;  // 1, Monday, to 7
};

LocalTime local_time(Micros at, std::int32_t offset_s);

struct CartLine {
  std::string_view sku;
  std::string_view category;
  std::int64_t quantity_e5 = 0;
  std::int64_t amount = 0;  // minor units; lines not above zero take no part
};

struct Cart {
  std::string_view currency;        // promotions with amounts of another one do not apply
  std::string_view customer_group;  // empty: of none
  std::span<const CartLine> lines;  // amounts sum to at most kAmountMost
};

// One promotion that was defined and not ended, at the version that the sale has frozen.
struct ActivePromotion {
  std::string_view promotion_id;
  std::uint64_t version = 0;
  const schema::Promotion* rule = nullptr;
};

struct LineDiscount {
  std::size_t line = 0;
  std::string promotion_id;
  std::uint64_t version = 0;
  std::int64_t amount = 0;  // above zero
  friend bool operator==(const LineDiscount&, const LineDiscount&) = default;
};

// What one cart takes, so that what is kept of it is small: promotions that give something, and lines that they take
// something off. The first one that does not fit does not apply, nor do those after it.
inline constexpr std::size_t kPromotionsAppliedMost = 16;
inline constexpr std::size_t kLineDiscountsMost = 1024;

// In the order of application, then of lines. Each promotion id stands once in the list.
std::vector<LineDiscount> apply_promotions(const Cart& cart, std::span<const ActivePromotion> promotions,
                                           const LocalTime& time);

}  // namespace till
