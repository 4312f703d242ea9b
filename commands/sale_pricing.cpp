#include "commands/sale_pricing.h"

#include <string>

#include "commands/money.h"
#include "commands/sale_line.h"
#include "commands/sale_scopes.h"
#include "commands/scratch.h"

namespace till {
namespace {

using schema::RingUpSale;
using schema::SaleCompleted;

bool bounded(Wide amount) {
  return amount <= kAmountMost && amount >= -kAmountMost;
}

Rejection wrong_currency(std::string pointer) {
  return reject(schema::CURRENCY_MISMATCH, "All amounts of a sale have the currency of expected_total",
                pointer + "/currency");
}

Rejection out_of_range(std::string pointer) {
  return reject(schema::AMOUNT_INVALID, "An amount is at most 10^15 minor units", std::move(pointer));
}

std::size_t size_of(int count) {
  return static_cast<std::size_t>(count);
}

// One sale on its way from command to event; the steps of price_sale() in their order.
class Pricing {
 public:
  Pricing(const RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
          std::uint32_t cash_rounding, SaleCompleted& sale)
      : command_(command), products_(products), cash_rounding_(cash_rounding), sale_(sale) {}

  Refusal run() {
    if (auto refusal = run_goods()) return refusal;
    if (auto refusal = take_charges()) return refusal;
    if (auto refusal = take_totals()) return refusal;
    return take_tenders();
  }

  Refusal run_goods() {
    if (auto refusal = take_currency()) return refusal;
    if (auto refusal = check_line_ids()) return refusal;
    if (auto refusal = take_lines()) return refusal;
    return take_taxes();
  }

 private:
  Refusal take_currency() {
    const std::string& currency = command_.expected_total().currency();
    const std::optional<int> exponent = currency_exponent(currency);
    if (!exponent) return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", "/expected_total/currency");
    exponent_ = *exponent;
    sale_.set_currency(currency);
    return std::nullopt;
  }

  Refusal check_line_ids() {
    const std::size_t count = size_of(command_.lines_size());
    Scratch<std::string_view> ids(count);
    Scratch<std::uint32_t> first(count);
    for (std::size_t i = 0; i < count; ++i) ids[i] = command_.lines(static_cast<int>(i)).line_id();
    find_first_equal(ids.all(), first.all());
    for (std::size_t i = 0; i < count; ++i) {
      if (first[i] != i) {
        return reject(schema::LINE_ID_DUPLICATE, "Line id " + std::string(ids[i]) + " stands twice",
                      item_pointer("lines", i, "line_id"));
      }
    }
    return std::nullopt;
  }

  Refusal take_lines() {
    Wide gross = 0;
    Wide discount = 0;
    Wide units = 0;
    Wide cogs = 0;
    std::int64_t included_tax = 0;
    sale_.mutable_lines()->Reserve(command_.lines_size());
    for (std::size_t i = 0; i < products_.size(); ++i) {
      SaleCompleted::Line& line = *sale_.add_lines();
      if (auto refusal = take_line(i, line)) return refusal;
      gross += line.gross();
      discount += line.discount();
      units += line.quantity_e5();
      cogs += line.cogs_e4();
      included_tax += line.included_tax();
      if (units > kQuantityMostE5) return wrong_quantity(i);
      if (!bounded(gross) || cogs > kCostMostE4) return out_of_range(item_pointer("lines", i));
    }
    sale_.set_gross(static_cast<std::int64_t>(gross));
    sale_.set_discount(static_cast<std::int64_t>(discount));
    sale_.set_net(static_cast<std::int64_t>(gross - discount) - included_tax);
    sale_.set_units_e5(static_cast<std::int64_t>(units));
    sale_.set_cogs_e4(static_cast<std::int64_t>(cogs));
    return std::nullopt;
  }

  Refusal take_line(std::size_t index, SaleCompleted::Line& line) {
    const RingUpSale::Line& stated = command_.lines(static_cast<int>(index));
    const schema::ProductUpserted& product = *products_[index];
    if (stated.quantity_e5() <= 0 || stated.quantity_e5() > kQuantityMostE5) return wrong_quantity(index);
    if (stated.unit_price().currency() != sale_.currency()) {
      return wrong_currency(item_pointer("lines", index, "unit_price"));
    }
    std::int64_t price_e4 = 0;
    const schema::ErrorCode code = unit_price_e4(stated.unit_price(), exponent_, price_e4);
    if (code != schema::ERROR_UNSPECIFIED) {
      return reject(code, "A price is not negative, bounded, and given as either amount or amount_e4",
                    item_pointer("lines", index, "unit_price"));
    }
    const Wide gross = line_amount(stated.quantity_e5(), price_e4, exponent_);
    if (!bounded(gross)) return out_of_range(item_pointer("lines", index));
    if (auto refusal = take_cost(index, product, line)) return refusal;
    line.set_line_id(stated.line_id());
    line.set_sku(stated.sku());
    line.set_category(product.category());
    line.set_tax_code(stated.has_tax_code() ? stated.tax_code() : product.tax_code());
    line.set_quantity_e5(stated.quantity_e5());
    line.set_unit_price_e4(price_e4);
    line.set_gross(static_cast<std::int64_t>(gross));
    *line.mutable_stated_price() = stated.unit_price();
    return take_discount(index, stated, line);
  }

