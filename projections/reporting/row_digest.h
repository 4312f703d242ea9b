// The digest of a set of tables, from the facts and not from their sums.
#pragma once

#include <string>

#include "engine/result.h"
#include "projections/managed_view.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

// Reads everything in one snapshot, with the offset that belongs to it. `connection` is of kReader or kMaintenance.
Result<DigestAt> read_row_digest(SqlConnection& connection, const std::string& prefix);

// What differs first, as a sentence; empty where both say the same. Tenants of which there is nothing to say may be
// left out on either side. Only `tenant` is looked at unless it is empty.
std::string first_difference(const Digests& rows, const Digests& log, const std::string& tenant);

}  // namespace till::reporting
