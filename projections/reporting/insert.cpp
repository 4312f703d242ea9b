#include "projections/reporting/insert.h"

#include <utility>

namespace till::reporting {
namespace {

// The value that the refused row would have had. This place and the merged columns of
// table_shapes.h know this function: MariaDB 10.11 has no other way, MySQL 8 and 9 prefer another and still take it.
void append_offered(std::string& text, std::string_view column) {
  text.append("VALUES(").append(column).push_back(')');
}

void append_merged(std::string& text, std::string_view column, OnDuplicate on_duplicate) {
  if (on_duplicate == OnDuplicate::kFill) text.append("COALESCE(");
  if (on_duplicate == OnDuplicate::kAdd) text.append(column).append(" + ");
  append_offered(text, column);
  if (on_duplicate == OnDuplicate::kFill) text.append(", ").append(column).append(")");
}

std::string head_of(const TableShape& shape, std::string_view prefix) {
  std::string head = "INSERT INTO ";
  head.append(prefix).append(shape.table).append(" (");
  bool first = true;
  for (const auto& columns : {shape.keys, shape.values}) {
    for (const std::string_view column : columns) {
      if (!std::exchange(first, false)) head.append(", ");
      head.append(column);
    }
  }
  for (const MergedColumn& column : shape.merged) head.append(", ").append(column.name);
  return head.append(") VALUES ");
}

std::string tail_of(const TableShape& shape) {
  if (shape.on_duplicate == OnDuplicate::kFail) return {};
  std::string tail = " ON DUPLICATE KEY UPDATE ";
  bool first = true;
  for (const MergedColumn& column : shape.merged) {
    if (!std::exchange(first, false)) tail.append(", ");
    tail.append(column.name).append(" = ").append(column.value);
  }
  for (const std::string_view column : shape.values) {
    if (!std::exchange(first, false)) tail.append(", ");
    tail.append(column).append(" = ");
    append_merged(tail, column, shape.on_duplicate);
  }
  return tail;
}

}  // namespace

InsertRows::InsertRows(const TableShape& shape, std::string_view prefix, const StatementLimits& limits)
    : limits_(limits), head_(head_of(shape, prefix)), tail_(tail_of(shape)) {}

SqlText& InsertRows::begin_row() {
  if (rows_ >= limits_.rows || statement_.text().size() >= limits_.bytes) close();
  statement_.raw(rows_ == 0 ? head_ : std::string_view(","));
  statement_.raw("(");
  ++rows_;
  return statement_;
}

void InsertRows::close() {
  if (rows_ == 0) return;
  statement_.raw(tail_);
  closed_.push_back(std::move(statement_.text()));
  statement_.text().clear();
  rows_ = 0;
}

void InsertRows::finish(std::vector<std::string>& out) {
  close();
  for (std::string& statement : closed_) out.push_back(std::move(statement));
  closed_.clear();
}

}  // namespace till::reporting
