#include "commands/sale_scopes.h"

#include <string>

#include "commands/amounts.h"
#include "commands/money.h"

namespace till {
namespace {

// Absent amounts are zero.
Refusal take_amount(const schema::Money& amount, bool stated, const std::string& pointer,
                    const schema::SaleCompleted& sale, std::int64_t& taken) {
  taken = 0;
  if (!stated) return std::nullopt;
  if (auto refusal = check_currency(amount, sale.currency(), pointer)) return refusal;
  if (auto refusal = check_amount(amount, 0, pointer)) return refusal;
  taken = amount.amount();
  return std::nullopt;
}

Refusal take_discount_scopes(const schema::DiscountScopes& scopes, schema::SaleCompleted& sale) {
  std::int64_t of_sale = 0;
  std::int64_t of_employee = 0;
  std::int64_t of_coupon = 0;
  if (auto refusal = take_amount(scopes.sale(), scopes.has_sale(), "/discount_scopes/sale", sale, of_sale)) {
    return refusal;
  }
  if (auto refusal =
          take_amount(scopes.employee(), scopes.has_employee(), "/discount_scopes/employee", sale, of_employee)) {
    return refusal;
  }
  if (auto refusal = take_amount(scopes.coupon(), scopes.has_coupon(), "/discount_scopes/coupon", sale, of_coupon)) {
    return refusal;
  }
  if (Wide(of_sale) + of_employee + of_coupon > sale.discount()) {
    return reject(schema::DISCOUNT_EXCEEDS_TOTAL,
                  "The parts are more than the discount of " + std::to_string(sale.discount()), "/discount_scopes");
  }
  sale.set_sale_discount(of_sale);
  sale.set_employee_discount(of_employee);
  sale.set_coupon_discount(of_coupon);
  return std::nullopt;
}

Refusal take_line_voids(const schema::LineVoids& voids, schema::SaleCompleted& sale) {
  std::int64_t amount = 0;
  if (auto refusal = take_amount(voids.amount(), voids.has_amount(), "/line_voids/amount", sale, amount)) {
    return refusal;
  }
  if (voids.count() > kLineVoidsMost || (voids.count() == 0 && amount != 0)) {
    return reject(schema::VALIDATION_FAILED, "From 1 to " + std::to_string(kLineVoidsMost) + " lines make the amount",
                  "/line_voids/count");
  }
  sale.set_line_voids(voids.count());
  sale.set_line_voided(amount);
  return std::nullopt;
}

}  // namespace

Refusal take_scopes(const schema::RingUpSale& command, schema::SaleCompleted& sale) {
  if (command.has_discount_scopes()) {
    if (auto refusal = take_discount_scopes(command.discount_scopes(), sale)) return refusal;
  }
  return command.has_line_voids() ? take_line_voids(command.line_voids(), sale) : std::nullopt;
}

}  // namespace till
