// The SQL of the reports by table. Every query selects the currency first, then the fields of its row as fill_message()
// wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projections/reporting/table_report.h"

namespace till::reporting {

// A list of the report's message and the query that fills it.
struct ListQuery {
  std::string_view field;  // "rows"
  std::string sql;         // without LIMIT
  // Places of the columns that the rows are ordered by, where an answer has one page of them; the rest come whole.
  std::vector<unsigned> cursor_columns = {};
};

// `after` are the values of the cursor columns behind which the page begins; empty: at the beginning.
std::vector<ListQuery> list_queries(const TableReportRequest& request, const std::string& prefix,
                                    const std::vector<std::string>& after);

// Of a shift: one row for a ShiftReport, then its lists.
std::string shift_query(const TableReportRequest& request, const std::string& prefix);
std::vector<ListQuery> shift_list_queries(const TableReportRequest& request, const std::string& prefix);

}  // namespace till::reporting
