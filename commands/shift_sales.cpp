#include "commands/shift_sales.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "commands/money.h"
#include "commands/rows.h"
#include "commands/shift.h"
#include "commands/shift_late.h"

namespace till {
namespace {

using schema::SaleCompleted;
using schema::ShiftSaleBooked;

// Different tax codes in one shift; its state stays far below the door of an entity.
constexpr int kShiftTaxCodesMost = 256;

}  // namespace

Refusal check_booking(const SaleCompleted& sale, ShiftSaleBooked::Kind kind, const schema::ShiftState& shift,
                      const schema::ShiftTotals& totals) {
  if (shift.terminal_id() != sale.terminal_id() || shift.store_id() != sale.store_id()) {
    return reject(
        schema::SHIFT_NOT_FOUND,
        "Shift " + sale.shift_id() + " is of terminal " + shift.terminal_id() + " in store " + shift.store_id(),
        "/shift_id");
  }
  if (shift.expected_cash().currency() != sale.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "The shift counts in " + shift.expected_cash().currency(),
                  "/expected_total/currency");
  }
  if (kind == ShiftSaleBooked::VOID) return std::nullopt;  // what was taken in can be given back
  const Wide moved = Wide(totals.gross_positive().amount()) + totals.gross_negative().amount() + sale.total();
  const Wide gross = Wide(std::abs(totals.gross().amount())) + sale.gross();
  // The tenders, and so the cash, may exceed the total by the change at most, which is cash again.
  if (moved > kShiftAmountMost || gross > kShiftAmountMost) {
    return reject(schema::AMOUNT_INVALID, "The sums of a shift are at most 10^18 minor units",
                  kind == ShiftSaleBooked::SALE ? "/expected_total" : "/shift_id");
  }
  int codes = totals.taxes_size();
  for (const SaleCompleted::Tax& row : sale.taxes()) {
    const bool known = std::ranges::any_of(
        totals.taxes(), [&](const schema::ShiftTotals::Tax& tax) { return tax.tax_code() == row.tax_code(); });
    if (!known) ++codes;
  }
  if (codes <= kShiftTaxCodesMost) return std::nullopt;
  return reject(schema::TAX_ROWS_INVALID, "A shift has at most " + std::to_string(kShiftTaxCodesMost) + " tax codes",
                "/taxes");
}

namespace {

bool is_return(ShiftSaleBooked::Kind kind) {
  return kind == ShiftSaleBooked::RETURN || kind == ShiftSaleBooked::UNLINKED_RETURN;
}

// By type, change taken off the cash; returns the cash.
std::int64_t write_tenders(const SaleCompleted& sale, std::int64_t sign, ShiftSaleBooked& fact) {
  std::int64_t cash = 0;
  for (const SaleCompleted::Payment& tender : sale.tenders()) {
    ShiftSaleBooked::Payment& sum =
        find_or_add(*fact.mutable_tenders(), [&](const auto& known) { return known.type() == tender.type(); });
    sum.set_type(tender.type());
    sum.set_amount(sum.amount() + sign * tender.amount());
    sum.set_count(sum.count() + 1);
  }
  for (ShiftSaleBooked::Payment& sum : *fact.mutable_tenders()) {
    if (sum.type() != schema::Tender::CASH) continue;
    sum.set_amount(sum.amount() - sign * sale.change());
    cash = sum.amount();
  }
  return cash;
}

}  // namespace

