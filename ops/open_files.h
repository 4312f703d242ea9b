// The process's limit of open files, which connections share with the stores.
#pragma once

#include <cstdint>

namespace till {

// Files that the log, the books and the read cache may hold open together (RocksDB's max_open_files of each), with a
// margin for the rest of the program.
inline constexpr std::uint64_t kFilesOfStores = 2048;

// Raises the limit as far as the system allows and returns how many files are left for connections: at least 1,
// however low the limit is.
std::uint64_t raise_open_files();

}  // namespace till
