#include "commands/gs1.h"

#include <algorithm>
#include <array>

namespace till {
namespace {

constexpr char kSeparator = '\x1d';
constexpr std::size_t kGtinDigits = 14;
constexpr int kKilogramDecimals = 5;

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int digit(char c) {
  return c - '0';
}

// At most 18 digits.
std::int64_t number_of(std::string_view digits) {
  std::int64_t number = 0;
  for (const char c : digits) number = number * 10 + digit(c);
  return number;
}

std::int64_t kilograms_e5(std::int64_t value, int decimals) {
  for (int i = decimals; i < kKilogramDecimals; ++i) value *= 10;
  return value;
}

// What a digit counts in the check digit of a price, by the factors that GS1 calls 2-, 3, 5+ and 5-.
using Weights = std::array<int, 10>;
constexpr Weights kTwoMinus{0, 2, 4, 6, 8, 9, 1, 3, 5, 7};
constexpr Weights kThree{0, 3, 6, 9, 2, 5, 8, 1, 4, 7};
constexpr Weights kFivePlus{0, 5, 1, 6, 2, 7, 3, 8, 4, 9};
constexpr Weights kFiveMinus{0, 5, 9, 4, 8, 3, 7, 2, 6, 1};

// -1 where no check digit is defined for so many digits.
int value_check_digit(std::string_view value) {
  if (value.size() == 4) {
    const int sum =
        kTwoMinus[static_cast<std::size_t>(digit(value[0]))] + kTwoMinus[static_cast<std::size_t>(digit(value[1]))] +
        kThree[static_cast<std::size_t>(digit(value[2]))] + kFiveMinus[static_cast<std::size_t>(digit(value[3]))];
    return sum * 3 % 10;
  }
  if (value.size() != 5) return -1;
  constexpr std::array<const Weights*, 5> kFactors{&kFivePlus, &kTwoMinus, &kFiveMinus, &kFivePlus, &kTwoMinus};
  int sum = 0;
  for (std::size_t i = 0; i < value.size(); ++i) sum += (*kFactors[i])[static_cast<std::size_t>(digit(value[i]))];
  const int wanted = (10 - sum % 10) % 10;
  return static_cast<int>(std::ranges::find(kFiveMinus, wanted) - kFiveMinus.begin());
}

int year_of(int two_digits, int current_year) {
  const int year = current_year - current_year % 100 + two_digits;
  const int ahead = two_digits - current_year % 100;
  if (ahead >= 51) return year - 100;
  return ahead <= -50 ? year + 100 : year;
}

int days_of_month(int year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
}

// yyyymmdd of "yymmdd"; day 00 is the last of the month. 0 where it is no date.
std::int32_t date_of(std::string_view text, int current_year) {
  const int year = year_of(static_cast<int>(number_of(text.substr(0, 2))), current_year);
  const int month = static_cast<int>(number_of(text.substr(2, 2)));
  if (month < 1 || month > 12) return 0;
  const int last = days_of_month(year, month);
  int day = static_cast<int>(number_of(text.substr(4, 2)));
  if (day == 0) day = last;
  return day > last ? 0 : year * 10'000 + month * 100 + day;
}

// Length of the elements whose identifier begins with these two digits, identifier included; 0: up to the separator.
std::size_t fixed_length(std::string_view text) {
  const int prefix = static_cast<int>(number_of(text.substr(0, 2)));
  if (prefix == 0) return 20;
  if (prefix >= 1 && prefix <= 3) return 16;
  if (prefix == 4) return 18;
  if (prefix >= 11 && prefix <= 19) return 8;
  if (prefix == 20) return 4;
  if (prefix >= 31 && prefix <= 36) return 10;
  return prefix == 41 ? 16 : 0;
}

bool is_text(std::string_view value, std::size_t most) {
  return !value.empty() && value.size() <= most &&
         std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; });
}

class ElementReader {
 public:
  ElementReader(std::string_view text, int current_year) : text_(text), current_year_(current_year) {}

  std::optional<Gs1Elements> run() {
    if (text_.starts_with(']')) text_.remove_prefix(std::min<std::size_t>(text_.size(), 3));
    if (text_.starts_with(kSeparator)) text_.remove_prefix(1);
    if (text_.empty()) return std::nullopt;
    while (!text_.empty()) {
      if (!take_element()) return std::nullopt;
    }
    return elements_;
  }

 private:
  bool take_element() {
    if (text_.size() < 2 || !all_digits(text_.substr(0, 2))) return false;
    const std::size_t separator = std::min(text_.find(kSeparator), text_.size());
    const std::size_t fixed = fixed_length(text_);
    if (fixed > separator) return false;
    const std::string_view element = text_.substr(0, fixed != 0 ? fixed : separator);
    text_.remove_prefix(element.size());
    if (text_.starts_with(kSeparator)) text_.remove_prefix(1);
    return take(element);
  }

