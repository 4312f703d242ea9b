// Writes the values of one row, with the commas between them.
#pragma once

#include <cstdint>
#include <string_view>

#include "projections/reporting/insert.h"

namespace till::reporting {

// The row ends with its writer.
class RowWriter {
 public:
  explicit RowWriter(InsertRows& rows) : rows_(rows), sql_(rows.begin_row()) {}
  ~RowWriter() { rows_.end_row(); }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;
  RowWriter& raw(std::string_view sql) {
    return next([&] { sql_.raw(sql); });
  }
  RowWriter& text(std::string_view value) {
    return next([&] { sql_.quoted(value); });
  }
  RowWriter& text_or_null(std::string_view value) {
    return next([&] { sql_.quoted_or_null(value); });
  }
  RowWriter& integer(std::int64_t value) {
    return next([&] { sql_.integer(value); });
  }
  RowWriter& integer(std::uint64_t value) {
    return next([&] { sql_.integer(value); });
  }
  RowWriter& null() { return raw("NULL"); }
  RowWriter& raw_or_null(std::string_view sql) { return raw(sql.empty() ? "NULL" : sql); }
  RowWriter& date(std::int32_t day) {
    return next([&] { sql_.date(day); });
  }
  RowWriter& time(std::int64_t micros) {
    return next([&] { sql_.time(micros); });
  }

 private:
  template <class Write>
  RowWriter& next(Write write) {
    if (!first_) sql_.comma();
    first_ = false;
    write();
    return *this;
  }

  InsertRows& rows_;
  SqlText& sql_;
  bool first_ = true;
};

}  // namespace till::reporting
