// Physical generations g1_…, g2_… of the tables, and the one set of views with the public names that shows one of them.
//
// What serves is told by the view till_generation (serving, former), which is switched together with the others by a
// single RENAME TABLE: there is no moment at which the number and the views disagree, for a reader or after a crash.
// Tables of a generation that it does not name are left from a rebuild that did not end.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

struct Generations {
  std::uint64_t serving = 0;  // 0: none was made yet
  std::uint64_t former = 0;   // kept for rollback; 0: none
};

std::string generation_prefix(std::uint64_t generation);
// Tables filled for one tenant before they replace its rows.
inline constexpr std::string_view kShadowPrefix = "shadow_";

// All take a connection of kMaintenance unless said otherwise. kUnavailable where a table or view stays in use.

// Any kind of connection. {0, 0} in an empty database.
Result<Generations> read_generations(SqlConnection& connection);

// Empty tables with `prefix`, in the place of any that stand there, with an offset row at position 0.
Status create_tables(SqlConnection& connection, std::string_view prefix);
Status drop_tables(SqlConnection& connection, std::string_view prefix);

// One more than any generation that has a table.
Result<std::uint64_t> next_generation(SqlConnection& connection);

// Makes the views of `to.serving` and puts them in the place of the present ones in one step. On kUnavailable nothing
// is switched, unless the connection broke: then read_generations() tells.
Status prepare_switch(SqlConnection& connection, const Generations& to);
Status perform_switch(SqlConnection& connection);
// Drops the views that perform_switch() put aside.
Status finish_switch(SqlConnection& connection);

// Makes generation 1 in an empty database.
Result<Generations> ensure_first_generation(SqlConnection& connection);
// Puts an empty generation in the place of the serving one; that and its former one are orphans after it.
Result<Generations> begin_anew(SqlConnection& connection);
// Drops tables and views that no generation in use needs.
Status drop_orphans(SqlConnection& connection);

}  // namespace till::reporting
