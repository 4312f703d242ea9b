// Values whose text form differs from the stored integer: decimals, times, dates; and checks of text.
// Pure: no locale, no libc time functions, no floating point. Query parameters and JSON share these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace till {

enum class ParseFault : std::uint8_t { kNone, kFormat, kTooManyDecimals, kRange };

// "-12.5" -> -1250000. No sign but "-", no leading zeros, no exponent, at most 5 decimals.
[[nodiscard]] ParseFault parse_decimal_e5(std::string_view text, std::int64_t& value);
// RFC 3339 -> microseconds since 1970 UTC; digits beyond the sixth are cut. Years 1970 to 9999 in UTC; a leap second is
// the last microsecond before the next minute.
[[nodiscard]] ParseFault parse_timestamp(std::string_view text, std::int64_t& micros);
// "2026-11-23" -> 20261123; real dates of the years 1970 to 9999.
[[nodiscard]] ParseFault parse_date(std::string_view text, std::int32_t& yyyymmdd);

// Whether a stored value has a text form at all.
bool is_timestamp(std::int64_t micros);
bool is_date(std::int32_t yyyymmdd);

// Shortest form: no trailing zeros, no point where whole.
void append_decimal_e5(std::int64_t value, std::string& out);
// UTC with Z; six decimals where the fraction is not zero.
void append_timestamp(std::int64_t micros, std::string& out);
void append_date(std::int32_t yyyymmdd, std::string& out);

// 1-64 characters [A-Za-z0-9._-].
bool is_id(std::string_view text);
// 1-32 characters [a-z0-9-].
bool is_tenant_id(std::string_view text);
// Three capital letters; whether the code exists is the domain's to say.
bool is_currency_shape(std::string_view text);
// Valid UTF-8 without control characters (C0, DEL, C1).
bool is_text(std::string_view text);
// The same, without white space at either end.
bool is_label(std::string_view text);
// something@something: valid UTF-8 without white space and control characters, one @.
bool is_email(std::string_view text);
// 4-12 digits.
bool is_pin(std::string_view text);

}  // namespace till
