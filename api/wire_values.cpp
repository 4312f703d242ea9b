#include "api/wire_values.h"

#include <algorithm>
#include <limits>

#include "engine/utf8.h"

namespace till {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteSeconds = 60;
constexpr std::int64_t kHourSeconds = 3600;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 9999;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_of_month(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 of a proleptic Gregorian date; years start in March, so that the leap day is the last.
std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

struct Civil {
  std::int64_t year;
  int month;
  int day;
};

Civil civil_from_days(std::int64_t since_1970) {
  const std::int64_t since_era_0 = since_1970 + 719'468;
  const std::int64_t era = (since_era_0 >= 0 ? since_era_0 : since_era_0 - 146'096) / 146'097;
  const std::int64_t day_of_era = since_era_0 - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

void append_padded(std::int64_t value, int width, std::string& out) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0 || count < width);
  while (count > 0) out.push_back(digits[--count]);
}

// Reads fixed shapes from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return at_ == text_.size(); }
  bool skip(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool digits(int count, int& value) {
    value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (done() || !is_digit(text_[at_])) return false;
      value = value * 10 + (text_[at_] - '0');
    }
    return true;
  }
  bool date(int& year, int& month, int& day) {
    return digits(4, year) && skip('-') && digits(2, month) && skip('-') && digits(2, day) && month >= 1 &&
           month <= 12 && day >= 1 && day <= days_of_month(year, month);
  }
  // One digit at least; those beyond the sixth are read and cut.
  bool fraction(std::int64_t& micros) {
    std::int64_t unit = kSecondUs / 10;
    const std::size_t start = at_;
    for (; !done() && is_digit(text_[at_]); ++at_, unit /= 10) micros += unit * (text_[at_] - '0');
    return at_ > start;
  }
  // Z or +hh:mm, in seconds east of Greenwich.
  bool offset(std::int64_t& seconds) {
    if (skip('Z') || skip('z')) return true;
    const bool west = skip('-');
    int hours = 0;
    int minutes = 0;
    if (!west && !skip('+')) return false;
    if (!digits(2, hours) || !skip(':') || !digits(2, minutes) || hours > 23 || minutes > 59) return false;
    seconds = (west ? -1 : 1) * (hours * kHourSeconds + minutes * kMinuteSeconds);
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

template <class Accept>
bool all_code_points(std::string_view text, Accept accept) {
  while (!text.empty()) {
    char32_t code = 0;
    const std::size_t length = utf8_sequence(text, code);
    if (length == 0 || !accept(code)) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

bool is_white_space(char32_t code) {
  return code == 0x20 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
         code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

}  // namespace

ParseFault parse_decimal_e5(std::string_view text, std::int64_t& value) {
  constexpr std::size_t kDecimals = 5;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point < text.size() ? text.substr(point + 1) : std::string_view{};
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0') || (point < text.size() && decimals.empty()) ||
      !std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) {
    return ParseFault::kFormat;
  }
  if (decimals.size() > kDecimals) return ParseFault::kTooManyDecimals;
  // Counted downwards, since the negative range is the larger one.
  std::int64_t sum = 0;
  const auto push = [&](int digit) {
    return !__builtin_mul_overflow(sum, std::int64_t{10}, &sum) && !__builtin_sub_overflow(sum, digit, &sum);
  };
  for (const char c : whole) {
    if (!push(c - '0')) return ParseFault::kRange;
  }
  for (std::size_t i = 0; i < kDecimals; ++i) {
    if (!push(i < decimals.size() ? decimals[i] - '0' : 0)) return ParseFault::kRange;
  }
  if (!negative && sum == std::numeric_limits<std::int64_t>::min()) return ParseFault::kRange;
  value = negative ? sum : -sum;
  return ParseFault::kNone;
}

ParseFault parse_timestamp(std::string_view text, std::int64_t& micros) {
  Scanner scan(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t fraction = 0;
  std::int64_t offset = 0;
  if (!scan.date(year, month, day) || (!scan.skip('T') && !scan.skip('t')) || !scan.digits(2, hour) ||
      !scan.skip(':') || !scan.digits(2, minute) || !scan.skip(':') || !scan.digits(2, second) || hour > 23 ||
      minute > 59 || second > 60) {
    return ParseFault::kFormat;
  }
  if (scan.skip('.') && !scan.fraction(fraction)) return ParseFault::kFormat;
  if (!scan.offset(offset) || !scan.done()) return ParseFault::kFormat;
  const bool leap_second = second == 60;
  if (leap_second) {
    second = 59;
    fraction = kSecondUs - 1;
  }
  const std::int64_t utc =
      days_from_civil(year, month, day) * kDaySeconds + hour * kHourSeconds + minute * kMinuteSeconds + second - offset;
  // Leap seconds end a day of UTC, whatever the offset says of the local hour.
  if (leap_second && (utc % kDaySeconds + kDaySeconds) % kDaySeconds != kDaySeconds - 1) return ParseFault::kFormat;
  if (utc < 0 || utc >= days_from_civil(kLastYear + 1, 1, 1) * kDaySeconds) return ParseFault::kRange;
  micros = utc * kSecondUs + fraction;
  return ParseFault::kNone;
}

ParseFault parse_date(std::string_view text, std::int32_t& yyyymmdd) {
  Scanner scan(text);
  int year = 0, month = 0, day = 0;
  if (!scan.date(year, month, day) || !scan.done()) return ParseFault::kFormat;
  if (year < kFirstYear) return ParseFault::kRange;
  yyyymmdd = year * 10'000 + month * 100 + day;
  return ParseFault::kNone;
}

bool is_timestamp(std::int64_t micros) {
  return micros >= 0 && micros < days_from_civil(kLastYear + 1, 1, 1) * kDaySeconds * kSecondUs;
}

bool is_date(std::int32_t yyyymmdd) {
  const int year = yyyymmdd / 10'000;
  const int month = yyyymmdd / 100 % 100;
  const int day = yyyymmdd % 100;
  return year >= kFirstYear && year <= kLastYear && month >= 1 && month <= 12 && day >= 1 &&
         day <= days_of_month(year, month);
}

void append_decimal_e5(std::int64_t value, std::string& out) {
  constexpr std::uint64_t kScale = 100'000;
  const std::uint64_t size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (value < 0) out.push_back('-');
  append_padded(static_cast<std::int64_t>(size / kScale), 1, out);
  const auto decimals = static_cast<std::int64_t>(size % kScale);
  if (decimals == 0) return;
  out.push_back('.');
  append_padded(decimals, 5, out);
  while (out.back() == '0') out.pop_back();
}

void append_timestamp(std::int64_t micros, std::string& out) {
  const auto floor_div = [](std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  // By remainder: the multiple below the least of all values is itself out of range.
  const auto floor_mod = [](std::int64_t a, std::int64_t b) { return a % b + (a % b < 0 ? b : 0); };
  const std::int64_t seconds = floor_div(micros, kSecondUs);
  const std::int64_t fraction = floor_mod(micros, kSecondUs);
  const std::int64_t days = floor_div(seconds, kDaySeconds);
  const std::int64_t of_day = floor_mod(seconds, kDaySeconds);
  const Civil date = civil_from_days(days);
  if (date.year < 0) out.push_back('-');
  append_padded(date.year < 0 ? -date.year : date.year, 4, out);
  out.push_back('-');
  append_padded(date.month, 2, out);
  out.push_back('-');
  append_padded(date.day, 2, out);
  out.push_back('T');
  append_padded(of_day / kHourSeconds, 2, out);
  out.push_back(':');
  append_padded(of_day % kHourSeconds / kMinuteSeconds, 2, out);
  out.push_back(':');
  append_padded(of_day % kMinuteSeconds, 2, out);
  if (fraction != 0) {
    out.push_back('.');
    append_padded(fraction, 6, out);
  }
  out.push_back('Z');
}

void append_date(std::int32_t yyyymmdd, std::string& out) {
  const std::int32_t date = std::max(yyyymmdd, 0);
  append_padded(date / 10'000, 4, out);
  out.push_back('-');
  append_padded(date / 100 % 100, 2, out);
  out.push_back('-');
  append_padded(date % 100, 2, out);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || is_upper(c) || is_lower(c) || c == '.' || c == '_' || c == '-';
  });
}

bool is_tenant_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
}

bool is_currency_shape(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, is_upper);
}

bool is_pin(std::string_view text) {
  return text.size() >= 4 && text.size() <= 12 && std::ranges::all_of(text, is_digit);
}

bool is_text(std::string_view text) {
  return all_code_points(text, [](char32_t code) { return !is_control(code); });
}

bool is_label(std::string_view text) {
  char32_t last = U' ';
  bool first = true;
  const bool good = all_code_points(text, [&](char32_t code) {
    if (is_control(code) || (first && is_white_space(code))) return false;
    first = false;
    last = code;
    return true;
  });
  return good && !is_white_space(last);
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  return all_code_points(text, [](char32_t code) { return !is_control(code) && !is_white_space(code); });
}

}  // namespace till
