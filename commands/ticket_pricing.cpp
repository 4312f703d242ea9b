#include "commands/ticket_pricing.h"

#include <algorithm>
#include <string>
#include <utility>

#include "commands/draft_books.h"
#include "commands/money.h"
#include "commands/scratch.h"
#include "commands/store.h"
#include "commands/tax_table.h"
#include "commands/ticket.h"

namespace till {
namespace {

using schema::TicketDiscount;
using schema::TicketState;

constexpr EntityKind kTax = kind_of(schema::TAX);
constexpr std::int64_t kWholePpm = 1'000'000;

// What a discount takes off an amount.
std::int64_t share_of(const TicketDiscount& discount, std::int64_t amount) {
  if (discount.has_amount()) return std::min(discount.amount().amount(), amount);
  return static_cast<std::int64_t>(divide_half_away(Wide(amount) * discount.percent_ppm(), kWholePpm));
}

// Where a discount is counted; null where it was given on a line for no such reason.
std::int64_t* scope_of(const TicketDiscount& discount, PricedTicket& priced) {
  if (discount.has_coupon_id()) return &priced.coupon_discount;
  if (discount.reason() == schema::SaleReason::STAFF) return &priced.employee_discount;
  return discount.has_line_id() ? nullptr : &priced.sale_discount;
}

void count_discount(const TicketDiscount& discount, std::int64_t amount, PricedTicket& priced) {
  if (std::int64_t* const scope = scope_of(discount, priced)) *scope += amount;
}

void take_off_promotion(const schema::AppliedPromotion& promotion, PricedTicket& priced) {
  for (int i = 0; i < promotion.lines_size(); ++i) {
    priced.lines[promotion.lines(i)].discount += promotion.amounts(i);
  }
  if (promotion.has_coupon_id()) priced.coupon_discount += promotion.amount();
}

void take_off_line(const TicketDiscount& discount, PricedTicket& priced) {
  const auto found = std::ranges::find_if(
      priced.lines, [&](const PricedLine& line) { return line.line->line_id() == discount.line_id(); });
  if (found == priced.lines.end()) return;
  const std::int64_t share = share_of(discount, found->left());
  found->discount += share;
  count_discount(discount, share, priced);
}

void take_off_sale(const TicketDiscount& discount, PricedTicket& priced) {
  const std::size_t count = priced.lines.size();
  Scratch<std::int64_t> weights(count);
  Scratch<std::int64_t> parts(count);
  std::int64_t left = 0;
  for (std::size_t i = 0; i < count; ++i) left += weights[i] = priced.lines[i].left();
  const std::int64_t share = share_of(discount, left);
  apportion(share, weights.all(), parts.all());
  for (std::size_t i = 0; i < count; ++i) priced.lines[i].discount += parts[i];
  count_discount(discount, share, priced);
}

LineSum sum_lines(const TicketState& ticket, bool voided) {
  const int exponent = currency_exponent(ticket.currency()).value_or(0);
  std::uint32_t count = 0;
  Wide gross = 0;
  for (const schema::TicketLine& line : ticket.lines()) {
    if (line.voided() != voided) continue;
    ++count;
    gross += line_amount(line.quantity_e5(), line.unit_price().amount_e4(), exponent);
  }
  return {count, static_cast<std::int64_t>(std::min(gross, Wide(kAmountMost)))};
}

TicketState without_coupons(TicketState ticket) {
  auto& discounts = *ticket.mutable_discounts();
  discounts.erase(std::remove_if(discounts.begin(), discounts.end(),
                                 [](const TicketDiscount& discount) { return discount.has_coupon_id(); }),
                  discounts.end());
  return ticket;
}

// Of what is left of the line, per unit.
bool is_below_floor(const PricedLine& line, const std::string& currency) {
  if (!line.line->has_min_price()) return false;
  const int exponent = currency_exponent(currency).value_or(0);
  return line.left() < line_amount(line.line->quantity_e5(), line.line->min_price().amount_e4(), exponent);
}

// The rates that a ticket's lines are taxed by, each code once.
struct RateTable {
  std::vector<std::string_view> codes;
  std::vector<TaxRate> rates;
};

Refusal find_rate(const Deciding& deciding, const schema::StoreState& store, const std::string& code,
                  std::string_view pointer, RateTable& table, std::uint32_t& place) {
  const auto known = std::ranges::find(table.codes, std::string_view(code));
  place = static_cast<std::uint32_t>(known - table.codes.begin());
  if (known != table.codes.end()) return std::nullopt;
  const auto* state = deciding.books.get<schema::TaxState>(kTax, code);
  const schema::TaxRule* rule =
      state == nullptr ? nullptr : tax_rate_at(*state, store, deciding.context.recorded_at, deciding.zones);
  if (rule == nullptr) {
    return reject(schema::TAX_RATE_MISSING, "Tax code " + code + " has no rate", std::string(pointer));
  }
  table.codes.push_back(code);
  table.rates.push_back(tax_rate_of(*rule));
  return std::nullopt;
}

void take_taxes(const TicketState& ticket, const RateTable& table, const TaxedLines& taxed, PricedTicket& priced) {
  const bool exempt = ticket.has_certificate_id();
  for (std::size_t i = 0; i < priced.lines.size(); ++i) {
    PricedLine& line = priced.lines[i];
    line.included_tax = line.left() - taxed.lines[i].net;
    if (!exempt) line.tax = taxed.lines[i].tax;
  }
  if (exempt) return;
  for (std::size_t i = 0; i < table.codes.size(); ++i) {
    schema::TaxRow& row = priced.taxes.emplace_back();
    row.set_tax_code(std::string(table.codes[i]));
    set_money(*row.mutable_taxable(), taxed.taxes[i].taxable, ticket.currency());
    set_money(*row.mutable_amount(), taxed.taxes[i].amount, ticket.currency());
  }
}

}  // namespace

void price_lines(const TicketState& ticket, const AppliedPromotions& promotions, PricedTicket& priced) {
  const int exponent = currency_exponent(ticket.currency()).value_or(0);
  for (const schema::TicketLine& line : ticket.lines()) {
    if (line.voided()) continue;
    const Wide gross = line_amount(line.quantity_e5(), line.unit_price().amount_e4(), exponent);
    priced.lines.push_back({&line, static_cast<std::int64_t>(gross)});
  }
  for (const schema::AppliedPromotion& promotion : promotions) take_off_promotion(promotion, priced);
  for (const TicketDiscount& discount : ticket.discounts()) {
    if (discount.has_line_id()) take_off_line(discount, priced);
  }
  for (const TicketDiscount& discount : ticket.discounts()) {
    if (!discount.has_line_id() && !priced.lines.empty()) take_off_sale(discount, priced);
  }
  for (const PricedLine& line : priced.lines) priced.left += line.left();
}

void price_promoted(const Deciding& deciding, const TicketState& ticket, const schema::StoreState& store,
                    PricedTicket& priced) {
  priced.promotions = promotions_of(deciding, ticket, store);
  price_lines(ticket, priced.promotions, priced);
}

Refusal price_ticket(const Deciding& deciding, const TicketState& ticket, const schema::StoreState& store,
                     std::string_view pointer, PricedTicket& priced) {
  price_promoted(deciding, ticket, store, priced);
  RateTable table;
  std::vector<TaxLine> lines;
  for (const PricedLine& line : priced.lines) {
    std::uint32_t place = 0;
    if (auto refusal = find_rate(deciding, store, line.line->tax_code(), pointer, table, place)) return refusal;
    lines.push_back({line.left(), {place}});
  }
  const TaxedLines taxed = compute_taxes(lines, table.rates, ticket.tax_policy());
  take_taxes(ticket, table, taxed, priced);
  priced.total = taxed.net + (ticket.has_certificate_id() ? 0 : taxed.tax) + beside_lines(ticket);
  return std::nullopt;
}

LineSum voided_lines(const TicketState& ticket) {
  return sum_lines(ticket, true);
}

LineSum standing_lines(const TicketState& ticket) {
  return sum_lines(ticket, false);
}

std::int64_t beside_lines(const TicketState& ticket) {
  std::int64_t sum = ticket.tip().amount();
  for (const schema::Charge& charge : ticket.charges()) sum += charge.amount().amount();
  return sum;
}

TicketPaid paid_of(const TicketState& ticket) {
  TicketPaid paid;
  for (const schema::TicketPayment& payment : ticket.payments()) {
    const std::int64_t amount = payment.amount().amount() - payment.change().amount();
    (payment.type() == schema::Tender::CASH ? paid.cash : paid.otherwise) += amount;
    paid.change += payment.change().amount();
    paid.cash_rounding += payment.cash_rounding().amount();
  }
  return paid;
}

void write_due(std::string_view sale_id, const Deciding& deciding, const Acceptance& accepted, schema::Answer& answer) {
  DraftBooks books(deciding, accepted);
  const Deciding after = on_books(deciding, books);
  const TicketState* ticket = find_ticket(after, sale_id);
  const schema::StoreState* store = nullptr;
  if (ticket == nullptr || !is_open(*ticket) || find_store(books, ticket->store_id(), {}, store)) return;
  PricedTicket priced;
  if (price_ticket(after, *ticket, *store, {}, priced)) return;
  const TicketPaid paid = paid_of(*ticket);
  set_money(*answer.mutable_total(), priced.total, ticket->currency());
  set_money(*answer.mutable_due(), priced.total + paid.cash_rounding - paid.cash - paid.otherwise, ticket->currency());
}

Refusal check_discount_floors(const TicketState& before, const TicketState& after, std::string_view pointer) {
  PricedTicket was;
  PricedTicket now;
  const TicketState ticket_before = without_coupons(before);
  const TicketState ticket_after = without_coupons(after);
  price_lines(ticket_before, {}, was);
  price_lines(ticket_after, {}, now);
  for (const PricedLine& line : now.lines) {
    if (line.discount == 0 || !is_below_floor(line, after.currency())) continue;
    const auto known = std::ranges::find_if(
        was.lines, [&](const PricedLine& one) { return one.line->line_id() == line.line->line_id(); });
    if (known != was.lines.end() && is_below_floor(*known, after.currency())) continue;
    return reject(schema::PRICE_BELOW_FLOOR, "Line " + line.line->line_id() + " would be sold too cheap",
                  std::string(pointer));
  }
  return std::nullopt;
}

}  // namespace till
