// SQL text made quickly and safely: every value goes through one of these functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "projections/wide_sum.h"

namespace till::reporting {

// Appends to one growing string. Not thread safe.
class SqlText {
 public:
  void raw(std::string_view text) { text_.append(text); }
  void comma() { text_.push_back(','); }
  // A string literal, escaped for a utf8mb4 session without NO_BACKSLASH_ESCAPES.
  void quoted(std::string_view value);
  void quoted_or_null(std::string_view value);  // NULL where empty
  void integer(std::int64_t value);
  void integer(std::uint64_t value);
  void integer(WideSum value) { text_.append(to_text(value)); }
  // A DATE literal of yyyymmdd. What is no day of the years 1000 to 9999 becomes 1000-01-01, so that a broken clock of
  // a client stops no view.
  void date(std::int32_t yyyymmdd);
  // A DATETIME(6) literal of microseconds since 1970 UTC, held to the years 1000 to 9999.
  void time(std::int64_t micros);

  std::string& text() { return text_; }
  const std::string& text() const { return text_; }

 private:
  void padded(std::uint64_t value, int digits);

  std::string text_;
};

std::string quoted_value(std::string_view value);
// `name` as an identifier.
std::string quoted_name(std::string_view name);

// The day of `micros` in UTC as yyyymmdd.
std::int32_t utc_day(std::int64_t micros);

}  // namespace till::reporting
