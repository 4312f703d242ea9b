// A report as CSV (RFC 4180), in UTF-8.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

namespace till {

inline constexpr std::string_view kCsv = "text/csv; charset=utf-8";

// The report's `rows`, one a line below a line of their names: money in minor units, unit prices x 1e-4 of the major
// unit as `…_e4`, the currency of both as the last column. A report without rows is a line a value: its place ("net",
// "taxes.0.tax_code") and itself.
std::string to_csv(const google::protobuf::Message& report);

// Whether Accept asks for CSV.
bool accepts_csv(std::string_view accept);

}  // namespace till