void write_booking(const SaleCompleted& sale, ShiftSaleBooked::Kind kind, const schema::ShiftState& shift,
                   ShiftSaleBooked& fact) {
  const std::int64_t sign = kind == ShiftSaleBooked::SALE ? 1 : -1;
  fact.set_shift_id(sale.shift_id());
  fact.set_sale_id(sale.sale_id());
  fact.set_kind(kind);
  fact.set_currency(sale.currency());
  if (kind == ShiftSaleBooked::SALE) fact.set_terminal_seq(sale.terminal_seq());
  fact.set_gross(sign * sale.gross());
  fact.set_discount(sign * sale.discount());
  fact.set_net(sign * sale.net());
  fact.set_tax(sign * sale.tax());
  fact.set_charged(sign * sale.charged());
  fact.set_tip(sign * sale.tip());
  fact.set_cash_rounding(sign * sale.cash_rounding());
  fact.set_total(sign * sale.total());
  for (const SaleCompleted::Tax& row : sale.taxes()) {
    ShiftSaleBooked::Tax& tax = *fact.add_taxes();
    tax.set_tax_code(row.tax_code());
    tax.set_taxable(sign * row.taxable());
    tax.set_amount(sign * row.amount());
  }
  std::uint32_t discounted = 0;
  for (const SaleCompleted::Line& line : sale.lines()) discounted += line.discount() != 0 ? 1 : 0;
  fact.set_discounted_lines(discounted);
  fact.set_sale_discount(sign * sale.sale_discount());
  fact.set_employee_discount(sign * sale.employee_discount());
  fact.set_coupon_discount(sign * sale.coupon_discount());
  if (kind == ShiftSaleBooked::SALE) {
    fact.set_line_voids(sale.line_voids());
    fact.set_line_voided(sale.line_voided());
  }
  fact.set_cash(write_tenders(sale, sign, fact));
  fact.set_expected_cash_after(shift.expected_cash().amount() + fact.cash());
  fact.set_employee_id(sale.employee_id());
}

namespace {

void add(schema::Money& sum, std::int64_t amount, const std::string& currency) {
  set_money(sum, sum.amount() + amount, currency);
}

// Money that stays unset while there is none of it.
void add_any(schema::ShiftTotals& totals, schema::Money* (schema::ShiftTotals::*sum)(), std::int64_t amount,
             const std::string& currency) {
  if (amount != 0) add(*(totals.*sum)(), amount, currency);
}

// What gift cards paid was taken in before, what they cost is owed: both stand beside the goods.
void fold_gift_cards(schema::ShiftTotals& totals, const ShiftSaleBooked& fact) {
  const std::int64_t sold = fact.total() - fact.net() - fact.tax() - fact.charged() - fact.tip();
  add_any(totals, &schema::ShiftTotals::mutable_gift_cards_sold, sold, fact.currency());
  for (const ShiftSaleBooked::Payment& row : fact.tenders()) {
    if (row.type() != schema::Tender::GIFT_CARD) continue;
    add_any(totals, &schema::ShiftTotals::mutable_gift_cards_redeemed, row.amount(), fact.currency());
  }
}

void fold_discounts(schema::ShiftTotals& totals, const ShiftSaleBooked& fact) {
  const std::string& currency = fact.currency();
  if (is_return(fact.kind())) {
    return add_any(totals, &schema::ShiftTotals::mutable_returned_discount, -fact.discount(), currency);
  }
  const std::int64_t on_lines =
      fact.discount() - fact.sale_discount() - fact.employee_discount() - fact.coupon_discount();
  add_any(totals, &schema::ShiftTotals::mutable_line_discount, on_lines, currency);
  add_any(totals, &schema::ShiftTotals::mutable_sale_discount, fact.sale_discount(), currency);
  add_any(totals, &schema::ShiftTotals::mutable_employee_discount, fact.employee_discount(), currency);
  add_any(totals, &schema::ShiftTotals::mutable_coupon_discount, fact.coupon_discount(), currency);
}

void fold_lists(schema::ShiftTotals& totals, const ShiftSaleBooked& fact) {
  for (const ShiftSaleBooked::Tax& row : fact.taxes()) {
    schema::ShiftTotals::Tax& tax =
        find_or_add(*totals.mutable_taxes(), [&](const auto& known) { return known.tax_code() == row.tax_code(); });
    tax.set_tax_code(row.tax_code());
    add(*tax.mutable_taxable(), row.taxable(), fact.currency());
    add(*tax.mutable_amount(), row.amount(), fact.currency());
  }
  for (const ShiftSaleBooked::Payment& row : fact.tenders()) {
    schema::ShiftTotals::Payment& tender =
        find_or_add(*totals.mutable_tenders(), [&](const auto& known) { return known.type() == row.type(); });
    tender.set_type(row.type());
    tender.set_count(tender.count() + std::max<std::uint32_t>(row.count(), 1));
    add(*tender.mutable_amount(), row.amount(), fact.currency());
  }
}

void count(schema::ShiftTotals& totals, const ShiftSaleBooked& fact) {
  switch (fact.kind()) {
    case ShiftSaleBooked::VOID:
      totals.set_voids(totals.voids() + 1);
      add(*totals.mutable_voided(), -fact.total(), fact.currency());
      break;
    case ShiftSaleBooked::UNLINKED_RETURN:
      totals.set_unlinked_returns(totals.unlinked_returns() + 1);
      add(*totals.mutable_unlinked_returned(), -fact.total(), fact.currency());
      [[fallthrough]];
    case ShiftSaleBooked::RETURN:
      totals.set_returns(totals.returns() + 1);
      add(*totals.mutable_returned(), -fact.total(), fact.currency());
      break;
    case ShiftSaleBooked::SALE:
    case ShiftSaleBooked::KIND_UNSPECIFIED:
    default:  // an open enum of Protobuf
      totals.set_sales(totals.sales() + 1);
      totals.set_discounted_lines(totals.discounted_lines() + fact.discounted_lines());
      break;
  }
}

}  // namespace

