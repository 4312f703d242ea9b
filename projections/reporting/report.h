// Sales reports from the daily sums, each from one snapshot of one generation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "projections/reporting/connection.h"
#include "projections/reporting/reporting.h"

namespace till::reporting {

// kInvalid where the answer would have more than kReportRowsMost rows.
Result<SalesReportAt> read_sales_report(SqlConnection& connection, const SalesReportRequest& request);

inline constexpr std::size_t kReportRowsMost = 50'000;

}  // namespace till::reporting
