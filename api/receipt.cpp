#include "api/receipt.h"

#include <algorithm>

#include "commands/money.h"

namespace till {
namespace {

using schema::Receipt;
using schema::SaleView;

constexpr std::size_t kShownOfCard = 4;
constexpr int kUsualExponent = 2;
constexpr int kPriceExponent = 4;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::string_view media_type_of(std::string_view item) {
  item = item.substr(0, item.find(';'));
  while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
  while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
  return item;
}

// `value` x 10^-decimals.
std::string decimal_text(std::int64_t value, int decimals) {
  const bool negative = value < 0;
  std::uint64_t rest = negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::string digits;
  for (int place = 0; rest != 0 || place <= decimals; ++place) {
    if (place == decimals && decimals > 0) digits.push_back('.');
    digits.push_back(static_cast<char>('0' + rest % 10));
    rest /= 10;
  }
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

int exponent_of(std::string_view currency) {
  return currency_exponent(currency).value_or(kUsualExponent);
}

void add_receipt_line(const SaleView::Line& line, Receipt& out) {
  Receipt::Line& shown = *out.add_lines();
  shown.set_sku(line.sku());
  shown.set_quantity_e5(line.quantity_e5());
  *shown.mutable_unit_price() = line.unit_price();
  *shown.mutable_gross() = line.gross();
  *shown.mutable_discount() = line.discount();
  *shown.mutable_net() = line.net();
  shown.set_tax_code(line.tax_code());
}

// A correction changes what the books hold, not what the customer was handed.
schema::Tender::Type printed_type(const SaleView& sale, int place) {
  for (const schema::RetypedTender& tender : sale.rung_up()) {
    if (tender.tender() == static_cast<std::uint32_t>(place)) return tender.type();
  }
  return sale.tenders(place).type();
}

void add_receipt_payments(const SaleView& sale, Receipt& out) {
  for (int i = 0; i < sale.tenders_size(); ++i) {
    const schema::Tender& tender = sale.tenders(i);
    Receipt::Payment& payment = *out.add_payments();
    payment.set_type(printed_type(sale, i));
    *payment.mutable_amount() = tender.amount();
    const std::string& reference = tender.has_gift_card_id() ? tender.gift_card_id() : tender.reference();
    if (!reference.empty()) payment.set_reference(last_four(reference));
  }
  for (const schema::GiftCardSale& sold : sale.gift_cards()) {
    Receipt::GiftCard& card = *out.add_gift_cards();
    card.set_gift_card(last_four(sold.gift_card_id()));
    *card.mutable_amount() = sold.amount();
  }
  *out.mutable_change() = sale.change();
}

void add_receipt_sums(const SaleView& sale, Receipt& out) {
  *out.mutable_gross() = sale.gross();
  *out.mutable_discount() = sale.discount();
  *out.mutable_net() = sale.net();
  *out.mutable_taxes() = sale.taxes();
  *out.mutable_tax() = sale.tax();
  *out.mutable_charges() = sale.charges();
  if (sale.has_tip()) *out.mutable_tip() = sale.tip();
  if (sale.has_cash_rounding()) *out.mutable_cash_rounding() = sale.cash_rounding();
  *out.mutable_total() = sale.total();
}

}  // namespace

ReceiptForm receipt_form_of_accept(std::string_view accept) {
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view type = media_type_of(accept.substr(0, end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    if (type == "text/plain") return ReceiptForm::kText;
    if (type == "text/html") return ReceiptForm::kHtml;
    if (type == "*/*" || type.starts_with("application/")) return ReceiptForm::kData;
  }
  return ReceiptForm::kData;
}

std::string_view content_type_of(ReceiptForm form) {
  return form == ReceiptForm::kHtml ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}

Receipt make_receipt(const SaleView& sale) {
  Receipt out;
  out.set_kind(Receipt::SALE);
  out.set_state(sale.state() == SaleView::VOIDED ? Receipt::VOIDED : Receipt::COMPLETED);
  out.set_receipt_id(sale.sale_id());
  out.set_store_id(sale.store_id());
  out.set_terminal_id(sale.terminal_id());
  if (sale.terminal_seq() != 0) out.set_terminal_seq(sale.terminal_seq());
  if (sale.occurred_at_us() != 0) out.set_occurred_at_us(sale.occurred_at_us());
  out.set_business_date(sale.business_date());
  if (sale.has_employee_id()) out.set_employee_id(sale.employee_id());
  if (sale.has_customer_id()) out.set_customer_id(sale.customer_id());
  for (const SaleView::Line& line : sale.lines()) add_receipt_line(line, out);
  add_receipt_sums(sale, out);
  add_receipt_payments(sale, out);
  out.set_position(sale.position());
  return out;
}

std::string last_four(std::string_view text) {
  std::size_t begin = text.size();
  for (std::size_t characters = 0; begin > 0 && characters < kShownOfCard;) {
    --begin;
    if (!continues_character(text[begin])) ++characters;
  }
  std::string shown(kShownOfCard, '*');
  if (begin > 0) shown.append(text.substr(begin));
  return shown;
}

std::string amount_text(const schema::Money& money) {
  return decimal_text(money.amount(), exponent_of(money.currency()));
}

std::string price_text(const schema::UnitPrice& price) {
  const int exponent = exponent_of(price.currency());
  if (price.has_amount()) return decimal_text(price.amount(), exponent);
  std::string text = decimal_text(price.amount_e4(), kPriceExponent);
  int decimals = kPriceExponent;
  for (; decimals > exponent && text.back() == '0'; --decimals) text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace till
