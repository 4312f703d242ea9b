// What changed in catalogue, stores and customers, told from the log in its order: what tills and other programs read
// to keep a copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/queries.h"

namespace till {

class ReadCache;

// The words by which a reader asks for kinds, and what they mean; all where none is given.
inline constexpr std::string_view kChangeKinds = "product|price|tax|promotion|barcode|store|customer";
std::vector<EntityKind> change_kinds(const std::vector<std::string>& words);

// Transactions of the tenant, and bytes of them, that one page looks at: most are sales, which change nothing here.
inline constexpr std::size_t kTransactionsScannedMost = 2'000;
inline constexpr std::size_t kBytesScannedMost = 8u << 20;

// As of Queries::changes(); `queries` answers for what things are now.
Result<Reflected<ChangesPage>> read_changes(ReadCache& cache, Queries& queries, std::string_view tenant,
                                            const ChangesRequest& request);

}  // namespace till
