#include "projections/reporting/table_queries.h"

#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

// What the queries have in common: the tables of the generation, and the conditions on tenant, days and store.
class QueryParts {
 public:
  QueryParts(const TableReportRequest& request, const std::string& prefix) : request_(request), prefix_(prefix) {}

  std::string table(std::string_view name) const { return prefix_ + std::string(name); }
  std::string tenant() const { return " WHERE tenant_id = " + quoted_value(request_.tenant); }
  std::string from() const { return date(request_.from); }
  std::string to() const { return date(request_.to); }
  std::string days() const { return tenant() + " AND business_date BETWEEN " + from() + " AND " + to(); }
  std::string store() const {
    return request_.store_id.empty() ? std::string() : " AND store_id = " + quoted_value(request_.store_id);
  }
  std::string limit() const { return std::to_string(request_.limit); }

 private:
  static std::string date(std::int32_t day) {
    SqlText sql;
    sql.date(day);
    return sql.text();
  }

  const TableReportRequest& request_;
  const std::string& prefix_;
};

// " AND (store_id, sku) > ('S1', 'A')"; nothing at the beginning.
std::string behind(std::string_view columns, const std::vector<std::string>& after) {
  if (after.empty()) return {};
  std::string sql = " AND (" + std::string(columns) + ") > (";
  for (const std::string& value : after) sql += (&value == &after.front() ? "" : ", ") + quoted_value(value);
  return sql + ")";
}

std::string micros(std::string_view column) {
  return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " + std::string(column) + ")";
}

// A rate x 1e-5, NULL where there is nothing to divide by.
std::string rate(const std::string& part, const std::string& whole) {
  return "CASE WHEN " + whole + " > 0 THEN (" + part + ") * 100000 DIV (" + whole + ") END";
}

std::vector<ListQuery> tax(const QueryParts& parts) {
  const std::string sums = "SUM(taxable), SUM(tax) FROM " + parts.table("agg_tax_day") + parts.days() + parts.store();
  return {{"rows", "SELECT currency, tax_code, " + sums + " GROUP BY currency, tax_code ORDER BY tax_code, currency"},
          {"totals", "SELECT currency, '', " + sums + " GROUP BY currency ORDER BY currency"}};
}

std::vector<ListQuery> top_products(const QueryParts& parts, const TableReportRequest& request) {
  return {{"rows",
           "SELECT a.currency, a.sku, COALESCE(p.name, ''), a.units_sum, a.net_sum, a.cogs_sum FROM (SELECT sku, "
           "currency, SUM(units_e5) AS units_sum, SUM(net) AS net_sum, SUM(cogs_e4) AS cogs_sum FROM " +
               parts.table("agg_sku_day") + parts.days() +
               " GROUP BY sku, currency ORDER BY net_sum DESC, sku, currency LIMIT " + parts.limit() +
               ") a LEFT JOIN " + parts.table("d_product") + " p ON p.tenant_id = " + quoted_value(request.tenant) +
               " AND p.sku = a.sku ORDER BY a.net_sum DESC, a.sku, a.currency"}};
}

std::vector<ListQuery> stock(const QueryParts& parts, const std::vector<std::string>& after) {
  const std::string from = " FROM " + parts.table("s_stock") + parts.tenant() + parts.store();
  return {{"rows",
           "SELECT cost_currency, store_id, sku, COALESCE(on_hand_e5, 0), COALESCE(reserved_e5, 0), "
           "COALESCE(quarantine_e5, 0), in_transit_in_e5, avg_cost_e4, value_e4, " +
               micros("last_count_at") + from + behind("store_id, sku", after) + " ORDER BY store_id, sku",
           {1, 2}},
          {"totals", "SELECT cost_currency, COUNT(*), SUM(value_e4)" + from +
                         " AND value_e4 IS NOT NULL GROUP BY cost_currency ORDER BY cost_currency"}};
}

