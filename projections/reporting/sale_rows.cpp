#include <algorithm>

#include "projections/late_receipt.h"
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

// Through unsigned arithmetic too, where no amounts of an old receipt are too far apart.
constexpr std::int64_t difference(std::int64_t whole, std::int64_t part) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) - static_cast<std::uint64_t>(part));
}

// A payment taken back.
TenderShare negated(TenderShare share) {
  for (std::int64_t* const value : {&share.tendered, &share.amount, &share.units_e5, &share.gross, &share.discount,
                                    &share.net, &share.tax, &share.cogs_e4}) {
    *value = negated(*value);
  }
  return share;
}

}  // namespace

// A sale, void or return with its sign and what its rows have in common.
struct BatchRows::SaleRow {
  const schema::SaleCompleted& sale;
  SaleKind what;
  std::string_view tenant;
  std::uint64_t position;
  bool after_z = false;  // it came when its shift was closed: the shift's sums leave it out
  const schema::ReturnCompleted* returned = nullptr;                                   // of a return
  const google::protobuf::RepeatedPtrField<schema::RetypedTender>* retyped = nullptr;  // of a void

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
  // Part of a discount by what it was given for, which what comes back does not tell.
  std::int64_t given(std::int64_t amount) const { return what == SaleKind::kReturn ? 0 : of(amount); }
  std::int64_t count(SaleKind counted) const { return what == counted ? 1 : 0; }
  std::int64_t standing() const { return count(SaleKind::kSale) - count(SaleKind::kVoid); }
  std::string_view after_z_sql() const { return after_z ? "1" : "0"; }
  bool is_in_shift_sums() const { return !sale.shift_id().empty() && !after_z; }
  // What any part of it counts and, of a return, takes back.
  Measures measured(std::int64_t units_e5, std::int64_t net) const {
    Measures measures;
    measures.sales = standing();
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

void BatchRows::add_event(const Transaction& transaction, const schema::Event& event) {
  const schema::Record& record = transaction.record();
  const auto receipt = [&](const schema::SaleCompleted& sale, SaleKind what) {
    return SaleRow{sale, what, record.tenant(), record.position(), came_after_z(transaction, sale.sale_id())};
  };
  // An event that no table shows is not named.
  switch (int{event.event_case()}) {
    case schema::Event::kSaleCompleted:
      return add_sale(receipt(event.sale_completed(), SaleKind::kSale));
    case schema::Event::kSaleVoided: {
      SaleRow row = receipt(event.sale_voided().original(), SaleKind::kVoid);
      row.retyped = &event.sale_voided().retyped();
      return add_sale(row);
    }
    case schema::Event::kReturnCompleted: {
      SaleRow row = receipt(event.return_completed().receipt(), SaleKind::kReturn);
      row.returned = &event.return_completed();
      return add_sale(row);
    }
    case schema::Event::kSaleTenderCorrected:
      return add_correction(record, event.sale_tender_corrected());
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

void BatchRows::begin_sale(const SaleRow& row) {
  ++sale_ordinal_;
  day_.text().clear();
  day_.quoted(row.tenant);
  day_.comma();
  day_.date(row.sale.business_date());
  shift_.text().clear();
  shift_.quoted(row.tenant);
  shift_.comma();
  shift_.quoted(row.sale.shift_id());
}

void BatchRows::add_sale(const SaleRow& row) {
  begin_sale(row);
  add_sale_row(row);
  add_sale_sums(row);
  add_lines(row);
  add_taxes(row);
  add_tenders(row);
  if (row.is_in_shift_sums()) add_to_shift(row);
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
      .integer(row.given(sale.sale_discount()))
      .integer(row.given(sale.employee_discount()))
      .integer(row.given(sale.coupon_discount()))
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
      .integer(row.count(SaleKind::kSale) * sale.line_voids())
      .integer(row.count(SaleKind::kSale) * sale.line_voided())
      .text_or_null(row.source_sale())
      .raw(row.after_z_sql())
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
        .integer(amount)
        .raw(row.after_z_sql());
    tax_day_.add(key_of(day_, {sale.store_id(), tax.tax_code(), sale.currency()}), {taxable, amount});
    if (!row.is_in_shift_sums()) continue;
    shift_taxes_.add(key_of(shift_, {tax.tax_code(), sale.currency()}), {taxable, amount});
  }
}

void BatchRows::add_tenders(const SaleRow& row) {
  std::vector<TenderShare> shares = tender_shares(row.sale);
  if (row.retyped != nullptr) retype(*row.retyped, shares);
  std::uint64_t seq = 0;
  for (const TenderShare& share : shares) add_tender(row, share, {++seq, 1, row.standing()});
}

void BatchRows::add_tender(const SaleRow& row, const TenderShare& share, const TenderPlace& place) {
  const schema::SaleCompleted& sale = row.sale;
  Measures measures = row.measured(share.units_e5, share.net);
  measures.sales = place.sales;
  measures.gross = row.of(share.gross);
  measures.discount = row.of(share.discount);
  measures.tax = row.of(share.tax);
  measures.total = row.of(share.amount);
  measures.cogs_e4 = row.of(share.cogs_e4);
  RowWriter(tenders_)
      .raw(day_.text())
      .integer(row.position)
      .raw(row.kind())
      .integer(place.seq)
      .text(sale.sale_id())
      .text(sale.store_id())
      .text_or_null(sale.shift_id())
      .text(share.type)
      .text(sale.currency())
      .integer(place.payments)
      .integer(measures.total)
      .integer(row.of(share.tendered))
      .integer(row.of(difference(share.tendered, share.amount)))
      .integer(measures.units_e5)
      .integer(measures.gross)
      .integer(measures.discount)
      .integer(measures.net)
      .integer(measures.tax)
      .raw(row.after_z_sql());
  tender_day_.add(key_of(day_, {sale.store_id(), share.type, sale.currency()}), measures, sale_ordinal_);
  if (!row.is_in_shift_sums()) return;
  shift_tenders_.add(key_of(shift_, {share.type, sale.currency()}), {place.payments, measures.total});
}

// The payment is taken back and comes again as what it was, under the day of its sale. A sum by tender counts the sale
// once, whatever else was paid with that type.
void BatchRows::add_correction(const schema::Record& record, const schema::TenderCorrected& fact) {
  if (!fact.has_original()) return;
  std::vector<TenderShare> shares = tender_shares(fact.original());
  retype(fact.retyped(), shares);
  if (fact.tender() >= shares.size()) return;
  const SaleRow row{fact.original(), SaleKind::kSale, record.tenant(), record.position()};
  begin_sale(row);
  TenderShare& share = shares[fact.tender()];
  const auto place = [&](std::uint64_t seq, std::int64_t payments, const TenderShare& moved) {
    const auto same =
        std::count_if(shares.begin(), shares.end(), [&](const TenderShare& other) { return other.type == moved.type; });
    return TenderPlace{seq, payments, same == 1 ? payments : 0};
  };
  const TenderShare wrong = negated(share);
  add_tender(row, wrong, place(1, -1, wrong));
  share.type = tender_name(fact.to());
  add_tender(row, share, place(2, 1, share));
}

// In the order of kShiftSumValues.
void BatchRows::add_to_shift(const SaleRow& row) {
  const schema::SaleCompleted& sale = row.sale;
  const std::int64_t sold = row.count(SaleKind::kSale);
  const std::int64_t voided = row.count(SaleKind::kVoid);
  const std::int64_t returned = row.count(SaleKind::kReturn);
  const std::int64_t unlinked = row.source_sale().empty() ? returned : 0;
  std::int64_t discounted = 0;
  for (const schema::SaleCompleted::Line& line : sale.lines()) discounted += line.discount() != 0 ? sold : 0;
  const std::int64_t scoped[] = {sale.sale_discount(), sale.employee_discount(), sale.coupon_discount()};
  std::int64_t on_lines = sale.discount();
  for (const std::int64_t part : scoped) on_lines = difference(on_lines, part);
  shift_sums_.add(key_of(shift_, {sale.currency()}), {sold,
                                                      voided,
                                                      returned,
                                                      unlinked,
                                                      discounted,
                                                      sold * sale.line_voids(),
                                                      sold * sale.total(),
                                                      voided * sale.total(),
                                                      returned * sale.total(),
                                                      unlinked * sale.total(),
                                                      sold * sale.line_voided(),
                                                      row.of(sale.gross()),
                                                      row.of(sale.discount()),
                                                      row.given(on_lines),
                                                      row.given(scoped[0]),
                                                      row.given(scoped[1]),
                                                      row.given(scoped[2]),
                                                      returned * sale.discount(),
                                                      row.of(sale.net()),
                                                      row.of(sale.tax()),
                                                      row.of(sale.charged()),
                                                      row.of(sale.tip()),
                                                      row.of(sale.gift_cards_sold()),
                                                      row.of(sale.cash_rounding()),
                                                      row.of(sale.total())});
}

}  // namespace till::reporting
