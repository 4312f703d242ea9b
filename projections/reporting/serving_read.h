// Reads of the generation that serves, each from one snapshot.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"
#include "projections/reporting/connection.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/offset.h"

namespace till::reporting {

// The generation that serves may be dropped between the look at its number and the snapshot, after two switches.
inline constexpr int kGenerationAttempts = 3;

// Calls `read` with the prefix of the serving tables and the offset they stand at, inside a snapshot.
template <class Answer, class Read>
Result<Answer> read_serving(SqlConnection& connection, const Read& read) {
  std::uint64_t tried = 0;
  Result<Answer> answer = Error{ErrorKind::kUnavailable, "reporting has not begun yet"};
  for (int attempt = 0; attempt < kGenerationAttempts; ++attempt) {
    Result<Generations> generations = read_generations(connection);
    if (!generations.ok()) return generations.error();
    if (generations->serving == tried) break;
    tried = generations->serving;
    const std::string prefix = generation_prefix(tried);
    SqlTransaction snapshot(connection);
    Status begun = snapshot.begin_snapshot();
    if (!begun.ok()) {
      answer = begun.error();
    } else if (Result<Offset> offset = read_offset(connection, prefix, OffsetLock::kNone); offset.ok()) {
      answer = read(prefix, offset->point);
    } else {
      answer = Error{ErrorKind::kUnavailable, offset.error().message};
    }
    if (answer.ok() || connection.broken()) break;
  }
  return answer;
}

}  // namespace till::reporting
