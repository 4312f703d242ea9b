// Proof of the analytics export: its files against the manifest, the manifest against the log.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/follower.h"
#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// Of the faults, how many are told one by one.
inline constexpr std::size_t kExportFaultsTold = 100;

struct ExportReport {
  LogPoint at;  // by the manifest, everything up to here is exported; position 0 where there is none
  std::uint64_t batches = 0;
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t faults = 0;
  std::vector<std::string> told;  // the first of them, one sentence each
  bool ok() const { return faults == 0; }
};

// Reads every file that the manifest of the feed's log names, and the log as far as it is exported. Finds files that
// are missing, of another size, content or number of rows, or that no manifest names; batches that do not follow each
// other or are not in the log; tenants with another number of events. Beside a running export it proves what is
// exported at its beginning; it may find faults that are none where a repair of the log is being taken back meanwhile.
// kCancelled soon after `cancelled`, which may be null, is set. Any thread.
Result<ExportReport> verify_export(Feed& feed, const std::string& directory,
                                   const std::atomic<bool>* cancelled = nullptr);

}  // namespace till
