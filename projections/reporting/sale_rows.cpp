#include "projections/reporting/row_writer.h"
#include "projections/reporting/rows.h"
#include "projections/reporting/tender_shares.h"

namespace till::reporting {
namespace {

constexpr std::uint64_t one_based(int index) {
  return static_cast<std::uint64_t>(index) + 1;
}

}  // namespace

// A sale with its sign and what its rows have in common.
struct BatchRows::SaleRow {
  const schema::SaleCompleted& sale;
  bool voided;
  std::string_view tenant;
  std::uint64_t position;
  std::string_view kind() const { return voided ? "'VOID'" : "'SALE'"; }
  // Through unsigned arithmetic, where the least integer has a negation.
  std::int64_t of(std::int64_t amount) const {
    return voided ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(amount)) : amount;
  }
  Measures counted() const {
    Measures measures;
    measures.sales = voided ? -1 : 1;
    measures.voids = voided ? 1 : 0;
    return measures;
  }
};

void BatchRows::add_sale(const schema::Record& record, const schema::SaleCompleted& sale, bool voided) {
  const SaleRow row{sale, voided, record.tenant(), record.position()};
  ++sale_ordinal_;
  day_.text().clear();
  day_.quoted(row.tenant);
  day_.comma();
  day_.date(sale.business_date());
  add_sale_row(row);
  add_lines(row);
  add_taxes(row);
  add_tenders(row);
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
      .date(sale.business_date())
      .time(sale.occurred_at_us())
      .integer(std::uint64_t{sale.local_hour()})
      .text(sale.currency())
      .integer(row.of(sale.gross()))
      .integer(row.of(sale.discount()))
      .integer(row.of(sale.net()))
      .integer(row.of(sale.tax()))
      .integer(row.of(sale.total()))
      .integer(row.of(sale.cogs_e4()))
      .integer(row.of(sale.units_e5()))
      .integer(std::int64_t{sale.lines_size()})
      .integer(row.position);

  Measures measures = row.counted();
  measures.units_e5 = row.of(sale.units_e5());
  measures.gross = row.of(sale.gross());
  measures.discount = row.of(sale.discount());
  measures.net = row.of(sale.net());
  measures.tax = row.of(sale.tax());
  measures.total = row.of(sale.total());
  measures.cogs_e4 = row.of(sale.cogs_e4());
  key_.text() = day_.text();
  key_.comma();
  key_.quoted(sale.store_id());
  const std::size_t store_end = key_.text().size();
  key_.comma();
  key_.quoted(sale.currency());
  store_day_.add(key_.text(), measures, sale_ordinal_);
  key_.text().resize(store_end);
  key_.comma();
  key_.integer(std::uint64_t{sale.local_hour()});
  key_.comma();
  key_.quoted(sale.currency());
  store_hour_.add(key_.text(), measures, sale_ordinal_);
}

void BatchRows::add_lines(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  for (int i = 0; i < sale.lines_size(); ++i) {
    const schema::SaleCompleted::Line& line = sale.lines(i);
    Measures measures = row.counted();
    measures.units_e5 = row.of(line.quantity_e5());
    measures.gross = row.of(line.gross());
    measures.discount = row.of(line.discount());
    measures.net = row.of(line.net());
    measures.tax = row.of(line.tax());
    measures.total = row.of(line.net() + line.tax());
    measures.cogs_e4 = row.of(line.cogs_e4());
    RowWriter(lines_)
        .raw(day_.text())
        .integer(row.position)
        .integer(one_based(i))
        .text(sale.sale_id())
        .raw(row.kind())
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
        .integer(measures.cogs_e4);
    for (const auto& [aggregate, name] : {std::pair<Aggregate&, const std::string&>(sku_day_, line.sku()),
                                          std::pair<Aggregate&, const std::string&>(category_day_, line.category())}) {
      key_.text() = day_.text();
      key_.comma();
      key_.quoted(name);
      key_.comma();
      key_.quoted(sale.currency());
      aggregate.add(key_.text(), measures, sale_ordinal_);
    }
  }
}

void BatchRows::add_taxes(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  for (int i = 0; i < sale.taxes_size(); ++i) {
    const schema::SaleCompleted::Tax& tax = sale.taxes(i);
    RowWriter(taxes_)
        .raw(day_.text())
        .integer(row.position)
        .integer(one_based(i))
        .text(sale.sale_id())
        .raw(row.kind())
        .text(sale.store_id())
        .text(tax.tax_code())
        .text(sale.currency())
        .integer(row.of(tax.taxable()))
        .integer(row.of(tax.amount()));
  }
}

void BatchRows::add_tenders(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  std::uint64_t seq = 0;
  for (const TenderShare& share : tender_shares(sale)) {
    Measures measures = row.counted();
    measures.units_e5 = row.of(share.units_e5);
    measures.gross = row.of(share.gross);
    measures.discount = row.of(share.discount);
    measures.net = row.of(share.net);
    measures.tax = row.of(share.tax);
    measures.total = row.of(share.amount);
    measures.cogs_e4 = row.of(share.cogs_e4);
    RowWriter(tenders_)
        .raw(day_.text())
        .integer(row.position)
        .integer(++seq)
        .text(sale.sale_id())
        .raw(row.kind())
        .text(sale.store_id())
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
    key_.text() = day_.text();
    key_.comma();
    key_.quoted(sale.store_id());
    key_.comma();
    key_.quoted(share.type);
    key_.comma();
    key_.quoted(sale.currency());
    tender_day_.add(key_.text(), measures, sale_ordinal_);
  }
}

}  // namespace till::reporting