  // A cost in another currency is not known in this one.
  Refusal take_cost(std::size_t index, const schema::ProductUpserted& product, SaleCompleted::Line& line) {
    if (!product.has_unit_cost_e4() || product.currency() != sale_.currency()) return std::nullopt;
    const Wide cogs = line_cost_e4(command_.lines(static_cast<int>(index)).quantity_e5(), product.unit_cost_e4());
    if (cogs > kCostMostE4) return out_of_range(item_pointer("lines", index));
    line.set_cogs_e4(static_cast<std::int64_t>(cogs));
    return std::nullopt;
  }

  Refusal take_discount(std::size_t index, const RingUpSale::Line& stated, SaleCompleted::Line& line) {
    if (stated.has_discount()) {
      if (stated.discount().currency() != sale_.currency()) {
        return wrong_currency(item_pointer("lines", index, "discount"));
      }
      if (stated.discount().amount() < 0 || stated.discount().amount() > line.gross()) {
        return reject(schema::DISCOUNT_EXCEEDS_TOTAL,
                      "The discount is not within 0 and the line's gross of " + std::to_string(line.gross()),
                      item_pointer("lines", index, "discount"));
      }
      line.set_discount(stated.discount().amount());
    }
    return take_line_details(stated, index, sale_.currency(), line);
  }

  Refusal take_taxes() {
    if (auto refusal = check_tax_codes()) return refusal;
    Wide tax = 0;
    for (int i = 0; i < command_.taxes_size(); ++i) {
      const schema::TaxRow& row = command_.taxes(i);
      if (auto refusal = check_tax_row(size_of(i), row)) return refusal;
      tax += row.amount().amount();
      if (!bounded(tax)) return out_of_range(item_pointer("taxes", size_of(i), "amount"));
      SaleCompleted::Tax& taken = *sale_.add_taxes();
      taken.set_tax_code(row.tax_code());
      taken.set_taxable(row.taxable().amount());
      taken.set_amount(row.amount().amount());
      share_tax(taken);
    }
    sale_.set_tax(static_cast<std::int64_t>(tax));
    return take_line_taxes(command_, sale_);
  }

  Refusal check_tax_codes() {
    const std::size_t count = size_of(command_.taxes_size());
    Scratch<std::string_view> codes(count);
    Scratch<std::uint32_t> first(count);
    for (std::size_t i = 0; i < count; ++i) codes[i] = command_.taxes(static_cast<int>(i)).tax_code();
    find_first_equal(codes.all(), first.all());
    for (std::size_t i = 0; i < count; ++i) {
      if (first[i] != i) {
        return reject(schema::TAX_ROWS_INVALID, "Tax code " + std::string(codes[i]) + " stands twice",
                      item_pointer("taxes", i, "tax_code"));
      }
    }
    return std::nullopt;
  }

  Refusal check_tax_row(std::size_t index, const schema::TaxRow& row) {
    if (row.taxable().currency() != sale_.currency()) return wrong_currency(item_pointer("taxes", index, "taxable"));
    if (row.amount().currency() != sale_.currency()) return wrong_currency(item_pointer("taxes", index, "amount"));
    if (row.amount().amount() < 0) {
      return reject(schema::TAX_ROWS_INVALID, "A tax amount is not negative", item_pointer("taxes", index, "amount"));
    }
    if (row.taxable().amount() < 0 || row.taxable().amount() > most_taxable(command_, sale_)) {
      return reject(schema::TAX_ROWS_INVALID,
                    "The taxable amount is not within 0 and the net of " + std::to_string(sale_.net()),
                    item_pointer("taxes", index, "taxable"));
    }
    return std::nullopt;
  }

