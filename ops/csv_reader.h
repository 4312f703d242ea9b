// Comma-separated files with a heading line (RFC 4180): quoted fields, doubled quotes, line ends inside quotes.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace till {

// Reads row by row. Not thread safe.
class CsvReader {
 public:
  // kNotFound where the file cannot be opened, kInvalid where it has no heading.
  static Result<CsvReader> open(const std::string& path);

  // Place of a column by its heading, for field(); kInvalid where there is none.
  Result<std::size_t> column(std::string_view heading) const;
  // Goes to the next row; false at the end or at a fault, which status() tells.
  bool next();
  // A field of the current row, valid until next(). Rows have as many fields as the heading: next() checks it.
  std::string_view field(std::size_t column) const { return fields_[column]; }
  const Status& status() const { return status_; }

  // Integer and fixed-point forms: exact or a fault that status() tells; then 0.
  std::int64_t integer(std::size_t column);
  // "1.5000" with `decimals` 4 is 15000.
  std::int64_t decimal(std::size_t column, int decimals);

 private:
  CsvReader(std::string path, std::ifstream stream) : path_(std::move(path)), stream_(std::move(stream)) {}
  bool read_row(std::vector<std::string>& fields);
  void fault(const std::string& what);

  std::string path_;
  std::ifstream stream_;
  std::vector<std::string> heading_;
  std::vector<std::string> fields_;
  std::size_t row_ = 0;
  Status status_;
};

}  // namespace till
