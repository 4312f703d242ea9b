// What a receipt says, as text of 42 columns and as a page.
#include "api/receipt.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

namespace till {
namespace {

void set(schema::Money& money, std::int64_t amount, const std::string& currency = "EUR") {
  money.set_amount(amount);
  money.set_currency(currency);
}

schema::SaleView::Line& add_line(schema::SaleView& sale, const std::string& sku, std::int64_t quantity_e5,
                                 std::int64_t price, std::int64_t gross, std::int64_t discount) {
  schema::SaleView::Line& line = *sale.add_lines();
  line.set_line_id(std::to_string(sale.lines_size()));
  line.set_sku(sku);
  line.set_quantity_e5(quantity_e5);
  line.mutable_unit_price()->set_amount(price);
  line.mutable_unit_price()->set_currency("EUR");
  set(*line.mutable_gross(), gross);
  set(*line.mutable_discount(), discount);
  set(*line.mutable_net(), gross - discount);
  return line;
}

void pay(schema::SaleView& sale, schema::Tender::Type type, std::int64_t amount, const std::string& reference) {
  schema::Tender& tender = *sale.add_tenders();
  tender.set_type(type);
  set(*tender.mutable_amount(), amount);
  if (type == schema::Tender::GIFT_CARD) {
    tender.set_gift_card_id(reference);
  } else {
    tender.set_reference(reference);
  }
}

// Two lines, a tax, a bag, a gift card sold, a tip, three tenders, rounding and change.
schema::Receipt rich_receipt() {
  schema::SaleView sale;
  sale.set_sale_id("S-1");
  sale.set_store_id("s1");
  sale.set_terminal_id("t1");
  sale.set_terminal_seq(17);
  sale.set_occurred_at_us(1'772'442'900'000'000);  // 2026-03-02 09:15 UTC
  sale.set_business_date(20260302);
  sale.set_state(schema::SaleView::COMPLETED);
  sale.set_employee_id("ann");
  add_line(sale, "TEA", 200'000, 250, 500, 0);
  add_line(sale, "HAM", 125'000, 1'999, 2'499, 100);
  schema::TaxRow& tax = *sale.add_taxes();
  tax.set_tax_code("A");
  set(*tax.mutable_taxable(), 2'899);
  set(*tax.mutable_amount(), 203);
  schema::Charge& bag = *sale.add_charges();
  bag.set_charge_id("bag");
  bag.set_name("Bag");
  set(*bag.mutable_amount(), 20);
  schema::GiftCardSale& sold = *sale.add_gift_cards();
  sold.set_gift_card_id("6006491234567890");
  set(*sold.mutable_amount(), 1'000);
  set(*sale.mutable_gross(), 2'999);
  set(*sale.mutable_discount(), 100);
  set(*sale.mutable_net(), 2'899);
  set(*sale.mutable_tax(), 203);
  set(*sale.mutable_tip(), 100);
  set(*sale.mutable_total(), 4'222);
  set(*sale.mutable_cash_rounding(), -2);
  pay(sale, schema::Tender::CARD, 1'000, "auth 998877");
  pay(sale, schema::Tender::GIFT_CARD, 220, "9999888877776666");
  pay(sale, schema::Tender::CASH, 5'000, "");
  set(*sale.mutable_change(), 2'000);
  schema::Receipt receipt = make_receipt(sale);
  receipt.set_store_name("Main street");
  receipt.mutable_lines(0)->set_name("Green tea");
  return receipt;
}

constexpr char kRichText[] =
    "               Main street\n"
    "                 RECEIPT\n"
    "No.                                    S-1\n"
    "Till                               t1 / 17\n"
    "Time                  2026-03-02 09:15 UTC\n"
    "Served by                              ann\n"
    "------------------------------------------\n"
    "Green tea\n"
    "  2 x 2.50                            5.00\n"
    "HAM\n"
    "  1.25 x 19.99                       24.99\n"
    "  Discount                           -1.00\n"
    "------------------------------------------\n"
    "Net                                  28.99\n"
    "Tax A on 28.99                        2.03\n"
    "Bag                                   0.20\n"
    "Gift card ****7890                   10.00\n"
    "Tip                                   1.00\n"
    "TOTAL EUR                            42.22\n"
    "Rounding                             -0.02\n"
    "Card ****8877                        10.00\n"
    "Gift card ****6666                    2.20\n"
    "Cash                                 50.00\n"
    "Change                               20.00\n";

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto characters =
        std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    widest = std::max(widest, static_cast<std::size_t>(characters));
  }
  return widest;
}

}  // namespace

TEST_CASE("receipt: a ticket with all that a ticket can have, as text", "[receipt]") {
  const std::string text = receipt_text(rich_receipt());
  INFO(text);
  CHECK(text == kRichText);
  CHECK(widest_line(text) == kReceiptColumns);
}

TEST_CASE("receipt: a voided sale and a copy say so", "[receipt]") {
  schema::Receipt receipt = rich_receipt();
  receipt.set_state(schema::Receipt::VOIDED);
  receipt.set_copies(2);
  const std::string text = receipt_text(receipt);
  CHECK(text.find("\n              *** VOIDED ***\n           *** DUPLICATE 2 ***\n") != std::string::npos);
  const std::string page = receipt_html(receipt);
  CHECK(page.find("<p class=\"notice\">*** VOIDED ***</p>\n<p class=\"notice\">*** DUPLICATE 2 ***</p>") !=
        std::string::npos);
}

TEST_CASE("receipt: a payment that was corrected since stays as it was printed", "[receipt]") {
  schema::SaleView sale;
  pay(sale, schema::Tender::CARD, 1'000, "");
  pay(sale, schema::Tender::CASH, 500, "");
  schema::RetypedTender& before = *sale.add_rung_up();
  before.set_tender(1);
  before.set_type(schema::Tender::VOUCHER);
  const schema::Receipt receipt = make_receipt(sale);
  CHECK(receipt.payments(0).type() == schema::Tender::CARD);
  CHECK(receipt.payments(1).type() == schema::Tender::VOUCHER);
}

TEST_CASE("receipt: a return gives back what it says", "[receipt]") {
  schema::Receipt receipt;
  receipt.set_kind(schema::Receipt::RETURN);
  receipt.set_state(schema::Receipt::STARTED);
  receipt.set_receipt_id("R-1");
  receipt.set_source_sale_id("S-1");
  receipt.set_store_id("s1");
  receipt.set_terminal_id("t1");
  set(*receipt.mutable_net(), 500);
  set(*receipt.mutable_total(), 500);
  const std::string expected =
      "                    s1\n"
      "                  RETURN\n"
      "          *** NOT COMPLETED ***\n"
      "No.                                    R-1\n"
      "Of sale                                S-1\n"
      "Till                                    t1\n"
      "------------------------------------------\n"
      "------------------------------------------\n"
      "Net                                   5.00\n"
      "REFUND EUR                            5.00\n";
  CHECK(receipt_text(receipt) == expected);
}

TEST_CASE("receipt: names are cut to the paper by characters, long ids are not", "[receipt]") {
  schema::Receipt receipt = rich_receipt();
  std::string name;
  for (int i = 0; i < 60; ++i) name += "\xc3\xa9";  // two bytes, one column
  receipt.set_store_name(name);
  receipt.mutable_lines(1)->set_name(name);
  receipt.set_receipt_id(std::string(64, 'x'));
  const std::string text = receipt_text(receipt);
  CHECK(widest_line(text) == kReceiptColumns);
  CHECK(text.find("No.\n" + std::string(42, 'x') + "\n" + std::string(22, 'x') + "\n") != std::string::npos);
  CHECK(text.find("\n" + name.substr(0, 2 * kReceiptColumns) + "\n") != std::string::npos);
}

TEST_CASE("receipt: amounts are written by the exponent of their currency", "[receipt]") {
  const auto text = [](std::int64_t amount, const std::string& currency) {
    schema::Money money;
    set(money, amount, currency);
    return amount_text(money);
  };
  CHECK(text(1'234'567, "EUR") == "12345.67");
  CHECK(text(5, "EUR") == "0.05");
  CHECK(text(-5, "EUR") == "-0.05");
  CHECK(text(0, "EUR") == "0.00");
  CHECK(text(1234, "JPY") == "1234");
  CHECK(text(0, "JPY") == "0");
  CHECK(text(1234, "KWD") == "1.234");
  CHECK(text(std::numeric_limits<std::int64_t>::min(), "EUR") == "-92233720368547758.08");
  schema::UnitPrice price;
  price.set_currency("EUR");
  for (const auto& [e4, shown] : {std::pair{15'049, "1.5049"}, {15'000, "1.50"}, {15'040, "1.504"}, {0, "0.00"}}) {
    price.set_amount_e4(e4);
    CHECK(price_text(price) == shown);
  }
  price.set_currency("JPY");
  price.set_amount_e4(1'200'000);
  CHECK(price_text(price) == "120");
}

TEST_CASE("receipt: of a card its last four characters are shown", "[receipt]") {
  CHECK(last_four("6006491234567890") == "****7890");
  CHECK(last_four("12345") == "****2345");
  CHECK(last_four("1234") == "****");
  CHECK(last_four("") == "****");
  CHECK(last_four("a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9") == "****\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
  const schema::Receipt receipt = rich_receipt();
  for (const std::string& shown : {receipt_text(receipt), receipt_html(receipt), receipt.SerializeAsString()}) {
    CHECK(shown.find("123456") == std::string::npos);
    CHECK(shown.find("77776666") == std::string::npos);
  }
}

TEST_CASE("receipt: a page is whole by itself, and nothing in it is markup but its own", "[receipt]") {
  schema::Receipt receipt = rich_receipt();
  receipt.set_store_name("<script>alert('x')</script> & \"Sons\"");
  receipt.mutable_lines(0)->set_name("</td><img src=x onerror=y>");
  const std::string page = receipt_html(receipt);
  INFO(page);
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(page.ends_with("</table>\n</body></html>\n"));
  CHECK(page.find("<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Sons&quot;</h1>") !=
        std::string::npos);
  CHECK(page.find("<tr><td>&lt;/td&gt;&lt;img src=x onerror=y&gt;</td><td></td></tr>") != std::string::npos);
  CHECK(page.find("<tr><td>  1.25 x 19.99</td><td>24.99</td></tr>") != std::string::npos);
  CHECK(page.find("<tr class=\"total\"><td>TOTAL EUR</td><td>42.22</td></tr>") != std::string::npos);
  for (const char* foreign : {"<script", "<img", "http://", "https://", "@import", "url("}) {
    CHECK(page.find(foreign) == std::string::npos);
  }
}

TEST_CASE("receipt: Accept chooses its form", "[receipt]") {
  CHECK(receipt_form_of_accept("") == ReceiptForm::kData);
  CHECK(receipt_form_of_accept("*/*") == ReceiptForm::kData);
  CHECK(receipt_form_of_accept("text/plain") == ReceiptForm::kText);
  CHECK(receipt_form_of_accept("text/plain;q=0.5 , application/json") == ReceiptForm::kText);
  CHECK(receipt_form_of_accept("application/json, text/html") == ReceiptForm::kData);
  CHECK(receipt_form_of_accept("text/html,application/xhtml+xml,*/*;q=0.8") == ReceiptForm::kHtml);
  CHECK(receipt_form_of_accept("image/png") == ReceiptForm::kData);
}

}  // namespace till
