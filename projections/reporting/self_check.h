// Rules that the rows keep among themselves, whatever the log says: parts add up to wholes, sums are those of facts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/result.h"
#include "projections/managed_view.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

// All rules, kept ones included, read in one snapshot. `connection` is of kReader or kMaintenance. kCancelled where
// `cancelled`, which is asked between the statements, says so.
Result<std::vector<SelfCheck>> read_self_checks(SqlConnection& connection, const std::string& prefix,
                                                const std::function<bool()>& cancelled);

}  // namespace till::reporting
