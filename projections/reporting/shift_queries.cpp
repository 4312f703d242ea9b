// The SQL of a shift's X and Z reports.
#include <initializer_list>

#include "projections/reporting/sql_text.h"
#include "projections/reporting/table_queries.h"

namespace till::reporting {
namespace {

std::string of_shift(const TableReportRequest& request) {
  return " WHERE tenant_id = " + quoted_value(request.tenant) + " AND shift_id = " + quoted_value(request.shift_id);
}

std::string micros_of(std::string_view column) {
  return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " + std::string(column) + ")";
}

// "COALESCE(a.sales, 0), COALESCE(a.voids, 0), …": what a shift without sales or movements has none of.
std::string or_zero(std::initializer_list<std::string_view> columns) {
  std::string sql;
  for (const std::string_view column : columns) sql += "COALESCE(" + std::string(column) + ", 0), ";
  return sql;
}

std::string moved_cash(std::string_view kind, std::string_view name) {
  return "SUM(CASE kind WHEN '" + std::string(kind) + "' THEN amount ELSE 0 END) AS " + std::string(name);
}

}  // namespace

std::string shift_query(const TableReportRequest& request, const std::string& prefix) {
  const std::string drawer = "SELECT SUM(kind = 'NO_SALE') AS no_sales, " + moved_cash("PAID_IN", "paid_in") + ", " +
                             moved_cash("PAID_OUT", "paid_out") + ", " + moved_cash("LOAN", "loans") + ", " +
                             moved_cash("PICKUP", "pickups") + " FROM " + prefix + "f_drawer" + of_shift(request);
  const std::string cancelled =
      "SELECT COUNT(*) AS tickets, SUM(amount) AS gross, COALESCE(SUM(line_voids), 0) AS line_voids, "
      "COALESCE(SUM(line_voided), 0) AS line_voided FROM " +
      prefix + "f_cancelled" + of_shift(request) + " AND after_z = 0";
  const std::string cards = "SELECT SUM(amount) AS redeemed FROM " + prefix + "agg_shift_tender" + of_shift(request) +
                            " AND tender_type = 'GIFT_CARD'";
  return "SELECT s.currency, s.shift_id, s.z_no, s.store_id, s.terminal_id, s.status, s.business_date, " +
         micros_of("s.opened_at_utc") + ", " + micros_of("s.closed_at_utc") +
         ", s.first_terminal_seq, s.last_terminal_seq, " +
         or_zero({"a.sales",
                  "a.voids",
                  "a.returns",
                  "a.unlinked_returns",
                  "d.no_sales",
                  "a.discounted_lines",
                  "COALESCE(a.line_voids, 0) + k.line_voids",
                  "k.tickets",
                  "s.training_sales",
                  "a.sold",
                  "a.voided + a.returned",
                  "a.voided",
                  "a.returned",
                  "a.unlinked_returned",
                  "COALESCE(a.line_voided, 0) + k.line_voided",
                  "k.gross",
                  "a.gross",
                  "a.discount",
                  "a.line_discount",
                  "a.sale_discount",
                  "a.employee_discount",
                  "a.coupon_discount",
                  "a.returned_discount",
                  "a.net",
                  "a.tax",
                  "a.charges",
                  "a.tip",
                  "a.gift_cards_sold",
                  "c.redeemed",
                  "a.cash_rounding",
                  "a.total",
                  "s.opening_float",
                  "s.opening_difference",
                  "d.paid_in",
                  "d.paid_out",
                  "d.loans",
                  "d.pickups"}) +
         "s.expected, s.counted, s.counted - s.expected, s.to_safe, s.left_in_drawer, s.grand_total FROM (SELECT * "
         "FROM " +
         prefix + "d_shift" + of_shift(request) + ") s LEFT JOIN (SELECT * FROM " + prefix + "agg_shift" +
         of_shift(request) + ") a ON a.currency = s.currency CROSS JOIN (" + drawer + ") d CROSS JOIN (" + cards +
         ") c CROSS JOIN (" + cancelled + ") k";
}

std::vector<ListQuery> shift_list_queries(const TableReportRequest& request, const std::string& prefix) {
  const std::string tenders =
      "SELECT currency, tender_type, payments, amount, NULL AS expected, NULL AS counted FROM " + prefix +
      "agg_shift_tender" + of_shift(request) +
      " UNION ALL SELECT currency, tender_type, 0, 0, expected, counted FROM " + prefix + "d_shift_tender" +
      of_shift(request);
  return {{"taxes", "SELECT currency, tax_code, taxable, tax FROM " + prefix + "agg_shift_tax" + of_shift(request) +
                        " ORDER BY tax_code, currency"},
          {"tenders",
           "SELECT currency, tender_type, SUM(payments), SUM(amount), MAX(expected), MAX(counted), "
           "MAX(counted) - MAX(expected) FROM (" +
               tenders + ") t GROUP BY tender_type, currency ORDER BY tender_type, currency"},
          {"operators", "SELECT NULL, employee_id FROM " + prefix + "f_drawer" + of_shift(request) +
                            " AND kind IN ('FLOAT', 'OPERATOR') AND employee_id IS NOT NULL GROUP BY employee_id "
                            "ORDER BY MIN(position)"}};
}

}  // namespace till::reporting
