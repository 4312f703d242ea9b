#include "projections/reporting/row_digest.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "projections/digest_difference.h"
#include "projections/reporting/offset.h"

namespace till::reporting {
namespace {

using Fields = std::vector<WideSum Digest::*>;

// A sum of an aggregate; what it counts as sales are those that were not voided.
const Fields kSumFields{&Digest::units_e5, &Digest::gross, &Digest::discount, &Digest::net,
                        &Digest::tax,      &Digest::total, &Digest::cogs_e4};

// Reads sums of one set of tables until somebody cancels.
class SumReader {
 public:
  SumReader(SqlConnection& connection, const std::string& prefix, const std::function<bool()>& cancelled)
      : connection_(connection), prefix_(prefix), cancelled_(cancelled) {}

  // Adds up `columns` of every row by tenant and currency, which may be NULL, each into its field.
  Status add(const std::string& table, const std::string& columns, const Fields& fields, Digests& digests) {
    const std::string sql = "SELECT tenant_id, currency, " + columns + " FROM " + prefix_ + table;
    return run(sql + " GROUP BY tenant_id, currency", [&](const SqlRow& row) {
      Digest& digest = digests[{row.text(0), row.is_null(1) ? std::string() : row.text(1)}];
      unsigned column = 2;
      for (const auto field : fields) digest.*field = row.sum(column++);
    });
  }
  // The same of what belongs to a tenant and has no currency.
  Status add(const std::string& table, const std::string& sum, WideSum Digest::*field, Digests& digests) {
    return run("SELECT tenant_id, " + sum + " FROM " + prefix_ + table + " GROUP BY tenant_id", [&](const SqlRow& row) {
      digests[{row.text(0), ""}].*field = row.sum(1);
    });
  }

 private:
  Status run(const std::string& sql, const std::function<void(const SqlRow&)>& visit) {
    if (cancelled_()) return Error{ErrorKind::kCancelled, "cancelled"};
    return connection_.query(sql, visit);
  }

