// Receipts: a sale as data that may be handed out, and the same as text for a printer of 42 columns and as a page.
// Pure: no clock, locale or I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/views.pb.h"

namespace till {

inline constexpr std::size_t kReceiptColumns = 42;

enum class ReceiptForm : std::uint8_t { kData, kText, kHtml };

// The first form that Accept names: text/plain, text/html, or data (JSON or Protobuf); data where it names none.
ReceiptForm receipt_form_of_accept(std::string_view accept);
// With its charset; of text and HTML.
std::string_view content_type_of(ReceiptForm form);

// The sale as it stands, its payments as they were rung up, without the names of products and store and the number of
// copies, which the caller adds. Cards and references keep their last four characters.
schema::Receipt make_receipt(const schema::SaleView& sale);

// "****1234". Four stars alone where that would show the whole.
std::string last_four(std::string_view text);

// "1234.50" by the exponent of the currency (two where it is not a currency), with the sign.
std::string amount_text(const schema::Money& money);
// At least as many decimals as an amount has, more where the price has them.
std::string price_text(const schema::UnitPrice& price);

// "2026-03-02 09:15 UTC".
std::string moment_text(std::int64_t micros);
// "Gift card" of GIFT_CARD.
std::string tender_text(schema::Tender::Type type);

// Lines of at most kReceiptColumns characters, each ended by a line feed; names are cut where they are longer.
std::string receipt_text(const schema::Receipt& receipt);
// A whole page without scripts and foreign assets; everything that is not markup is escaped.
std::string receipt_html(const schema::Receipt& receipt);

}  // namespace till
