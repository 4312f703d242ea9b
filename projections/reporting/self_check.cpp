#include "projections/reporting/self_check.h"

#include <string_view>

namespace till::reporting {
namespace {

// One side of an equation: a table with its condition, and what is added up of it.
struct Side {
  std::string table;
  std::vector<std::string> values;
  std::string where = {};
  std::vector<std::string> keys = {};  // SQL, where they are not columns of the rule's names
};

// Both sides add up to the same for every key.
struct Equation {
  std::string name;
  std::vector<std::string> keys;
  Side whole;
  Side parts;
};

using Columns = std::vector<std::string>;

std::string joined(const Columns& columns) {
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : ", ") + column;
  return text;
}

std::string side_sql(const Equation& equation, const Side& side, const std::string& prefix, std::string_view sign) {
  std::string sql = "SELECT ";
  for (std::size_t i = 0; i < equation.keys.size(); ++i) {
    sql += (side.keys.empty() ? equation.keys[i] : side.keys[i]) + " AS " + equation.keys[i] + ", ";
  }
  for (std::size_t i = 0; i < side.values.size(); ++i) {
    sql += (i == 0 ? "" : ", ") + std::string(sign) + "(" + side.values[i] + ") AS v" + std::to_string(i);
  }
  return sql + " FROM " + prefix + side.table + side.where;
}

// The keys for which the sides differ, joined to one text `k`.
std::string differing(const Equation& equation, const std::string& prefix) {
  std::string unequal;
  for (std::size_t i = 0; i < equation.whole.values.size(); ++i) {
    unequal += (i == 0 ? "" : " OR ") + ("SUM(v" + std::to_string(i)) + ") <> 0";
  }
  const std::string keys = joined(equation.keys);
  return "SELECT CONCAT_WS('/', " + keys + ") AS k FROM (" + side_sql(equation, equation.whole, prefix, "") +
         " UNION ALL " + side_sql(equation, equation.parts, prefix, "-") + ") u GROUP BY " + keys + " HAVING " +
         unequal;
}

std::vector<Equation> receipt_rules() {
  const Columns receipt{"tenant_id", "business_date", "position", "kind"};
  const Columns with_z{"tenant_id", "business_date", "position", "kind", "after_z"};
  const Columns shift{"tenant_id", "shift_id", "after_z"};
  const std::string in_shift = " WHERE shift_id IS NOT NULL";
  return {
      {"lines of a sale", receipt, {"f_sale", {"gross", "discount", "net"}}, {"f_line", {"gross", "discount", "net"}}},
      {"taxes of a sale", with_z, {"f_sale", {"tax"}}, {"f_tax", {"tax"}}},
      {"tenders of a sale", with_z, {"f_sale", {"total + cash_rounding"}}, {"f_tender", {"amount"}}},
      {"tenders of a shift",
       shift,
       {"f_sale", {"total + cash_rounding"}, in_shift},
       {"f_tender", {"amount"}, in_shift}},
  };
}

std::vector<Equation> daily_rules() {
  const std::string sales = "CASE kind WHEN 'SALE' THEN 1 WHEN 'VOID' THEN -1 ELSE 0 END";
  const Columns sums{"sales", "voids", "returns", "units_e5", "gross", "discount", "net", "tax", "total", "cogs_e4"};
  const Columns of_sales{sales, "kind = 'VOID'", "kind = 'RETURN'", "units_e5", "gross", "discount",
                         "net", "tax",           "total",           "cogs_e4"};
  const Columns line_sums{"units_e5", "gross", "discount", "net", "tax", "cogs_e4"};
  const Columns of_lines{"qty_e5", "gross", "discount", "net", "tax", "cogs_e4"};
  const std::string named = " WHERE employee_id IS NOT NULL";
  return {
      {"agg_store_day",
       {"tenant_id", "business_date", "store_id", "currency"},
       {"agg_store_day", sums},
       {"f_sale", of_sales}},
      {"agg_store_hour",
       {"tenant_id", "business_date", "store_id", "local_hour", "currency"},
       {"agg_store_hour", sums},
       {"f_sale", of_sales}},
      {"agg_employee_day",
       {"tenant_id", "business_date", "employee_id", "currency"},
       {"agg_employee_day", sums},
       {"f_sale", of_sales, named}},
      {"agg_sku_day",
       {"tenant_id", "business_date", "sku", "currency"},
       {"agg_sku_day", line_sums},
       {"f_line", of_lines}},
      {"agg_category_day",
       {"tenant_id", "business_date", "category_id", "currency"},
       {"agg_category_day", line_sums},
       {"f_line", of_lines}},
      {"agg_tender_day",
       {"tenant_id", "business_date", "store_id", "tender_type", "currency"},
       {"agg_tender_day", {"units_e5", "gross", "discount", "net", "tax", "total"}},
       {"f_tender", {"units_e5", "gross", "discount", "net", "tax", "amount"}}},
      {"agg_tax_day",
       {"tenant_id", "business_date", "store_id", "tax_code", "currency"},
       {"agg_tax_day", {"taxable", "tax"}},
       {"f_tax", {"taxable", "tax"}}},
      {"agg_stock_day",
       {"tenant_id", "business_date", "store_id", "sku", "kind", "reason"},
       {"agg_stock_day", {"moves", "qty_e5"}},
       {"f_stock_move",
        {"1", "qty_e5"},
        " WHERE kind NOT IN ('SALE', 'VOID')",
        {"tenant_id", "business_date", "store_id", "sku", "CAST(kind AS CHAR)", "COALESCE(reason, '')"}}},
      {"agg_giftcard_day",
       {"tenant_id", "business_date", "kind", "currency"},
       {"agg_giftcard_day", {"moves", "amount"}},
       {"f_giftcard", {"1", "amount"}, {}, {"tenant_id", "business_date", "CAST(kind AS CHAR)", "currency"}}},
  };
}

std::vector<Equation> shift_rules() {
  const Columns shift{"tenant_id", "shift_id", "currency"};
  const std::string in_shift = " WHERE shift_id IS NOT NULL AND after_z = 0";
  return {
      {"agg_shift",
       shift,
       {"agg_shift",
        {"sales", "voids", "returns", "gross", "net", "tax", "charges", "tip", "gift_cards_sold", "cash_rounding",
         "total"}},
       {"f_sale",
        {"kind = 'SALE'", "kind = 'VOID'", "kind = 'RETURN'", "gross", "net", "tax", "charges", "tip",
         "gift_cards_sold", "cash_rounding", "total"},
        in_shift}},
      {"agg_shift discounts and line voids",
       shift,
       {"agg_shift",
        {"line_discount + sale_discount + employee_discount + coupon_discount - returned_discount", "sale_discount",
         "employee_discount", "coupon_discount", "line_voids", "line_voided", "unlinked_returned"}},
       {"f_sale",
        {"discount", "sale_discount", "employee_discount", "coupon_discount", "line_voids", "line_voided",
         "CASE WHEN kind = 'RETURN' AND return_of_sale IS NULL THEN -total ELSE 0 END"},
        in_shift}},
      {"agg_shift_tax", shift, {"agg_shift", {"tax"}}, {"agg_shift_tax", {"tax"}}},
      {"agg_shift_tender",
       {"tenant_id", "shift_id", "tender_type", "currency"},
       {"agg_shift_tender", {"payments", "amount"}},
       {"f_tender", {"payments", "amount"}, in_shift}},
      {"expected cash",
       {"tenant_id", "shift_id"},
       {"d_shift", {"expected"}},
       {"f_drawer", {"CASE WHEN kind IN ('FLOAT', 'CASH_IN', 'PAID_IN', 'LOAN') THEN amount ELSE -amount END"}}},
      {"stock",
       {"tenant_id", "store_id", "sku"},
       {"s_stock", {"COALESCE(on_hand_e5, 0)"}},
       {"f_stock_move", {"qty_e5"}}},
      {"gift card balances",
       {"tenant_id", "gift_card_id", "currency"},
       {"s_giftcard", {"balance"}},
       {"f_giftcard", {"amount"}}},
  };
}

// The cash of a counted drawer stands in its shift and among its tenders.
std::string unequal_cash(const std::string& prefix) {
  return "SELECT CONCAT_WS('/', t.tenant_id, t.shift_id) AS k FROM " + prefix + "d_shift_tender t LEFT JOIN " + prefix +
         "d_shift s ON s.tenant_id = t.tenant_id AND s.shift_id = t.shift_id WHERE t.tender_type = 'CASH' AND NOT "
         "(s.expected <=> t.expected AND s.counted <=> t.counted)";
}

// A sale and a return on the same receipt have one number.
std::string missing_receipts(const std::string& prefix) {
  return "SELECT CONCAT_WS('/', tenant_id, terminal_id) AS k FROM " + prefix +
         "f_sale WHERE kind <> 'VOID' AND terminal_seq > 0 GROUP BY tenant_id, terminal_id HAVING COUNT(DISTINCT "
         "terminal_seq) <> MAX(terminal_seq)";
}

Result<SelfCheck> run_check(SqlConnection& connection, const std::string& name, const std::string& differing_sql) {
  SelfCheck check{name, 0, {}};
  Status read = connection.query("SELECT COUNT(*), MIN(k) FROM (" + differing_sql + ") d", [&](const SqlRow& row) {
    check.rows = static_cast<std::uint64_t>(row.integer(0));
    if (!row.is_null(1)) check.example = row.text(1);
  });
  if (!read.ok()) return read.error();
  return check;
}

}  // namespace

Result<std::vector<SelfCheck>> read_self_checks(SqlConnection& connection, const std::string& prefix,
                                                const std::function<bool()>& cancelled) {
  SqlTransaction snapshot(connection);
  if (Status begun = snapshot.begin_snapshot(); !begun.ok()) return begun.error();
  std::vector<std::pair<std::string, std::string>> queries;  // name, SQL
  for (const auto& rules : {receipt_rules(), daily_rules(), shift_rules()}) {
    for (const Equation& rule : rules) queries.emplace_back(rule.name, differing(rule, prefix));
  }
  queries.emplace_back("counted cash", unequal_cash(prefix));
  queries.emplace_back("receipts of a terminal", missing_receipts(prefix));
  std::vector<SelfCheck> checks;
  for (const auto& [name, sql] : queries) {
    if (cancelled()) return Error{ErrorKind::kCancelled, "cancelled"};
    Result<SelfCheck> check = run_check(connection, name, sql);
    if (!check.ok()) return check.error();
    checks.push_back(std::move(*check));
  }
  return checks;
}

}  // namespace till::reporting
