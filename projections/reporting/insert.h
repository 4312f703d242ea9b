// Multi-row INSERT statements of bounded size.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "projections/reporting/sql_text.h"

namespace till::reporting {

// Statements of one table, in this order.
using TableStatements = std::vector<std::string>;

// Bounds of one statement.
struct StatementLimits {
  std::size_t rows = 1000;
  std::size_t bytes = 1u << 20;
};

enum class OnDuplicate : std::uint8_t {
  kFail,     // a fact is inserted once; a second time is a fault and must be seen
  kReplace,  // the last row of a key counts
  kFill,     // the last row of a key that has a value (not NULL) counts, column by column
  kAdd,      // values are sums
};

// A column with a rule of its own. It is worked out before the others, from their former values.
struct MergedColumn {
  std::string_view name;
  std::string_view value;  // SQL of the new value; VALUES(c) there is what the row offers for column c
};

// How rows of one table are written. Texts are literals.
struct TableShape {
  std::string_view table;
  std::span<const std::string_view> keys;
  std::span<const std::string_view> values;
  OnDuplicate on_duplicate;                   // of `values`
  std::span<const MergedColumn> merged = {};  // written after `values`; nothing of kFail
};

// Collects rows and cuts them into statements. The caller writes each row's values, with commas, after begin_row().
class InsertRows {
 public:
  InsertRows(const TableShape& shape, std::string_view prefix, const StatementLimits& limits);
  SqlText& begin_row();
  void end_row() { statement_.raw(")"); }
  // Appends the statements to `out`; nothing where there was no row.
  void finish(std::vector<std::string>& out);

 private:
  void close();

  const StatementLimits limits_;
  std::string head_;
  std::string tail_;
  SqlText statement_;
  std::size_t rows_ = 0;
  std::vector<std::string> closed_;
};

}  // namespace till::reporting
