// A server whose log has trade in it before anything is measured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/result.h"
#include "ops/bench/bench_server.h"

namespace till {

struct LoadedTrade {
  bool with_mysql = false;
  std::uint64_t sales = 0;  // 0: as many as the options say
  std::int32_t days = 1;    // of equal trade, up to today (UTC)
};

// The chain with a smaller catalogue; kInvalid where the server refused one of the sales.
Result<std::unique_ptr<BenchServer>> loaded_server(const BenchOptions& options, const LoadedTrade& trade);

// The business date of so many days ago in UTC, as 2026-11-23.
std::string date_text_of_day(std::int32_t days_ago);

}  // namespace till