  // To the lines of the row's tax code, or to all where none has it.
  void share_tax(const SaleCompleted::Tax& row) {
    if (row.amount() == 0) return;
    const std::size_t count = size_of(sale_.lines_size());
    Scratch<SaleCompleted::Line*> lines(count);
    std::size_t taxed = 0;
    for (SaleCompleted::Line& line : *sale_.mutable_lines()) {
      if (line.tax_code() == row.tax_code()) lines[taxed++] = &line;
    }
    if (taxed == 0) {
      for (SaleCompleted::Line& line : *sale_.mutable_lines()) lines[taxed++] = &line;
    }
    Scratch<std::int64_t> weights(taxed);
    Scratch<std::int64_t> parts(taxed);
    for (std::size_t i = 0; i < taxed; ++i) weights[i] = lines[i]->net();
    apportion(row.amount(), weights.all(), parts.all());
    for (std::size_t i = 0; i < taxed; ++i) lines[i]->set_tax(lines[i]->tax() + parts[i]);
  }

  Refusal take_charges() {
    Wide charged = 0;
    for (int i = 0; i < command_.charges_size(); ++i) {
      const schema::Charge& charge = command_.charges(i);
      const std::string pointer = item_pointer("charges", size_of(i), "amount");
      if (charge.amount().currency() != sale_.currency()) return wrong_currency(pointer);
      if (charge.amount().amount() < 0 || !bounded(charge.amount().amount())) return out_of_range(pointer);
      charged += charge.amount().amount();
      *sale_.add_charges() = charge;
    }
    if (!bounded(charged)) return out_of_range("/charges");
    sale_.set_charged(static_cast<std::int64_t>(charged));
    if (auto refusal = take_gift_cards()) return refusal;
    if (!command_.has_tip()) return std::nullopt;
    if (command_.tip().currency() != sale_.currency()) return wrong_currency("/tip");
    if (command_.tip().amount() < 0 || !bounded(command_.tip().amount())) return out_of_range("/tip");
    sale_.set_tip(command_.tip().amount());
    return std::nullopt;
  }

  Refusal take_gift_cards() {
    Wide sold = 0;
    for (int i = 0; i < command_.gift_cards_size(); ++i) {
      const schema::GiftCardSale& card = command_.gift_cards(i);
      const std::string pointer = item_pointer("gift_cards", size_of(i), "amount");
      if (card.amount().currency() != sale_.currency()) return wrong_currency(pointer);
      if (card.amount().amount() <= 0 || !bounded(card.amount().amount())) return out_of_range(pointer);
      sold += card.amount().amount();
      *sale_.add_gift_cards() = card;
    }
    if (!bounded(sold)) return out_of_range("/gift_cards");
    sale_.set_gift_cards_sold(static_cast<std::int64_t>(sold));
    return std::nullopt;
  }

  // I2
  Refusal take_totals() {
    const std::int64_t total = sale_.net() + sale_.tax() + sale_.charged() + sale_.tip() + sale_.gift_cards_sold();
    if (!bounded(total)) return out_of_range("/expected_total");
    if (command_.expected_total().amount() != total) {
      return reject(schema::TOTAL_MISMATCH,
                    "expected_total is " + std::to_string(command_.expected_total().amount()) + ", but net " +
                        std::to_string(sale_.net()) + " and tax " + std::to_string(sale_.tax()) +
                        (total == sale_.net() + sale_.tax() ? "" : " with charges, tip and gift cards") + " make " +
                        std::to_string(total),
                    "/expected_total");
    }
    sale_.set_total(total);
    return std::nullopt;
  }

  Refusal take_tenders() {
    Wide paid = 0;
    Wide cash = 0;
    for (int i = 0; i < command_.tenders_size(); ++i) {
      const schema::Tender& tender = command_.tenders(i);
      if (auto refusal = check_tender(size_of(i), tender)) return refusal;
      paid += tender.amount().amount();
      if (tender.type() == schema::Tender::CASH) cash += tender.amount().amount();
      SaleCompleted::Payment& taken = *sale_.add_tenders();
      taken.set_type(tender.type());
      taken.set_amount(tender.amount().amount());
      taken.set_reference(tender.reference());
      taken.set_gift_card_id(tender.gift_card_id());
      taken.set_from_account(tender.from_account());
      taken.set_points(tender.points());
      taken.set_payment_id(tender.payment_id());
    }
    return take_change(paid, cash);
  }

  Refusal check_tender(std::size_t index, const schema::Tender& tender) {
    if (tender.type() == schema::Tender::TYPE_UNSPECIFIED || !schema::Tender::Type_IsValid(tender.type())) {
      return reject(schema::VALIDATION_FAILED, "Not a type of tender", item_pointer("tenders", index, "type"));
    }
    if (auto refusal = check_source(index, tender)) return refusal;
    if (tender.amount().currency() != sale_.currency()) return wrong_currency(item_pointer("tenders", index, "amount"));
    if (tender.amount().amount() <= 0 || !bounded(tender.amount().amount())) {
      return reject(schema::AMOUNT_INVALID, "A tender is above zero and at most 10^15 minor units",
                    item_pointer("tenders", index, "amount"));
    }
    return std::nullopt;
  }

