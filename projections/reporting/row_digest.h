// The digest of a set of tables: of the facts, and of what is kept beside them for readers, the sums and the stock.
#pragma once

#include <functional>
#include <string>

#include "engine/result.h"
#include "projections/managed_view.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

// Reads everything in one snapshot, with the offset that belongs to it. `connection` is of kReader or kMaintenance.
// kCancelled where `cancelled`, which is asked between the statements, says so.
Result<DigestAt> read_row_digest(SqlConnection& connection, const std::string& prefix,
                                 const std::function<bool()>& cancelled);

}  // namespace till::reporting
