// The looks of a receipt: what stands on it, in order, and how it is set as text and as a page.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/html_text.h"
#include "api/receipt.h"
#include "api/wire_values.h"

namespace till {
namespace {

using schema::Receipt;

constexpr std::size_t kRightColumnsMost = 30;  // beside something else

enum class PartStyle : std::uint8_t {
  kTitle,   // in the middle, large
  kMiddle,  // in the middle
  kNotice,  // in the middle, to be seen
  kRule,    // a line across
  kRow,     // left and right
  kTotal,   // left and right, strong
};

struct Part {
  PartStyle style;
  std::string left;
  std::string right = {};
};
using Parts = std::vector<Part>;

std::string negated(const schema::Money& money) {
  const std::string text = amount_text(money);
  return text.starts_with('-') ? text.substr(1) : "-" + text;
}

void add_head(const Receipt& receipt, Parts& parts) {
  const bool is_return = receipt.kind() == Receipt::RETURN;
  parts.push_back({PartStyle::kTitle, receipt.has_store_name() ? receipt.store_name() : receipt.store_id()});
  parts.push_back({PartStyle::kMiddle, is_return ? "RETURN" : "RECEIPT"});
  if (receipt.state() == Receipt::VOIDED) parts.push_back({PartStyle::kNotice, "*** VOIDED ***"});
  if (receipt.state() == Receipt::STARTED) parts.push_back({PartStyle::kNotice, "*** NOT COMPLETED ***"});
  if (receipt.state() == Receipt::CANCELLED) parts.push_back({PartStyle::kNotice, "*** CANCELLED ***"});
  if (receipt.copies() > 0) {
    parts.push_back({PartStyle::kNotice, "*** DUPLICATE " + std::to_string(receipt.copies()) + " ***"});
  }
  parts.push_back({PartStyle::kRow, "No.", receipt.receipt_id()});
  if (receipt.has_source_sale_id()) parts.push_back({PartStyle::kRow, "Of sale", receipt.source_sale_id()});
  std::string terminal = receipt.terminal_id();
  if (receipt.has_terminal_seq()) terminal += " / " + std::to_string(receipt.terminal_seq());
  parts.push_back({PartStyle::kRow, "Till", std::move(terminal)});
  if (receipt.has_occurred_at_us()) parts.push_back({PartStyle::kRow, "Time", moment_text(receipt.occurred_at_us())});
  if (receipt.has_employee_id()) parts.push_back({PartStyle::kRow, "Served by", receipt.employee_id()});
}

void add_lines(const Receipt& receipt, Parts& parts) {
  parts.push_back({PartStyle::kRule, {}});
  for (const Receipt::Line& line : receipt.lines()) {
    parts.push_back({PartStyle::kRow, line.has_name() ? line.name() : line.sku()});
    std::string quantity = "  ";
    append_decimal_e5(line.quantity_e5(), quantity);
    parts.push_back({PartStyle::kRow, quantity + " x " + price_text(line.unit_price()), amount_text(line.gross())});
    if (line.discount().amount() != 0) {
      parts.push_back({PartStyle::kRow, "  Discount", negated(line.discount())});
    }
  }
  parts.push_back({PartStyle::kRule, {}});
}

void add_sums(const Receipt& receipt, Parts& parts) {
  parts.push_back({PartStyle::kRow, "Net", amount_text(receipt.net())});
  for (const schema::TaxRow& tax : receipt.taxes()) {
    parts.push_back(
        {PartStyle::kRow, "Tax " + tax.tax_code() + " on " + amount_text(tax.taxable()), amount_text(tax.amount())});
  }
  for (const schema::Charge& charge : receipt.charges()) {
    parts.push_back(
        {PartStyle::kRow, charge.name().empty() ? charge.charge_id() : charge.name(), amount_text(charge.amount())});
  }
  for (const Receipt::GiftCard& card : receipt.gift_cards()) {
    parts.push_back({PartStyle::kRow, "Gift card " + card.gift_card(), amount_text(card.amount())});
  }
  if (receipt.has_tip()) parts.push_back({PartStyle::kRow, "Tip", amount_text(receipt.tip())});
  const std::string total = receipt.kind() == Receipt::RETURN ? "REFUND " : "TOTAL ";
  parts.push_back({PartStyle::kTotal, total + receipt.total().currency(), amount_text(receipt.total())});
  if (receipt.has_cash_rounding()) {
    parts.push_back({PartStyle::kRow, "Rounding", amount_text(receipt.cash_rounding())});
  }
}

void add_payments(const Receipt& receipt, Parts& parts) {
  for (const Receipt::Payment& payment : receipt.payments()) {
    std::string name = tender_text(payment.type());
    if (payment.has_reference()) name += " " + payment.reference();
    parts.push_back({PartStyle::kRow, std::move(name), amount_text(payment.amount())});
  }
  if (receipt.change().amount() != 0) parts.push_back({PartStyle::kRow, "Change", amount_text(receipt.change())});
}

Parts parts_of(const Receipt& receipt) {
  Parts parts;
  add_head(receipt, parts);
  add_lines(receipt, parts);
  add_sums(receipt, parts);
  add_payments(receipt, parts);
  return parts;
}

// Characters of UTF-8, one column each.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The first `columns` characters.
std::string_view cut_to(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && seen++ == columns) break;
  }
  return text.substr(0, end);
}

