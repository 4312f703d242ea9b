// Names in the folder of the analytics export.
//
//   DIR/<log id>/manifest.ndjson   what is exported: one line a batch
//   DIR/<log id>/void.ndjson       lines of batches that the log has lost since; there only where that happened
//   DIR/<log id>/tenant=<tenant>/date=<YYYY-MM-DD>/<first>-<last>-e<epoch>.ndjson.gz
//   DIR/<log id>/.staging/         files of a batch that is not whole yet, and the journal of one that is
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

struct ExportLayout {
  ExportLayout(std::string directory, const LogId& log_id);
  // Where file `number` of a batch is written first.
  std::string staged(std::size_t number) const;

  std::string directory, folder, manifest, voided, staging, journal;
};

// A folder of rows. Ordered as a listing shows it.
struct ExportPartition {
  std::string tenant;
  std::string date;  // of business, "2026-11-23"
  friend auto operator<=>(const ExportPartition&, const ExportPartition&) = default;
};

// The path of a file below the log's folder; the positions are those of its first and last row, the epoch is that of
// the last one. So one name stands for one content: what is exported again under it are the same rows.
std::string export_file_path(const ExportPartition& partition, Position first, Position last, Epoch epoch);

// Position of the first row by the name of a file; nothing for a name that export_file_path() does not make.
std::optional<Position> first_position_of(std::string_view file_name);

// Calls `visit` with the path of each such file in the folders of partitions, in no order, until it fails. Of a folder
// that is not there none. kUnavailable where one cannot be read.
Status each_export_file(const std::string& folder,
                        const std::function<Status(const std::string& path, Position first)>& visit);

}  // namespace till