  // Where the money of a tender is kept here.
  static Refusal check_source(std::size_t index, const schema::Tender& tender) {
    if (!tender.gift_card_id().empty() && tender.type() != schema::Tender::GIFT_CARD) {
      return reject(schema::VALIDATION_FAILED, "Only a gift card pays as one",
                    item_pointer("tenders", index, "gift_card_id"));
    }
    if (tender.has_payment_id() && tender.type() != schema::Tender::CARD && tender.type() != schema::Tender::CASH) {
      return reject(schema::VALIDATION_FAILED, "Only payments of cash and cards are recorded before",
                    item_pointer("tenders", index, "payment_id"));
    }
    const bool of_account = tender.type() == schema::Tender::STORE_CREDIT ||
                            tender.type() == schema::Tender::ON_ACCOUNT ||
                            tender.type() == schema::Tender::LOYALTY_POINTS;
    if (tender.from_account() && !of_account) {
      return reject(schema::VALIDATION_FAILED, "Only store credit, a house account and points are kept for a customer",
                    item_pointer("tenders", index, "from_account"));
    }
    return std::nullopt;
  }

  Refusal take_change(Wide paid, Wide cash) {
    const std::int64_t change = command_.change().amount();
    if (command_.has_change() && command_.change().currency() != sale_.currency()) return wrong_currency("/change");
    if (!bounded(change)) return out_of_range("/change");
    if (auto refusal = take_rounding(paid - cash)) return refusal;
    if (paid - change != Wide(sale_.total()) + sale_.cash_rounding()) {
      return reject(schema::PAYMENT_AMOUNT_MISMATCH,
                    "The tenders less change differ from the total of " + std::to_string(sale_.total()) +
                        (sale_.cash_rounding() == 0 ? "" : " and its rounding"),
                    "/tenders");
    }
    if (change < 0 || change > cash) {
      return reject(schema::CHANGE_NOT_FROM_CASH, "Change is not negative and at most the cash taken", "/change");
    }
    sale_.set_change(change);
    return std::nullopt;
  }

  // Only the remainder after the other tenders is rounded, where the last tender is cash. Exact cash is taken as well.
  Refusal take_rounding(Wide not_cash) {
    const std::int64_t rounding = command_.cash_rounding().amount();
    if (command_.has_cash_rounding() && command_.cash_rounding().currency() != sale_.currency()) {
      return wrong_currency("/cash_rounding");
    }
    const int tenders = command_.tenders_size();
    // Cash that rounds to nothing is no tender.
    const bool last_is_cash = tenders == 0 || command_.tenders(tenders - 1).type() == schema::Tender::CASH;
    if (auto refusal = check_cash_rounding(rounding, Wide(sale_.total()) - not_cash, last_is_cash, cash_rounding_)) {
      return refusal;
    }
    sale_.set_cash_rounding(rounding);
    return std::nullopt;
  }

  static Rejection wrong_quantity(std::size_t index) {
    return reject(schema::QUANTITY_INVALID, "A sold quantity is above zero, a sale's at most 10^9 units",
                  item_pointer("lines", index, "quantity"));
  }

  const RingUpSale& command_;
  std::span<const schema::ProductUpserted* const> products_;
  const std::uint32_t cash_rounding_;
  SaleCompleted& sale_;
  int exponent_ = 0;
};

}  // namespace

Refusal price_sale(const RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
                   std::uint32_t cash_rounding, SaleCompleted& sale) {
  if (auto refusal = Pricing(command, products, cash_rounding, sale).run()) return refusal;
  return take_scopes(command, sale);
}

Refusal price_goods(const RingUpSale& command, std::span<const schema::ProductUpserted* const> products,
                    SaleCompleted& sale) {
  return Pricing(command, products, 0, sale).run_goods();
}

Refusal check_cash_rounding(std::int64_t rounding, Wide due, bool last_is_cash, std::uint32_t step) {
  if (rounding == 0) return std::nullopt;
  if (step > 1 && last_is_cash && due > 0 && divide_half_away(due, step) * step == due + rounding) return std::nullopt;
  return reject(schema::CASH_ROUNDING_INVALID,
                step > 1 ? "The remainder paid in cash is rounded to " + std::to_string(step) + " minor units"
                         : "This store does not round cash",
                "/cash_rounding");
}

}  // namespace till
