#include "projections/reporting/report.h"

#include "engine/position_text.h"
#include "projections/reporting/serving_read.h"
#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

struct Grouping {
  std::string_view name;
  std::string_view table;
  std::string_view column;
};

Grouping grouping_of(ReportGroup group) {
  switch (group) {
    case ReportGroup::kStore:
      return {"store", "agg_store_day", "store_id"};
    case ReportGroup::kDay:
      return {"day", "agg_store_day", "business_date"};
    case ReportGroup::kHour:
      return {"hour", "agg_store_hour", "local_hour"};
    case ReportGroup::kProduct:
      return {"product", "agg_sku_day", "sku"};
    case ReportGroup::kCategory:
      return {"category", "agg_category_day", "category_id"};
    case ReportGroup::kTender:
      return {"tender", "agg_tender_day", "tender_type"};
    case ReportGroup::kEmployee:
      return {"employee", "agg_employee_day", "employee_id"};
  }
  return {};
}

std::string sums_sql(const std::string& prefix, std::string_view table, std::string_view key,
                     const SalesReportRequest& request) {
  SqlText sql;
  sql.raw("SELECT ");
  sql.raw(key);
  sql.raw(", currency, SUM(sales), SUM(units_e5), SUM(gross), SUM(discount), SUM(net), SUM(tax), SUM(total) FROM ");
  sql.raw(prefix);
  sql.raw(table);
  sql.raw(" WHERE tenant_id = ");
  sql.quoted(request.tenant);
  sql.raw(" AND business_date BETWEEN ");
  sql.date(request.from);
  sql.raw(" AND ");
  sql.date(request.to);
  sql.raw(" GROUP BY ");
  sql.raw(key);
  // A group whose sales were all voided has nothing to report.
  sql.raw(", currency HAVING SUM(sales) <> 0 OR SUM(gross) <> 0 OR SUM(net) <> 0 OR SUM(tax) <> 0 ORDER BY ");
  return std::move(sql.text());
}

void fill(const SqlRow& row, schema::SalesReport::Row& out) {
  const std::string currency = row.text(1);
  out.set_sales(row.integer(2));
  out.set_units_e5(row.integer(3));
  unsigned column = 4;
  for (schema::Money* const money :
       {out.mutable_gross(), out.mutable_discount(), out.mutable_net(), out.mutable_tax(), out.mutable_total()}) {
    money->set_amount(row.integer(column++));
    money->set_currency(currency);
  }
}

Status read_rows(SqlConnection& connection, const std::string& prefix, const SalesReportRequest& request,
                 schema::SalesReport& report) {
  const Grouping grouping = grouping_of(request.group);
  const std::string sql = sums_sql(prefix, grouping.table, grouping.column, request) + std::string(grouping.column) +
                          ", currency LIMIT " + std::to_string(kReportRowsMost + 1);
  Status read = connection.query(sql, [&](const SqlRow& row) {
    schema::SalesReport::Row& out = *report.add_rows();
    out.set_key(row.text(0));
    fill(row, out);
  });
  if (read.ok() && report.rows_size() > static_cast<int>(kReportRowsMost)) {
    return Error{ErrorKind::kInvalid, "the report has more than " + std::to_string(kReportRowsMost) + " rows"};
  }
  return read;
}

// The tenant's usual currency, for the zeros of an empty report.
Status read_usual_currency(SqlConnection& connection, const std::string& prefix, const std::string& tenant,
                           std::string& currency) {
  return connection.query("SELECT currency FROM " + prefix + "agg_store_day WHERE tenant_id = " + quoted_value(tenant) +
                              " GROUP BY currency ORDER BY SUM(sales) DESC, currency LIMIT 1",
                          [&](const SqlRow& row) { currency = row.text(0); });
}

// From the sums by store, which count each sale once, whatever the rows are grouped by.
Status read_totals(SqlConnection& connection, const std::string& prefix, const SalesReportRequest& request,
                   schema::SalesReport& report) {
  bool first = true;
  Status read = connection.query(sums_sql(prefix, "agg_store_day", "tenant_id", request) + "SUM(sales) DESC, currency",
                                 [&](const SqlRow& row) {
                                   fill(row, first ? *report.mutable_total() : *report.add_other_totals());
                                   first = false;
                                 });
  if (!read.ok() || !first) return read;
  std::string currency(3, 'X');  // ISO 4217 for none: a tenant without any sale
  read = read_usual_currency(connection, prefix, request.tenant, currency);
  schema::SalesReport::Row& total = *report.mutable_total();
  for (schema::Money* const money : {total.mutable_gross(), total.mutable_discount(), total.mutable_net(),
                                     total.mutable_tax(), total.mutable_total()}) {
    money->set_currency(currency);
  }
  return read;
}

Result<SalesReportAt> read_snapshot(SqlConnection& connection, const std::string& prefix, const LogPoint& at,
                                    const SalesReportRequest& request) {
  SalesReportAt result;
  result.at = at;
  schema::SalesReport& report = result.report;
  report.set_from(request.from);
  report.set_to(request.to);
  report.set_group_by(std::string(grouping_of(request.group).name));
  report.set_position(position_text(result.at.log_id, result.at.epoch, result.at.position));
  if (Status read = read_rows(connection, prefix, request, report); !read.ok()) return read.error();
  if (Status read = read_totals(connection, prefix, request, report); !read.ok()) return read.error();
  return result;
}

}  // namespace

Result<SalesReportAt> read_sales_report(SqlConnection& connection, const SalesReportRequest& request) {
  return read_serving<SalesReportAt>(connection, [&](const std::string& prefix, const LogPoint& at) {
    return read_snapshot(connection, prefix, at, request);
  });
}

}  // namespace till::reporting
