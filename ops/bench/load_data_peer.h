// What MariaDB does at its fastest: the rows of the reporting model, loaded with LOAD DATA into tables of the same
// shape.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"
#include "ops/services.h"

namespace till {

struct LoadDataFigures {
  std::uint64_t rows = 0;  // of all tables of the reporting model
  std::uint64_t rows_per_second = 0;
};

// Copies up to kLoadDataRowsMost rows of each table to a file in `directory` and loads them into an empty copy of the
// table with its indexes. Tables count by the rows that they have.
inline constexpr std::uint64_t kLoadDataRowsMost = 500'000;
Result<LoadDataFigures> measure_load_data(const DatabaseAccess& access, const std::string& directory);

}  // namespace till
