// Points of a customer: earned, redeemed, adjusted, expired, taken back. The functions serve any transaction; a
// decision sees the books as they were before it, so one transaction calls at most one of them for each customer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& loyalty_aggregate();

// For needs(): the customer, the points, the program, and what the sale earned where there is a sale.
void need_points(std::string_view customer_id, std::string_view sale_id, std::vector<EntityRef>& out);

// A movement of points. The pointers are those of the sale and of the points or the amount in the caller's command.
struct PointsMove {
  std::string_view customer_id;
  std::string_view store_id;
  std::string_view sale_id;
  std::string_view movement_id;
  std::string sale_pointer;
  std::string points_pointer;
};

// Points for `eligible` minor units, rounded down, once for a customer and sale (DUPLICATE_ACCRUAL). Debt is paid
// first. CUSTOMER_NOT_FOUND, LOYALTY_PROGRAM_NOT_SET, AMOUNT_INVALID, CURRENCY_UNKNOWN, CURRENCY_MISMATCH,
// BALANCE_LIMIT.
Refusal earn_points(const Deciding& deciding, const PointsMove& move, std::int64_t eligible, std::string_view currency,
                    Acceptance& accepted, std::int64_t& points_after);

// `value`: what the points are worth. POINTS_INVALID, POINTS_BELOW_MINIMUM, INSUFFICIENT_POINTS, CUSTOMER_NOT_FOUND,
// LOYALTY_PROGRAM_NOT_SET, AMOUNT_INVALID where the worth is beyond all amounts.
Refusal redeem_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                      schema::Money& value, std::int64_t& points_after);

// Gives back points that a reversed sale was paid with; they expire as points earned now.
Refusal restore_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                       std::int64_t& points_after);

// Whether the points of the sale are booked already.
bool has_earned(BooksReader& books, std::string_view customer_id, std::string_view sale_id);

// What the sale earned the customer, less what was taken back.
std::int64_t points_of_sale(BooksReader& books, std::string_view customer_id, std::string_view sale_id);

// Takes back points that the sale earned (R7): the balance does not go below zero, what is missing becomes debt.
// REFUND_AMOUNT_INVALID where the sale has fewer left, POINTS_INVALID, CUSTOMER_NOT_FOUND.
Refusal reverse_points(const Deciding& deciding, const PointsMove& move, std::int64_t points, Acceptance& accepted,
                       std::int64_t& points_after);

}  // namespace till
