#include "projections/reporting/row_writer.h"
#include "projections/reporting/rows.h"
#include "projections/reporting/tender_shares.h"

namespace till::reporting {

enum class SaleKind : std::uint8_t { kSale, kVoid, kReturn };

namespace {

constexpr std::uint64_t one_based(int index) {
  return static_cast<std::uint64_t>(index) + 1;
}

// Through unsigned arithmetic, where the least integer has a negation.
constexpr std::int64_t negated(std::int64_t amount) {
  return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(amount));
}

}  // namespace

// A sale, void or return with its sign and what its rows have in common.
struct BatchRows::SaleRow {
  const schema::SaleCompleted& sale;
  SaleKind what;
  std::string_view tenant;
  std::uint64_t position;
  const schema::ReturnCompleted* returned = nullptr;  // of a return

  std::string_view kind() const {
    if (what == SaleKind::kReturn) return "'RETURN'";
    return what == SaleKind::kVoid ? "'VOID'" : "'SALE'";
  }
  std::string_view source_sale() const { return returned == nullptr ? std::string_view() : returned->source_sale_id(); }
  std::string_view source_line(int index) const {
    if (returned == nullptr || index >= returned->handling_size()) return {};
    return returned->handling(index).source_line_id();
  }
  std::int64_t of(std::int64_t amount) const { return what == SaleKind::kSale ? amount : negated(amount); }
  std::int64_t count(SaleKind counted) const { return what == counted ? 1 : 0; }
  // What any part of it counts and, of a return, takes back.
  Measures measured(std::int64_t units_e5, std::int64_t net) const {
    Measures measures;
    measures.sales = count(SaleKind::kSale) - count(SaleKind::kVoid);
    measures.voids = count(SaleKind::kVoid);
    measures.returns = count(SaleKind::kReturn);
    measures.units_e5 = of(units_e5);
    measures.net = of(net);
    if (what != SaleKind::kReturn) return measures;
    measures.returned_units_e5 = units_e5;
    measures.returned_net = net;
    return measures;
  }
};

void BatchRows::add_event(const schema::Record& record, const schema::Event& event) {
  // An event that no table shows is not named.
  switch (int{event.event_case()}) {
    case schema::Event::kSaleCompleted:
      return add_sale({event.sale_completed(), SaleKind::kSale, record.tenant(), record.position()});
    case schema::Event::kSaleVoided:
      return add_sale({event.sale_voided().original(), SaleKind::kVoid, record.tenant(), record.position()});
    case schema::Event::kReturnCompleted:
      return add_sale({event.return_completed().receipt(), SaleKind::kReturn, record.tenant(), record.position(),
                       &event.return_completed()});
    case schema::Event::kStoreUpserted:
      return add_store(record, event.store_upserted());
    case schema::Event::kProductUpserted:
      return add_product(record, event.product_upserted());
    case schema::Event::kCustomerRegistered:
      return add_customer(record, event.customer_registered());
  }
}

const std::string& BatchRows::key_of(const SqlText& begin, std::initializer_list<std::string_view> rest) {
  key_.text() = begin.text();
  for (const std::string_view part : rest) {
    key_.comma();
    key_.quoted(part);
  }
  return key_.text();
}

void BatchRows::add_sale(const SaleRow& row) {
  ++sale_ordinal_;
  day_.text().clear();
  day_.quoted(row.tenant);
  day_.comma();
  day_.date(row.sale.business_date());
  shift_.text().clear();
  shift_.quoted(row.tenant);
  shift_.comma();
  shift_.quoted(row.sale.shift_id());
  add_sale_row(row);
  add_sale_sums(row);
  add_lines(row);
  add_taxes(row);
  add_tenders(row);
  if (!row.sale.shift_id().empty()) add_to_shift(row);
}

void BatchRows::add_sale_row(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  RowWriter(sales_)
      .text(row.tenant)
      .text(sale.sale_id())
      .raw(row.kind())
      .text(sale.store_id())
      .text(sale.terminal_id())
      .integer(sale.terminal_seq())
      .text_or_null(sale.employee_id())
      .text_or_null(sale.customer_id())
      .text_or_null(sale.shift_id())
      .date(sale.business_date())
      .time(sale.occurred_at_us())
      .integer(std::uint64_t{sale.local_hour()})
      .text(sale.currency())
      .integer(row.of(sale.gross()))
      .integer(row.of(sale.discount()))
      .integer(row.of(sale.net()))
      .integer(row.of(sale.tax()))
      .integer(row.of(sale.charged()))
      .integer(row.of(sale.tip()))
      .integer(row.of(sale.gift_cards_sold()))
      .integer(row.of(sale.cash_rounding()))
      .integer(row.of(sale.total()))
      .integer(row.of(sale.cogs_e4()))
      .integer(row.of(sale.units_e5()))
      .integer(std::int64_t{sale.lines_size()})
      .text_or_null(row.source_sale())
      .integer(row.position);
}