  SqlConnection& connection_;
  const std::string& prefix_;
  const std::function<bool()>& cancelled_;
};

const std::string& sum_columns() {
  static const std::string columns =
      "SUM(units_e5), SUM(gross), SUM(discount), SUM(net), SUM(tax), SUM(total), SUM(cogs_e4)";
  return columns;
}

Fields with(Fields fields, std::initializer_list<WideSum Digest::*> more) {
  fields.insert(fields.end(), more);
  return fields;
}

// What a sale or tender tells beyond what every view does.
const Fields kSaleFields{&Digest::sale_discount, &Digest::employee_discount, &Digest::coupon_discount,
                         &Digest::line_voids, &Digest::line_voided};
const Fields kTenderFields{&Digest::cash_kept};

std::string sum_of_cash(const std::string& column) {
  return "SUM(CASE tender_type WHEN 'CASH' THEN " + column + " ELSE 0 END)";
}

Status read_facts(SumReader& reader, Digests& digests) {
  const std::string kinds =
      ", SUM(kind = 'SALE'), SUM(kind = 'VOID'), SUM(kind = 'RETURN'), SUM(kind = 'SALE') - SUM(kind = 'VOID')";
  const std::string given =
      ", SUM(sale_discount), SUM(employee_discount), SUM(coupon_discount), SUM(line_voids), SUM(line_voided)";
  Fields of_sales = with(kSumFields, {&Digest::sales, &Digest::voids, &Digest::returns, &Digest::standing});
  of_sales.insert(of_sales.end(), kSaleFields.begin(), kSaleFields.end());
  Status read = reader.add("f_sale", sum_columns() + kinds + given, of_sales, digests);
  if (read.ok())
    read = reader.add("f_line", "SUM(kind = 'SALE'), SUM(net + tax)", Fields{&Digest::lines, &Digest::goods}, digests);
  if (read.ok()) {
    read = reader.add("f_tender", "SUM(amount), " + sum_of_cash("amount"), Fields{&Digest::kept, &Digest::cash_kept},
                      digests);
  }
  if (read.ok()) read = reader.add("f_stock_move", "SUM(qty_e5)", &Digest::on_hand_e5, digests);
  if (read.ok()) read = reader.add("d_customer", "COUNT(*)", &Digest::customers, digests);
  return read;
}

// What a table adds up to, by tenant and currency, or by tenant alone.
struct PartShape {
  const char* table;
  std::string columns;
  Fields fields;
  bool of_currency = true;
};

Status read_part(SumReader& reader, const PartShape& shape, std::vector<DigestPart>& parts) {
  DigestPart part{shape.table, shape.fields, {}};
  Status read = shape.of_currency ? reader.add(shape.table, shape.columns, part.fields, part.digests)
                                  : reader.add(shape.table, shape.columns, part.fields.front(), part.digests);
  parts.push_back(std::move(part));
  return read;
}

// The sums of sales.
std::vector<PartShape> sale_parts() {
  // Only the sums by store count each sale once, and only they know of charges, tips and gift cards sold: a line's
  // total is its net and tax, a tender's what was kept of it.
  const std::string sums = "SUM(units_e5), SUM(gross), SUM(discount), SUM(net), SUM(tax), SUM(cogs_e4), SUM(total)";
  const Fields goods{&Digest::units_e5, &Digest::gross, &Digest::discount,
                     &Digest::net,      &Digest::tax,   &Digest::cogs_e4};
  const std::string counts = ", SUM(sales), SUM(voids), SUM(returns)";
  const Fields counted = with(kSumFields, {&Digest::standing, &Digest::voids, &Digest::returns});
  const Fields taxes{&Digest::taxable, &Digest::tax_rows};
  return {{"agg_store_day", sum_columns() + counts, counted},
          {"agg_store_hour", sum_columns() + counts, counted},
          {"agg_sku_day", sums, with(goods, {&Digest::goods})},
          {"agg_category_day", sums, with(goods, {&Digest::goods})},
          {"agg_tender_day", sums + ", " + sum_of_cash("total"), with(goods, {&Digest::kept, &Digest::cash_kept})},
          {"agg_employee_day", "SUM(net)", {&Digest::employee_net}},
          {"f_tax", "SUM(taxable), SUM(tax)", taxes},
          {"agg_tax_day", "SUM(taxable), SUM(tax)", taxes},
          {"agg_shift", "SUM(total)", {&Digest::shift_total}},
          {"agg_shift_tax", "SUM(tax)", {&Digest::shift_tax}},
          {"agg_shift_tender", "SUM(amount)", {&Digest::shift_kept}}};
}

// Drawers, accounts of value, stock.
std::vector<PartShape> value_parts() {
  return {{"d_shift", "COUNT(*), SUM(expected)", {&Digest::shifts, &Digest::drawer_cash}},
          {"d_shift", "SUM(training_sales)", {&Digest::training_sales}, false},
          {"f_drawer", "SUM(effect)", {&Digest::drawer_cash}},
          {"f_cancelled", "SUM(amount), COUNT(*)", {&Digest::cancelled, &Digest::cancelled_tickets}},
          {"agg_employee_act", "SUM(acts)", {&Digest::employee_acts}, false},
          {"f_giftcard", "SUM(amount)", {&Digest::gift_cards}},
          {"s_giftcard", "SUM(balance)", {&Digest::gift_cards}},
          {"agg_giftcard_day", "SUM(amount)", {&Digest::gift_cards}},
          {"f_loyalty", "SUM(points)", {&Digest::points}, false},
          {"f_store_credit", "SUM(amount)", {&Digest::store_credit}},
          {"f_account", "SUM(amount)", {&Digest::accounts}},
          {"s_stock", "SUM(on_hand_e5)", {&Digest::on_hand_e5}, false},
          {"s_stock", "SUM(in_transit_in_e5)", {&Digest::in_transit_e5}, false},
          {"f_transit_loss", "SUM(qty_e5), SUM(cost_e4)", {&Digest::lost_e5, &Digest::lost_value_e4}},
          {"agg_stock_day", "SUM(qty_e5)", {&Digest::stock_days_e5}, false}};
}

Status read_parts(SumReader& reader, std::vector<DigestPart>& parts) {
  for (const auto& shapes : {sale_parts(), value_parts()}) {
    for (const PartShape& shape : shapes) {
      if (Status read = read_part(reader, shape, parts); !read.ok()) return read;
    }
  }
  return {};
}

}  // namespace

Result<DigestAt> read_row_digest(SqlConnection& connection, const std::string& prefix,
                                 const std::function<bool()>& cancelled) {
  SqlTransaction snapshot(connection);
  if (Status begun = snapshot.begin_snapshot(); !begun.ok()) return begun.error();
  DigestAt digest;
  Result<Offset> offset = read_offset(connection, prefix, OffsetLock::kNone);
  if (!offset.ok()) return offset.error();
  digest.at = offset->point;
  SumReader reader(connection, prefix, cancelled);
  if (Status read = read_facts(reader, digest.digests); !read.ok()) return read.error();
  digest.parts.push_back({"f_sale", kSaleFields, digest.digests});
  digest.parts.push_back({"f_tender", kTenderFields, digest.digests});
  if (Status read = read_parts(reader, digest.parts); !read.ok()) return read.error();
  return digest;
}

}  // namespace till::reporting
