#include "projections/read_cache/sale_view.h"

#include <string>

#include "commands/money.h"
#include "commands/tender_correction.h"
#include "engine/position_text.h"

namespace till::read_cache {
namespace {

void add_line(const schema::SaleCompleted::Line& line, const std::string& currency, schema::SaleView& out) {
  schema::SaleView::Line& view = *out.add_lines();
  view.set_line_id(line.line_id());
  view.set_sku(line.sku());
  view.set_quantity_e5(line.quantity_e5());
  if (line.has_stated_price()) {
    *view.mutable_unit_price() = line.stated_price();
  } else {
    view.mutable_unit_price()->set_amount_e4(line.unit_price_e4());
    view.mutable_unit_price()->set_currency(currency);
  }
  set_money(*view.mutable_gross(), line.gross(), currency);
  set_money(*view.mutable_discount(), line.discount(), currency);
  set_money(*view.mutable_net(), line.net(), currency);
  set_money(*view.mutable_tax(), line.tax(), currency);
  view.set_tax_code(line.tax_code());
  view.set_category(line.category());
}

void add_payment(const schema::SaleCompleted& sale, schema::SaleView& out) {
  for (const schema::SaleCompleted::Tax& tax : sale.taxes()) {
    schema::TaxRow& row = *out.add_taxes();
    row.set_tax_code(tax.tax_code());
    set_money(*row.mutable_taxable(), tax.taxable(), sale.currency());
    set_money(*row.mutable_amount(), tax.amount(), sale.currency());
  }
  for (const schema::SaleCompleted::Payment& payment : sale.tenders()) {
    schema::Tender& tender = *out.add_tenders();
    tender.set_type(payment.type());
    set_money(*tender.mutable_amount(), payment.amount(), sale.currency());
    tender.set_reference(payment.reference());
    if (!payment.gift_card_id().empty()) tender.set_gift_card_id(payment.gift_card_id());
    if (payment.from_account()) tender.set_from_account(true);
    if (payment.points() != 0) tender.set_points(payment.points());
  }
  if (sale.tip() != 0) set_money(*out.mutable_tip(), sale.tip(), sale.currency());
  *out.mutable_charges() = sale.charges();
  if (sale.cash_rounding() != 0) set_money(*out.mutable_cash_rounding(), sale.cash_rounding(), sale.currency());
  *out.mutable_gift_cards() = sale.gift_cards();
  *out.mutable_promotions() = sale.promotions();
  set_money(*out.mutable_change(), sale.change(), sale.currency());
}

RetypedTenders corrections_of(const schema::CachedSale& row) {
  RetypedTenders corrections;
  for (const schema::CachedSale::Correction& correction : row.corrections()) *corrections.Add() = correction.tender();
  return corrections;
}

// Both are the same sale.
void add_rung_up(const schema::SaleCompleted& completed, const schema::SaleCompleted& corrected,
                 schema::SaleView& out) {
  for (int i = 0; i < completed.tenders_size(); ++i) {
    if (completed.tenders(i).type() == corrected.tenders(i).type()) continue;
    schema::RetypedTender& tender = *out.add_rung_up();
    tender.set_tender(static_cast<std::uint32_t>(i));
    tender.set_type(completed.tenders(i).type());
  }
}

}  // namespace

schema::SaleView make_sale_view(const schema::CachedSale& row, const LogId& log_id) {
  schema::SaleCompleted room;
  const schema::SaleCompleted& sale = retyped_sale(row.sale(), corrections_of(row), room);
  schema::SaleView out;
  out.set_sale_id(sale.sale_id());
  out.set_store_id(sale.store_id());
  out.set_terminal_id(sale.terminal_id());
  out.set_terminal_seq(sale.terminal_seq());
  out.set_occurred_at_us(sale.occurred_at_us());
  out.set_business_date(sale.business_date());
  out.set_state(row.void_position() != 0 ? schema::SaleView::VOIDED : schema::SaleView::COMPLETED);
  if (!sale.employee_id().empty()) out.set_employee_id(sale.employee_id());
  if (!sale.customer_id().empty()) out.set_customer_id(sale.customer_id());
  if (!sale.shift_id().empty()) out.set_shift_id(sale.shift_id());
  if (!sale.session_id().empty()) out.set_session_id(sale.session_id());
  for (const schema::SaleCompleted::Line& line : sale.lines()) add_line(line, sale.currency(), out);
  add_payment(sale, out);
  add_rung_up(row.sale(), sale, out);
  set_money(*out.mutable_gross(), sale.gross(), sale.currency());
  set_money(*out.mutable_discount(), sale.discount(), sale.currency());
  set_money(*out.mutable_net(), sale.net(), sale.currency());
  set_money(*out.mutable_tax(), sale.tax(), sale.currency());
  set_money(*out.mutable_total(), sale.total(), sale.currency());
  if (row.void_position() != 0) out.set_void_reason(row.void_reason());
  out.set_position(position_text(log_id, Epoch(row.epoch()), Position(row.position())));
  return out;
}

}  // namespace till::read_cache
