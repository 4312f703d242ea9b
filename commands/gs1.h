// Codes of GS1: trade item numbers with their check digit, in-store numbers that carry a price or a weight, element
// strings of two-dimensional and DataBar codes. Source: GS1 General Specifications, sections 2, 3 and 7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace till {

// The digit that makes a number whole: weights 3 and 1 by turns, from the right. `digits` is the number without it,
// digits only.
char gs1_check_digit(std::string_view digits);

// A GTIN-8, -12, -13 or -14 as 14 digits; nothing where its length or check digit is wrong.
std::optional<std::string> normalise_gtin(std::string_view code);

// Of 14 digits: a number that a company gives for its own stores, prefixes 02 and 20 to 29 of 13 digits.
bool is_restricted_circulation(std::string_view gtin14);

// How a store reads its variable measure numbers: prefix of 2 digits, item code, check digit of the value where there
// is one, value, check digit; 13 digits in all.
struct MeasureLayout {
  enum class Content : std::uint8_t { kPrice, kWeight };
  Content content = Content::kPrice;
  int item_digits = 5;
  bool value_check_digit = false;  // of 4 or 5 digits of value
  int value_digits = 5;
  int decimals = 0;  // of a weight in kilograms, 0 to 5; a price is in minor units
};

struct VariableMeasure {
  std::string item;              // prefix and item code
  std::int64_t price = 0;        // minor units, of kPrice
  std::int64_t quantity_e5 = 0;  // kilograms, of kWeight
};

// Nothing where the number is not of restricted circulation, the layout is not one of 13 digits, or a check digit is
// wrong.
std::optional<VariableMeasure> read_variable_measure(std::string_view gtin14, const MeasureLayout& layout);

struct Gs1Price {
  std::int64_t value = 0;
  int decimals = 0;
  std::string currency_number;  // ISO 4217, three digits; empty: of the store
};

// What an element string says; unset where it says nothing.
struct Gs1Elements {
  std::string gtin;                // (01), 14 digits
  std::string batch;               // (10)
  std::int32_t expiry = 0;         // (17), yyyymmdd
  std::string serial;              // (21)
  std::int64_t net_weight_e5 = 0;  // (310n), kilograms
  std::optional<Gs1Price> price;   // (392n), (393n)
  std::int64_t produced_at = 0;    // (8008), local, yyyymmddhhmmss
};

// Reads the elements above and skips all others. Elements of variable length end with FNC1 (0x1d); a symbology
// identifier such as "]d2" may stand before. Two digits of a year mean the year that is nearest to `current_year`, 51
// years back to 49 ahead. Nothing where the text is not an element string.
std::optional<Gs1Elements> read_element_string(std::string_view text, int current_year);

}  // namespace till
