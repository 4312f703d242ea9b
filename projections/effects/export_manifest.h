// The manifest of the analytics export: one line a batch, appended once its files are in place. The last whole line
// says how far the log is exported.
//
//   {"batch_from":1,"batch_to":57,"log":"<32 hex>","epoch":1,"hash":"<64 hex>","rows":123,"files":[{"file":"tenant=…",
//   "tenant":"acme","date":"2026-11-23","rows":12,"bytes":3456,"sha256":"<64 hex>","first":3,"last":57},…],
//   "sum":"<16 hex>"}
//
// `hash` is the log's chain value at `batch_to`; `sum` is of the line's text before it, so that a torn line is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// Transactions of one batch, so that its line has a bound too.
inline constexpr std::size_t kExportBatchMost = 16'384;
inline constexpr std::size_t kManifestLineMost = 16u << 20;  // bytes; a file takes about 400 of it

struct ExportFile {
  std::string path;  // below the log's folder
  std::string tenant;
  std::string date;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  Hash hash{};  // SHA-256 of its bytes
  Position first;
  Position last;
  friend bool operator==(const ExportFile&, const ExportFile&) = default;
};

// Consecutive transactions, exported as one step. Those without events are in no file.
struct ExportBatch {
  Position from;
  LogPoint to;  // everything up to here is exported
  std::vector<ExportFile> files;
  std::uint64_t rows() const;
  friend bool operator==(const ExportBatch&, const ExportBatch&) = default;
};

// With its line end.
std::string manifest_line(const ExportBatch& batch);
// Without its line end. kCorrupt where it is no whole line.
Result<ExportBatch> read_manifest_line(std::string_view line);

struct ManifestTail {
  std::optional<ExportBatch> last;  // of the last whole line; nothing where there is none
  std::uint64_t last_begin = 0;     // bytes before that line
  std::uint64_t whole_bytes = 0;    // up to the end of that line
  std::uint64_t bytes = 0;          // of the file; more where something that is no whole line stands behind
};

// Looks at the end alone, however long the file is. kCorrupt where more than the last line is no whole one.
Result<ManifestTail> read_manifest_tail(const std::string& path);

// Line by line from the beginning. What is behind the last line end counts as not there. One thread.
class ManifestReader {
 public:
  explicit ManifestReader(const std::string& path);
  // False at the end, or where there is no file. kCorrupt names the place of what is no line.
  Result<bool> next();
  const ExportBatch& batch() const { return batch_; }
  const std::string& line() const { return line_; }  // with its line end
  std::uint64_t end() const { return end_; }         // bytes up to the end of the line

 private:
  const std::string path_;
  std::ifstream file_;
  std::string line_;
  ExportBatch batch_;
  std::uint64_t end_ = 0;
};

}  // namespace till