  bool take(std::string_view element) {
    const std::string_view value = element.substr(2);
    if (element.starts_with("01")) return take_gtin(value);
    if (element.starts_with("10")) return take_text(value, elements_.batch);
    if (element.starts_with("17")) return take_expiry(value);
    if (element.starts_with("21")) return take_text(value, elements_.serial);
    if (element.starts_with("310")) return take_weight(value);
    if (element.starts_with("392")) return take_price(value, false);
    if (element.starts_with("393")) return take_price(value, true);
    if (element.starts_with("8008")) return take_production_time(element.substr(4));
    return true;
  }

  bool take_gtin(std::string_view value) {
    const auto gtin = normalise_gtin(value);
    if (!gtin || value.size() != kGtinDigits) return false;
    elements_.gtin = *gtin;
    return true;
  }

  bool take_text(std::string_view value, std::string& out) {
    if (!is_text(value, 20)) return false;
    out = value;
    return true;
  }

  bool take_expiry(std::string_view value) {
    if (!all_digits(value)) return false;
    elements_.expiry = date_of(value, current_year_);
    return elements_.expiry != 0;
  }

  // "0" of (310n), the decimals, six digits.
  bool take_weight(std::string_view value) {
    if (!all_digits(value) || digit(value[1]) > kKilogramDecimals) return false;
    elements_.net_weight_e5 = kilograms_e5(number_of(value.substr(2)), digit(value[1]));
    return true;
  }

  // "2" or "3" of (392n) and (393n), the decimals, the number of the currency in (393n), up to 15 digits.
  bool take_price(std::string_view value, bool with_currency) {
    const std::size_t begin = with_currency ? 5 : 2;
    if (value.size() <= begin || value.size() > begin + 15 || !all_digits(value)) return false;
    Gs1Price& price = elements_.price.emplace();
    price.decimals = digit(value[1]);
    if (with_currency) price.currency_number = value.substr(2, 3);
    price.value = number_of(value.substr(begin));
    return true;
  }

  // yymmddhh, then mm, then ss where they are given.
  bool take_production_time(std::string_view value) {
    if (value.size() < 8 || value.size() > 12 || value.size() % 2 != 0 || !all_digits(value)) return false;
    const std::int32_t date = date_of(value.substr(0, 6), current_year_);
    std::string time(value.substr(6));
    time.resize(6, '0');
    const std::int64_t clock = number_of(time);
    if (date == 0 || value.substr(4, 2) == "00" || clock / 10'000 > 23 || clock / 100 % 100 > 59 || clock % 100 > 59) {
      return false;
    }
    elements_.produced_at = std::int64_t{date} * 1'000'000 + clock;
    return true;
  }

  std::string_view text_;
  const int current_year_;
  Gs1Elements elements_;
};

}  // namespace

char gs1_check_digit(std::string_view digits) {
  int sum = 0;
  int weight = 3;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    sum += digit(*it) * weight;
    weight = 4 - weight;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::optional<std::string> normalise_gtin(std::string_view code) {
  const bool length = code.size() == 8 || (code.size() >= 12 && code.size() <= kGtinDigits);
  if (!length || !all_digits(code)) return std::nullopt;
  if (gs1_check_digit(code.substr(0, code.size() - 1)) != code.back()) return std::nullopt;
  return std::string(kGtinDigits - code.size(), '0').append(code);
}

bool is_restricted_circulation(std::string_view gtin14) {
  return gtin14.size() == kGtinDigits && (gtin14.starts_with("002") || gtin14.starts_with("02"));
}

std::optional<VariableMeasure> read_variable_measure(std::string_view gtin14, const MeasureLayout& layout) {
  constexpr int kPrefixDigits = 2;
  constexpr int kValueDigitsMost = 10;
  const int check = layout.value_check_digit ? 1 : 0;
  const bool fits = layout.item_digits > 0 && layout.value_digits > 0 && layout.value_digits <= kValueDigitsMost &&
                    layout.item_digits <= kValueDigitsMost && layout.decimals >= 0 &&
                    layout.decimals <= kKilogramDecimals &&
                    kPrefixDigits + layout.item_digits + check + layout.value_digits == 12;
  if (!fits || !is_restricted_circulation(gtin14) || !normalise_gtin(gtin14)) return std::nullopt;
  const std::string_view number = gtin14.substr(1);
  const auto item_length = static_cast<std::size_t>(kPrefixDigits + layout.item_digits);
  const std::string_view value =
      number.substr(item_length + static_cast<std::size_t>(check), static_cast<std::size_t>(layout.value_digits));
  if (layout.value_check_digit && value_check_digit(value) != digit(number[item_length])) return std::nullopt;
  VariableMeasure measure;
  measure.item = number.substr(0, item_length);
  if (layout.content == MeasureLayout::Content::kPrice)
    measure.price = number_of(value);
  else
    measure.quantity_e5 = kilograms_e5(number_of(value), layout.decimals);
  return measure;
}

std::optional<Gs1Elements> read_element_string(std::string_view text, int current_year) {
  return ElementReader(text, current_year).run();
}

}  // namespace till