void BatchRows::add_sale_sums(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  Measures measures = row.measured(sale.units_e5(), sale.net());
  measures.gross = row.of(sale.gross());
  measures.discount = row.of(sale.discount());
  measures.tax = row.of(sale.tax());
  measures.total = row.of(sale.total());
  measures.cogs_e4 = row.of(sale.cogs_e4());
  store_day_.add(key_of(day_, {sale.store_id(), sale.currency()}), measures, sale_ordinal_);
  key_of(day_, {sale.store_id()});
  key_.comma();
  key_.integer(std::uint64_t{sale.local_hour()});
  key_.comma();
  key_.quoted(sale.currency());
  store_hour_.add(key_.text(), measures, sale_ordinal_);
  if (sale.employee_id().empty()) return;
  employee_day_.add(key_of(day_, {sale.employee_id(), sale.currency()}), measures, sale_ordinal_);
}

void BatchRows::add_lines(const SaleRow& row) {
  for (int i = 0; i < row.sale.lines_size(); ++i) add_line(row, i);
}

void BatchRows::add_line(const SaleRow& row, int index) {
  const schema::SaleCompleted& sale = row.sale;
  const schema::SaleCompleted::Line& line = sale.lines(index);
  Measures measures = row.measured(line.quantity_e5(), line.net());
  measures.gross = row.of(line.gross());
  measures.discount = row.of(line.discount());
  measures.tax = row.of(line.tax());
  measures.total = row.of(line.net() + line.tax());
  measures.cogs_e4 = row.of(line.cogs_e4());
  RowWriter(lines_)
      .raw(day_.text())
      .integer(row.position)
      .raw(row.kind())
      .integer(one_based(index))
      .text(sale.sale_id())
      .text(line.line_id())
      .text(sale.store_id())
      .text(line.sku())
      .text(line.category())
      .integer(measures.units_e5)
      .integer(line.unit_price_e4())
      .text(sale.currency())
      .integer(measures.gross)
      .integer(measures.discount)
      .integer(measures.net)
      .integer(measures.tax)
      .text(line.tax_code())
      .integer(measures.cogs_e4)
      .text_or_null(row.source_sale())
      .text_or_null(row.source_line(index));
  sku_day_.add(key_of(day_, {line.sku(), sale.currency()}), measures, sale_ordinal_);
  category_day_.add(key_of(day_, {line.category(), sale.currency()}), measures, sale_ordinal_);
}

void BatchRows::add_taxes(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  for (int i = 0; i < sale.taxes_size(); ++i) {
    const schema::SaleCompleted::Tax& tax = sale.taxes(i);
    const std::int64_t taxable = row.of(tax.taxable());
    const std::int64_t amount = row.of(tax.amount());
    RowWriter(taxes_)
        .raw(day_.text())
        .integer(row.position)
        .raw(row.kind())
        .integer(one_based(i))
        .text(sale.sale_id())
        .text(sale.store_id())
        .text(tax.tax_code())
        .text(sale.currency())
        .integer(taxable)
        .integer(amount);
    tax_day_.add(key_of(day_, {sale.store_id(), tax.tax_code(), sale.currency()}), {taxable, amount});
    if (sale.shift_id().empty()) continue;
    shift_taxes_.add(key_of(shift_, {tax.tax_code(), sale.currency()}), {taxable, amount});
  }
}

void BatchRows::add_tenders(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  std::uint64_t seq = 0;
  for (const TenderShare& share : tender_shares(sale)) {
    Measures measures = row.measured(share.units_e5, share.net);
    measures.gross = row.of(share.gross);
    measures.discount = row.of(share.discount);
    measures.tax = row.of(share.tax);
    measures.total = row.of(share.amount);
    measures.cogs_e4 = row.of(share.cogs_e4);
    RowWriter(tenders_)
        .raw(day_.text())
        .integer(row.position)
        .raw(row.kind())
        .integer(++seq)
        .text(sale.sale_id())
        .text(sale.store_id())
        .text_or_null(sale.shift_id())
        .text(share.type)
        .text(sale.currency())
        .integer(measures.total)
        .integer(row.of(share.tendered))
        .integer(row.of(share.tendered - share.amount))
        .integer(measures.units_e5)
        .integer(measures.gross)
        .integer(measures.discount)
        .integer(measures.net)
        .integer(measures.tax);
    tender_day_.add(key_of(day_, {sale.store_id(), share.type, sale.currency()}), measures, sale_ordinal_);
    if (sale.shift_id().empty()) continue;
    shift_tenders_.add(key_of(shift_, {share.type, sale.currency()}), {1, measures.total});
  }
}

// In the order of kShiftSumValues.
void BatchRows::add_to_shift(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  const std::int64_t sold = row.count(SaleKind::kSale);
  const std::int64_t voided = row.count(SaleKind::kVoid);
  const std::int64_t returned = row.count(SaleKind::kReturn);
  std::int64_t discounted = 0;
  for (const schema::SaleCompleted::Line& line : sale.lines()) discounted += line.discount() != 0 ? sold : 0;
  shift_sums_.add(key_of(shift_, {sale.currency()}),
                  {sold, voided, returned, row.source_sale().empty() ? returned : 0, discounted, sold * sale.total(),
                   voided * sale.total(), returned * sale.total(), row.of(sale.gross()), row.of(sale.discount()),
                   row.of(sale.net()), row.of(sale.tax()), row.of(sale.charged()), row.of(sale.tip()),
                   row.of(sale.gift_cards_sold()), row.of(sale.cash_rounding()), row.of(sale.total())});
}

}  // namespace till::reporting
