#include "projections/reporting/sql_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "commands/calendar.h"

namespace till::reporting {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int kFirstYear = 1000;  // what DATE promises to hold
constexpr int kLastYear = 9999;

// The character after the backslash, or 0 where none is needed.
constexpr char escaped_as(char c) {
  switch (c) {
    case '\0':
      return '0';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\x1a':
      return 'Z';
    case '\\':
    case '\'':
    case '"':
      return c;
    default:
      return 0;
  }
}

template <class Integer>
void append_integer(std::string& text, Integer value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  text.append(digits, end);
}

constexpr std::int64_t first_micros() {
  return std::chrono::duration_cast<microseconds>(sys_days(std::chrono::year(kFirstYear) / 1 / 1).time_since_epoch())
      .count();
}
constexpr std::int64_t end_micros() {
  return std::chrono::duration_cast<microseconds>(sys_days(std::chrono::year(kLastYear + 1) / 1 / 1).time_since_epoch())
      .count();
}

}  // namespace

void SqlText::quoted(std::string_view value) {
  text_.push_back('\'');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char escape = escaped_as(value[i]);
    if (escape == 0) continue;
    text_.append(value.substr(plain, i - plain));
    text_.push_back('\\');
    text_.push_back(escape);
    plain = i + 1;
  }
  text_.append(value.substr(plain));
  text_.push_back('\'');
}

void SqlText::quoted_or_null(std::string_view value) {
  if (value.empty()) {
    raw("NULL");
  } else {
    quoted(value);
  }
}

void SqlText::integer(std::int64_t value) {
  append_integer(text_, value);
}
void SqlText::integer(std::uint64_t value) {
  append_integer(text_, value);
}

void SqlText::padded(std::uint64_t value, int digits) {
  char buffer[8];
  for (int i = digits - 1; i >= 0; --i, value /= 10) buffer[i] = static_cast<char>('0' + value % 10);
  text_.append(buffer, static_cast<std::size_t>(digits));
}

void SqlText::date(std::int32_t yyyymmdd) {
  const int year = yyyymmdd / 10000;
  const auto month = static_cast<unsigned>(std::max(0, yyyymmdd / 100 % 100));
  const auto day = static_cast<unsigned>(std::max(0, yyyymmdd % 100));
  const year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (year < kFirstYear || year > kLastYear || !date.ok()) return raw("'1000-01-01'");
  text_.push_back('\'');
  padded(static_cast<std::uint64_t>(year), 4);
  text_.push_back('-');
  padded(month, 2);
  text_.push_back('-');
  padded(day, 2);
  text_.push_back('\'');
}

void SqlText::time(std::int64_t micros) {
  const std::int64_t held = std::clamp(micros, first_micros(), end_micros() - 1);
  const std::chrono::sys_time<microseconds> moment{microseconds(held)};
  const sys_days day = std::chrono::floor<days>(moment);
  const year_month_day date(day);
  const auto rest = static_cast<std::uint64_t>((moment - day).count());
  text_.push_back('\'');
  padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  text_.push_back('-');
  padded(static_cast<unsigned>(date.month()), 2);
  text_.push_back('-');
  padded(static_cast<unsigned>(date.day()), 2);
  text_.push_back(' ');
  padded(rest / 3'600'000'000, 2);
  text_.push_back(':');
  padded(rest / 60'000'000 % 60, 2);
  text_.push_back(':');
  padded(rest / 1'000'000 % 60, 2);
  text_.push_back('.');
  padded(rest % 1'000'000, 6);
  text_.push_back('\'');
}

std::string quoted_value(std::string_view value) {
  SqlText text;
  text.quoted(value);
  return std::move(text.text());
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted.push_back('`');
    quoted.push_back(c);
  }
  quoted.push_back('`');
  return quoted;
}

std::int32_t utc_day(std::int64_t micros) {
  const std::int64_t held = std::clamp(micros, first_micros(), end_micros() - 1);
  return civil_date(std::chrono::floor<days>(microseconds(held)).count());
}

}  // namespace till::reporting