// What went from a shelf is valued at its average cost now, what was damaged on the way at the cost that it left with.
std::vector<ListQuery> shrinkage(const QueryParts& parts, const TableReportRequest& request) {
  const std::string off_shelves =
      "SELECT a.store_id, s.cost_currency AS currency, a.moves, -a.qty_e5 AS qty, -a.qty_e5 * s.avg_cost_e4 AS cost_e9 "
      "FROM (SELECT * FROM " +
      parts.table("agg_stock_day") + parts.days() + parts.store() +
      " AND (kind = 'COUNT_VARIANCE' OR reason IN ('THEFT', 'LOSS', 'DAMAGE', 'EXPIRED'))) a LEFT JOIN " +
      parts.table("s_stock") + " s ON s.tenant_id = " + quoted_value(request.tenant) +
      " AND s.store_id = a.store_id AND s.sku = a.sku";
  const std::string on_the_way =
      "SELECT store_id, currency, 1 AS moves, qty_e5 AS qty, CAST(cost_e4 AS DECIMAL(38, 0)) * 100000 AS cost_e9 "
      "FROM " +
      parts.table("f_transit_loss") + parts.days() + parts.store();
  const std::string lost =
      "SELECT store_id, currency, SUM(moves) AS moves_sum, SUM(qty) AS lost, SUM(cost_e9) DIV 100000 AS cost FROM (" +
      off_shelves + " UNION ALL " + on_the_way + ") m GROUP BY store_id, currency";
  const std::string sold = "SELECT store_id, currency, SUM(net) AS net_sum FROM " + parts.table("agg_store_day") +
                           parts.days() + parts.store() + " GROUP BY store_id, currency";
  return {{"rows", "SELECT l.currency, l.store_id, l.moves_sum, l.lost, l.cost, COALESCE(n.net_sum, 0) FROM (" + lost +
                       ") l LEFT JOIN (" + sold +
                       ") n ON n.store_id = l.store_id AND n.currency = l.currency ORDER BY l.store_id, l.currency"}};
}

// What was on hand at the beginning is what is on hand now less what has moved since then.
std::vector<ListQuery> sell_through(const QueryParts& parts, const std::vector<std::string>& after) {
  const std::string since = parts.tenant() + " AND business_date >= " + parts.from();
  const std::string in_time = "CASE WHEN business_date <= " + parts.to() + " THEN ";
  const std::string now = "SELECT sku, SUM(COALESCE(on_hand_e5, 0)) AS on_hand FROM " + parts.table("s_stock") +
                          parts.tenant() + behind("sku", after) + " GROUP BY sku";
  const std::string sold = "SELECT sku, SUM(units_e5 + returned_units_e5) AS issued, SUM(" + in_time +
                           "units_e5 ELSE 0 END) AS sold FROM " + parts.table("agg_sku_day") + since + " GROUP BY sku";
  const std::string moved = "SELECT sku, SUM(qty_e5) AS moved, SUM(" + in_time +
                            "CASE kind WHEN 'RECEIPT' THEN qty_e5 ELSE 0 END ELSE 0 END) AS received FROM " +
                            parts.table("agg_stock_day") + since + " GROUP BY sku";
  const std::string rows =
      "SELECT n.sku, n.on_hand - COALESCE(m.moved, 0) + COALESCE(s.issued, 0) AS opening, COALESCE(m.received, 0) AS "
      "received, COALESCE(s.sold, 0) AS sold FROM (" +
      now + ") n LEFT JOIN (" + sold + ") s ON s.sku = n.sku LEFT JOIN (" + moved + ") m ON m.sku = n.sku";
  return {{"rows",
           "SELECT NULL, sku, opening, received, sold, " + rate("sold", "opening + received") + " FROM (" + rows +
               ") r ORDER BY sku",
           {1}}};
}

std::vector<ListQuery> gift_cards(const QueryParts& parts) {
  const auto moved = [&](std::string_view kinds) {
    return "SUM(CASE WHEN business_date >= " + parts.from() + " AND kind IN (" + std::string(kinds) +
           ") THEN amount ELSE 0 END)";
  };
  const std::string age = "DATEDIFF(" + parts.to() + ", first_business_date)";
  const std::string adjusted = "'ADJUSTED', 'TRANSFERRED_OUT', 'TRANSFERRED_IN'";
  return {{"rows", "SELECT currency, SUM(CASE WHEN business_date < " + parts.from() + " THEN amount ELSE 0 END), " +
                       moved("'ACTIVATED', 'LOADED'") + ", -" + moved("'REDEEMED'") + ", " + moved("'REFUNDED'") +
                       ", " + moved(adjusted) + ", -" + moved("'EXPIRED', 'CLEARED'") + ", SUM(amount) FROM " +
                       parts.table("agg_giftcard_day") + parts.tenant() + " AND business_date <= " + parts.to() +
                       " GROUP BY currency ORDER BY currency"},
          {"ageing", "SELECT currency, days, COUNT(*), SUM(balance) FROM (SELECT currency, balance, CASE WHEN " + age +
                         " <= 90 THEN '0-90' WHEN " + age + " <= 365 THEN '91-365' ELSE '366-' END AS days FROM " +
                         parts.table("s_giftcard") + parts.tenant() +
                         " AND balance <> 0) c GROUP BY currency, days ORDER BY currency, days"}};
}