void append_middle(std::string_view text, std::string& out) {
  const std::string_view shown = cut_to(text, kReceiptColumns);
  out.append((kReceiptColumns - columns_of(shown)) / 2, ' ').append(shown).push_back('\n');
}

// What stands right is shown whole: what stands left of it gives way, and where it is long it gets lines of its own.
void append_row_text(const Part& part, std::string& out) {
  std::string_view right = part.right;
  if (columns_of(right) > kRightColumnsMost) {
    out.append(cut_to(part.left, kReceiptColumns)).push_back('\n');
    while (!right.empty()) {
      const std::string_view line = cut_to(right, kReceiptColumns);
      out.append(line).push_back('\n');
      right.remove_prefix(line.size());
    }
    return;
  }
  const std::size_t room = kReceiptColumns - columns_of(right);
  const std::string_view left = cut_to(part.left, right.empty() ? room : room - 1);
  out.append(left);
  if (!right.empty()) out.append(room - columns_of(left), ' ').append(right);
  out.push_back('\n');
}

constexpr std::string_view kPageHead =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>Receipt</title>\n"
    "<style>body{font-family:monospace;max-width:26em;margin:2em auto}h1{font-size:1.3em}h1,.middle,.notice"
    "{text-align:center}.notice{font-weight:bold}table{width:100%;border-collapse:collapse}td{vertical-align:top;"
    "white-space:pre-wrap}td+td{text-align:right}.rule td{border-top:1px dashed}.total td{font-weight:bold;"
    "font-size:1.2em}</style></head>\n<body>\n";

void append_part_html(const Part& part, std::string& out) {
  switch (part.style) {
    case PartStyle::kTitle:
      out += "<h1>" + html_text(part.left) + "</h1>\n";
      return;
    case PartStyle::kMiddle:
      out += "<p class=\"middle\">" + html_text(part.left) + "</p>\n";
      return;
    case PartStyle::kNotice:
      out += "<p class=\"notice\">" + html_text(part.left) + "</p>\n";
      return;
    case PartStyle::kRule:
      out += "<tr class=\"rule\"><td></td><td></td></tr>\n";
      return;
    case PartStyle::kRow:
    case PartStyle::kTotal:
      out += part.style == PartStyle::kTotal ? "<tr class=\"total\"><td>" : "<tr><td>";
      out += html_text(part.left) + "</td><td>" + html_text(part.right) + "</td></tr>\n";
      return;
  }
}

bool is_in_table(const Part& part) {
  return part.style == PartStyle::kRule || part.style == PartStyle::kRow || part.style == PartStyle::kTotal;
}

}  // namespace

std::string moment_text(std::int64_t micros) {
  constexpr std::size_t kDateEnd = 10;
  constexpr std::size_t kMinuteEnd = 16;
  std::string text;
  append_timestamp(micros, text);
  return text.substr(0, kDateEnd) + " " + text.substr(kDateEnd + 1, kMinuteEnd - kDateEnd - 1) + " UTC";
}

std::string tender_text(schema::Tender::Type type) {
  std::string text = schema::Tender::Type_Name(type);
  for (std::size_t i = 1; i < text.size(); ++i) {
    char& c = text[i];
    c = c == '_' ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return text;
}

std::string receipt_text(const Receipt& receipt) {
  std::string out;
  for (const Part& part : parts_of(receipt)) {
    switch (part.style) {
      case PartStyle::kTitle:
      case PartStyle::kMiddle:
      case PartStyle::kNotice:
        append_middle(part.left, out);
        break;
      case PartStyle::kRule:
        out.append(kReceiptColumns, '-').push_back('\n');
        break;
      case PartStyle::kRow:
      case PartStyle::kTotal:
        append_row_text(part, out);
        break;
    }
  }
  return out;
}

std::string receipt_html(const Receipt& receipt) {
  std::string out(kPageHead);
  bool table = false;
  for (const Part& part : parts_of(receipt)) {
    if (is_in_table(part) && !table) out += "<table>\n";
    table = table || is_in_table(part);
    append_part_html(part, out);
  }
  if (table) out += "</table>\n";
  return out += "</body></html>\n";
}

}  // namespace till
