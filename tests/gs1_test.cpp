// Codes of GS1, with the examples that GS1 publishes.
#include "commands/gs1.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

namespace till {
namespace {

constexpr int kYear = 2026;

std::optional<VariableMeasure> price_of(std::string_view code, const MeasureLayout& layout = {}) {
  const auto gtin = normalise_gtin(code);
  REQUIRE(gtin);
  return read_variable_measure(*gtin, layout);
}

std::string with_check_digit(std::string digits) {
  digits += gs1_check_digit(digits);
  return digits;
}

}  // namespace

TEST_CASE("check digits are those of GS1", "[commands][gs1]") {
  CHECK(gs1_check_digit("629104150021") == '3');       // GTIN-13 of the GS1 check digit page
  CHECK(gs1_check_digit("37610425002123456") == '9');  // SSCC of the same page
  CHECK(gs1_check_digit("03600029145") == '2');
  CHECK(gs1_check_digit("4017072") == '5');
  CHECK(gs1_check_digit("0950110153000") == '3');
  CHECK(gs1_check_digit("0000000") == '0');
}

TEST_CASE("trade item numbers of every length become 14 digits", "[commands][gs1]") {
  CHECK(normalise_gtin("40170725") == "00000040170725");
  CHECK(normalise_gtin("036000291452") == "00036000291452");
  CHECK(normalise_gtin("6291041500213") == "06291041500213");
  CHECK(normalise_gtin("09501101530003") == "09501101530003");
  for (const char* wrong : {"", "6291041500214", "629104150021", "4017072", "629104150021a", "-6291041500213",
                            "062910415002130", "6291041500213 "}) {
    CAPTURE(wrong);
    CHECK_FALSE(normalise_gtin(wrong));
  }
}

TEST_CASE("a wrong digit is noticed", "[commands][gs1][property]") {
  CHECK(rc::check([] {
    const auto number = *rc::gen::inRange<std::int64_t>(0, 999'999'999'999);
    std::string digits = std::to_string(number);
    digits.insert(0, 12 - digits.size(), '0');
    const std::string gtin = with_check_digit(digits);
    RC_ASSERT(normalise_gtin(gtin) == "0" + gtin);
    const auto place = *rc::gen::inRange<std::size_t>(0, gtin.size());
    std::string wrong = gtin;
    wrong[place] = static_cast<char>('0' + (wrong[place] - '0' + *rc::gen::inRange(1, 10)) % 10);
    RC_ASSERT(!normalise_gtin(wrong));
  }));
}

TEST_CASE("numbers 02 and 20 to 29 are a company's own", "[commands][gs1]") {
  CHECK(is_restricted_circulation("02012345678903"));
  CHECK(is_restricted_circulation("02912345678908"));
  CHECK(is_restricted_circulation("00212345678901"));
  CHECK_FALSE(is_restricted_circulation("03012345678901"));
  CHECK_FALSE(is_restricted_circulation("12012345678901"));
  CHECK_FALSE(is_restricted_circulation("2012345678901"));
}

TEST_CASE("a store's number carries a price", "[commands][gs1]") {
  const auto measure = price_of(with_check_digit("211234500599"));
  REQUIRE(measure);
  CHECK(measure->item == "2112345");
  CHECK(measure->price == 599);
  CHECK(measure->quantity_e5 == 0);
}

TEST_CASE("a store's number carries a weight", "[commands][gs1]") {
  const MeasureLayout layout{MeasureLayout::Content::kWeight, 5, false, 5, 3};
  const auto measure = price_of(with_check_digit("281234501250"), layout);
  REQUIRE(measure);
  CHECK(measure->item == "2812345");
  CHECK(measure->quantity_e5 == 125'000);  // 1.250 kg
  CHECK(measure->price == 0);
}

TEST_CASE("the check digit of a price is checked", "[commands][gs1]") {
  // GS1 General Specifications 7.9: 2875 has 9, 14685 has 6.
  const MeasureLayout four{MeasureLayout::Content::kPrice, 5, true, 4, 0};
  const auto measure = price_of(with_check_digit("201234592875"), four);
  REQUIRE(measure);
  CHECK(measure->item == "2012345");
  CHECK(measure->price == 2'875);
  CHECK_FALSE(price_of(with_check_digit("201234582875"), four));
  const MeasureLayout five{MeasureLayout::Content::kPrice, 4, true, 5, 0};
  REQUIRE(price_of(with_check_digit("201234614685"), five));
  CHECK(price_of(with_check_digit("201234614685"), five)->price == 14'685);
  CHECK_FALSE(price_of(with_check_digit("201234714685"), five));
  const MeasureLayout six{MeasureLayout::Content::kPrice, 3, true, 6, 0};
  CHECK_FALSE(price_of(with_check_digit("201236014685"), six));  // GS1 defines none
}

TEST_CASE("a layout must be one of 13 digits, and the number one of its kind", "[commands][gs1]") {
  const std::string good = with_check_digit("211234500599");
  CHECK_FALSE(price_of(good, {MeasureLayout::Content::kPrice, 5, false, 4, 0}));
  CHECK_FALSE(price_of(good, {MeasureLayout::Content::kPrice, 0, false, 10, 0}));
  CHECK_FALSE(price_of(good, {MeasureLayout::Content::kPrice, -5, false, 15, 0}));
  CHECK_FALSE(price_of(good, {MeasureLayout::Content::kWeight, 5, false, 5, 6}));
  CHECK_FALSE(price_of("6291041500213"));
  CHECK_FALSE(read_variable_measure("02112345005990", {}));  // its own check digit is wrong
  CHECK_FALSE(read_variable_measure("21", {}));
}

TEST_CASE("elements of fixed and of variable length", "[commands][gs1]") {
  const auto read = read_element_string(
      "]d20109501101530003"
      "17250731"
      "10AB-123\x1d"
      "21S/N 1",
      kYear);
  CHECK_FALSE(read);  // a space is no character of a serial number
  const auto good = read_element_string(
      "]d20109501101530003"
      "17250731"
      "10AB-123\x1d"
      "21SN1",
      kYear);
  REQUIRE(good);
  CHECK(good->gtin == "09501101530003");
  CHECK(good->expiry == 20250731);
  CHECK(good->batch == "AB-123");
  CHECK(good->serial == "SN1");
  CHECK_FALSE(good->price);
}

TEST_CASE("weight and price of what was packed", "[commands][gs1]") {
  const auto read = read_element_string(
      "\x1d"
      "0109501101530003"
      "3103001750"
      "39220599\x1d"
      "10L1",
      kYear);
  REQUIRE(read);
  CHECK(read->net_weight_e5 == 175'000);  // 1.750 kg
  REQUIRE(read->price);
  CHECK(read->price->value == 599);
  CHECK(read->price->decimals == 2);
  CHECK(read->price->currency_number.empty());
  CHECK(read->batch == "L1");
  const auto euro = read_element_string("39329781234", kYear);
  REQUIRE(euro);
  CHECK(euro->price->currency_number == "978");
  CHECK(euro->price->value == 1'234);
  CHECK(read_element_string("3100000012", kYear)->net_weight_e5 == 1'200'000);
  CHECK(read_element_string("3105000012", kYear)->net_weight_e5 == 12);
  CHECK_FALSE(read_element_string("3106000012", kYear));
}

TEST_CASE("dates follow the century and the end of the month", "[commands][gs1]") {
  CHECK(read_element_string("17260228", kYear)->expiry == 20260228);
  CHECK(read_element_string("17280200", kYear)->expiry == 20280229);
  CHECK(read_element_string("17270200", kYear)->expiry == 20270228);
  CHECK(read_element_string("17751231", kYear)->expiry == 20751231);
  CHECK(read_element_string("17771231", kYear)->expiry == 19771231);
  CHECK(read_element_string("17011231", 2080)->expiry == 21011231);
  CHECK_FALSE(read_element_string("17270229", kYear));
  CHECK_FALSE(read_element_string("17261301", kYear));
  CHECK(read_element_string("800826030210", kYear)->produced_at == 20260302100000);
  CHECK(read_element_string("80082603021045", kYear)->produced_at == 20260302104500);
  CHECK(read_element_string("8008260302104559", kYear)->produced_at == 20260302104559);
  CHECK_FALSE(read_element_string("800826030224", kYear));
  CHECK_FALSE(read_element_string("8008260302", kYear));
}

TEST_CASE("other elements are passed over", "[commands][gs1]") {
  const auto read = read_element_string(
      "00376104250021234569"
      "11260101"
      "400ORDER 7\x1d"
      "0109501101530003",
      kYear);
  REQUIRE(read);
  CHECK(read->gtin == "09501101530003");
}

TEST_CASE("what is no element string is refused", "[commands][gs1]") {
  for (const char* wrong :
       {"", "]d2", "\x1d", "0", "x1", "0109501101530004", "010950110153", "10",
        "10\x1d"
        "21A",
        "10123456789012345678901", "1725073", "3920", "39200123456789012345", "3932978", "310x000000"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_element_string(wrong, kYear));
  }
}

TEST_CASE("any text is read or refused", "[commands][gs1][property]") {
  CHECK(rc::check([](const std::string& text) {
    static_cast<void>(read_element_string(text, kYear));
    static_cast<void>(normalise_gtin(text));
    static_cast<void>(read_variable_measure(text, {}));
  }));
  CHECK(rc::check([] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::element('0', '1', '2', '3', '7', '8', '9', '\x1d', 'A'));
    static_cast<void>(read_element_string(text, kYear));
  }));
}

}  // namespace till