// Ties are told apart by the id, so that two readings of the same rows agree.
std::vector<ListQuery> customers(const QueryParts& parts, const std::vector<std::string>& after) {
  const auto fifth = [](std::string_view order) {
    return "NTILE(5) OVER (PARTITION BY currency ORDER BY " + std::string(order) + ", customer_id)";
  };
  const std::string sums =
      "SELECT customer_id, currency, SUM(CASE kind WHEN 'SALE' THEN 1 WHEN 'VOID' THEN -1 ELSE 0 END) AS bought, "
      "SUM(kind = 'RETURN') AS brought_back, MIN(business_date) AS first_day, MAX(business_date) AS last_day, SUM(net) "
      "AS net_sum, SUM(cogs_e4) AS cogs_sum FROM " +
      parts.table("f_sale") + parts.days() + " AND customer_id IS NOT NULL GROUP BY customer_id, currency";
  return {{"rows",
           "SELECT currency, customer_id, bought, brought_back, first_day, last_day, net_sum, cogs_sum, recency, "
           "frequency, monetary FROM (SELECT s.*, " +
               fifth("last_day") + " AS recency, " + fifth("bought") + " AS frequency, " + fifth("net_sum") +
               " AS monetary FROM (" + sums + ") s) r WHERE 1 = 1" + behind("customer_id, currency", after) +
               " ORDER BY customer_id, currency",
           {1, 0}}};
}

std::vector<ListQuery> shifts(const QueryParts& parts, const std::vector<std::string>& after) {
  const auto shown = [](std::string_view column) {
    return "CASE WHEN blind_count = 1 AND status <> 'CLOSED' THEN NULL ELSE " + std::string(column) + " END";
  };
  return {{"rows",
           "SELECT currency, shift_id, store_id, terminal_id, employee_id, status, z_no, business_date, " +
               micros("opened_at_utc") + ", " + micros("closed_at_utc") + ", opening_float, " + shown("expected") +
               ", " + shown("counted") + ", " + shown("counted - expected") + " FROM " + parts.table("d_shift") +
               parts.days() + parts.store() + behind("business_date, shift_id", after) +
               " ORDER BY business_date, shift_id",
           {7, 1}}};
}

std::vector<ListQuery> loss_prevention(const QueryParts& parts) {
  const std::string sums = parts.table("agg_employee_day") + parts.days();
  const std::string acts = parts.table("agg_employee_act") + parts.days();
  const std::string people = "SELECT employee_id FROM " + sums + " UNION SELECT employee_id FROM " + acts;
  const std::string sold =
      "SELECT employee_id, currency, SUM(sales) AS sales_sum, SUM(voids) AS voids_sum, SUM(returns) AS returns_sum, "
      "SUM(gross) AS gross_sum, SUM(discount) AS discount_sum, SUM(net) AS net_sum, SUM(returned_net) AS returned_sum "
      "FROM " +
      sums + " GROUP BY employee_id, currency";
  const std::string acted =
      "SELECT employee_id, SUM(CASE act WHEN 'NO_SALE' THEN acts ELSE 0 END) AS no_sales, SUM(CASE WHEN act LIKE "
      "'LENT%' THEN acts ELSE 0 END) AS overrides FROM " +
      acts + " GROUP BY employee_id";
  return {{"rows",
           "SELECT s.currency, p.employee_id, COALESCE(s.sales_sum, 0), COALESCE(s.voids_sum, 0), "
           "COALESCE(s.returns_sum, 0), s.gross_sum, s.discount_sum, s.net_sum, s.returned_sum, " +
               rate("s.voids_sum", "s.sales_sum + s.voids_sum") + ", " + rate("s.discount_sum", "s.gross_sum") +
               ", COALESCE(a.no_sales, 0), COALESCE(a.overrides, 0) FROM (" + people + ") p LEFT JOIN (" + sold +
               ") s ON s.employee_id = p.employee_id LEFT JOIN (" + acted +
               ") a ON a.employee_id = p.employee_id ORDER BY p.employee_id, s.currency"}};
}

}  // namespace

std::vector<ListQuery> list_queries(const TableReportRequest& request, const std::string& prefix,
                                    const std::vector<std::string>& after) {
  const QueryParts parts(request, prefix);
  switch (request.kind) {
    case ReportKind::kTax:
      return tax(parts);
    case ReportKind::kTopProducts:
      return top_products(parts, request);
    case ReportKind::kStock:
      return stock(parts, after);
    case ReportKind::kShrinkage:
      return shrinkage(parts, request);
    case ReportKind::kSellThrough:
      return sell_through(parts, after);
    case ReportKind::kGiftCards:
      return gift_cards(parts);
    case ReportKind::kCustomers:
      return customers(parts, after);
    case ReportKind::kShifts:
      return shifts(parts, after);
    case ReportKind::kLossPrevention:
      return loss_prevention(parts);
    case ReportKind::kShiftX:
    case ReportKind::kShiftZ:
      break;
  }
  return {};
}

}  // namespace till::reporting