void add_to_totals(schema::ShiftTotals& totals, const ShiftSaleBooked& fact) {
  const std::string& currency = fact.currency();
  count(totals, fact);
  if (fact.kind() == ShiftSaleBooked::SALE) {
    add(*totals.mutable_gross_positive(), fact.total(), currency);
  } else {
    add(*totals.mutable_gross_negative(), -fact.total(), currency);
  }
  add(*totals.mutable_gross(), fact.gross(), currency);
  add(*totals.mutable_discount(), fact.discount(), currency);
  add(*totals.mutable_net(), fact.net(), currency);
  add(*totals.mutable_tax(), fact.tax(), currency);
  add(*totals.mutable_total(), fact.total(), currency);
  if (fact.charged() != 0) add(*totals.mutable_charged(), fact.charged(), currency);
  if (fact.tip() != 0) add(*totals.mutable_tip(), fact.tip(), currency);
  if (fact.cash_rounding() != 0) add(*totals.mutable_cash_rounding(), fact.cash_rounding(), currency);
  add_line_voids(totals, fact.line_voids(), fact.line_voided(), currency);
  fold_discounts(totals, fact);
  fold_gift_cards(totals, fact);
  fold_lists(totals, fact);
}

void add_line_voids(schema::ShiftTotals& totals, std::uint32_t count, std::int64_t amount,
                    const std::string& currency) {
  if (count == 0) return;
  totals.set_line_voids(totals.line_voids() + count);
  add_bounded(*totals.mutable_line_voided(), amount, currency);
}

void add_bounded(schema::Money& sum, std::int64_t amount, const std::string& currency) {
  const Wide after = Wide(sum.amount()) + amount;
  set_money(sum, static_cast<std::int64_t>(std::min(after, Wide(kShiftAmountMost))), currency);
}

void fold_booking(schema::ShiftState& state, const ShiftSaleBooked& fact) {
  add_to_totals(*state.mutable_totals(), fact);
  state.mutable_expected_cash()->set_amount(fact.expected_cash_after());
  if (fact.terminal_seq() == 0) return;
  if (state.first_terminal_seq() == 0) state.set_first_terminal_seq(fact.terminal_seq());
  state.set_last_terminal_seq(fact.terminal_seq());
}

namespace {

void evolve_booked(schema::ShiftState& state, const ShiftSaleBooked& fact, const schema::Record&) {
  fold_booking(state, fact);
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<schema::ShiftState, &Event::shift_sale_booked, evolve_booked>(Event::kShiftSaleBooked, schema::SHIFT),
};

}  // namespace

const Aggregate& shift_sales_aggregate() {
  static constexpr Aggregate kAggregate{"shift_sales", {}, kEvents, {}};
  return kAggregate;
}

Refusal book_on_shift(const Deciding& deciding, const SaleCompleted& sale, ShiftSaleBooked::Kind kind,
                      Acceptance& accepted) {
  if (sale.shift_id().empty()) return std::nullopt;
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, sale.shift_id(), shift)) {
    if (!deciding.offline() || shift == nullptr || shift->status() == schema::ShiftState::OPEN) return refusal;
    return attach_late(deciding, sale, kind, *shift, accepted);
  }
  if (auto refusal = check_booking(sale, kind, *shift, shift->totals())) return refusal;
  write_booking(sale, kind, *shift,
                *add_event(accepted, deciding, schema::SHIFT, sale.shift_id(), Event::kShiftSaleBooked)
                     .mutable_shift_sale_booked());
  return std::nullopt;
}

}  // namespace till
