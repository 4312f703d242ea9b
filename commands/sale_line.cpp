#include "commands/sale_line.h"

#include "commands/money.h"

namespace till {
namespace {

Refusal check_line_tax(const schema::Money& tax, const std::string& currency, std::int64_t most, std::size_t index,
                       std::string_view field) {
  const std::string pointer = item_pointer("lines", index, field);
  if (tax.currency() != currency) {
    return reject(schema::CURRENCY_MISMATCH, "All amounts of a sale have the currency of expected_total",
                  pointer + "/currency");
  }
  if (tax.amount() >= 0 && tax.amount() <= most) return std::nullopt;
  return reject(schema::TAX_ROWS_INVALID, "The tax of a line is not negative and at most " + std::to_string(most),
                pointer);
}

}  // namespace

Refusal take_line_details(const schema::RingUpSale::Line& stated, std::size_t index, const std::string& currency,
                          schema::SaleCompleted::Line& line) {
  line.set_serial(stated.serial());
  line.set_batch(stated.batch());
  line.set_age_checked(stated.age_checked());
  const std::int64_t left = line.gross() - line.discount();
  if (stated.has_included_tax()) {
    if (auto refusal = check_line_tax(stated.included_tax(), currency, left, index, "included_tax")) return refusal;
    line.set_included_tax(stated.included_tax().amount());
  }
  line.set_net(left - line.included_tax());
  return std::nullopt;
}

std::int64_t most_taxable(const schema::RingUpSale& command, const schema::SaleCompleted& sale) {
  Wide most = sale.net();
  for (const schema::RingUpSale::Line& line : command.lines()) most += line.tax().amount();
  return static_cast<std::int64_t>(most > kAmountMost ? Wide(kAmountMost) : most);
}

Refusal take_line_taxes(const schema::RingUpSale& command, schema::SaleCompleted& sale) {
  int stated = 0;
  for (const schema::RingUpSale::Line& line : command.lines()) stated += line.has_tax() ? 1 : 0;
  if (stated == 0) return std::nullopt;
  Wide sum = 0;
  for (int i = 0; i < command.lines_size(); ++i) {
    const schema::Money& tax = command.lines(i).tax();
    const auto place = static_cast<std::size_t>(i);
    if (!command.lines(i).has_tax()) {
      return reject(schema::TAX_ROWS_INVALID, "The tax is stated of all lines or of none",
                    item_pointer("lines", place, "tax"));
    }
    if (auto refusal = check_line_tax(tax, sale.currency(), kAmountMost, place, "tax")) return refusal;
    sale.mutable_lines(i)->set_tax(tax.amount());
    sum += tax.amount();
  }
  if (sum == sale.tax()) return std::nullopt;
  return reject(schema::TAX_ROWS_INVALID, "The taxes of the lines are not those of the tax rows", "/taxes");
}

}  // namespace till
