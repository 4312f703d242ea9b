#include "api/json_codec.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <iostream>
#include <limits>

#include <google/protobuf/util/message_differencer.h>

#include "api/validation.h"
#include "api/wire_values.h"
#include "engine/utf8.h"
#include "schemas/events.pb.h"
#include "schemas/views.pb.h"
#include "tests/random_message.h"
#include "tests/test_seed.h"

namespace till {
namespace {

constexpr std::string_view kSale = R"({"sale_id":"S-1","store_id":"store-1","terminal_id":"till-1","terminal_seq":17,
"occurred_at":"2026-11-23T09:30:00.25Z","employee_id":"emp-3","customer_id":"c-77","lines":[
{"line_id":"1","sku":"SKU-1","quantity":"1.5","unit_price":{"amount":1999,"currency":"USD"}},
{"line_id":"2","sku":"SKU-2","quantity":"2","unit_price":{"amount_e4":15000,"currency":"USD"},
"discount":{"amount":50,"currency":"USD"}},
{"line_id":"3","sku":"SKU-3","quantity":"1","unit_price":{"amount":500,"currency":"USD"}}],
"taxes":[{"tax_code":"VAT","taxable":{"amount":3749,"currency":"USD"},"amount":{"amount":300,"currency":"USD"}}],
"tenders":[{"type":"CASH","amount":{"amount":5000,"currency":"USD"}}],
"change":{"amount":951,"currency":"USD"},"expected_total":{"amount":4049,"currency":"USD"}})";

struct Read {
  std::string errors;  // "pointer CODE" lines, or "SYNTAX <offset>"
  template <class Message>
  static Read of(std::string_view text, Message& message) {
    FieldErrors errors;
    Read read;
    if (const auto error = decode_json(text, message, errors)) {
      read.errors = "SYNTAX " + std::to_string(error->offset);
      return read;
    }
    for (const auto& error : errors.list()) {
      if (!read.errors.empty()) read.errors += "; ";
      read.errors += error.pointer + " " + std::string(error.code);
    }
    return read;
  }
};

template <class Message>
std::string errors_of(std::string_view text) {
  Message message;
  return Read::of(text, message).errors;
}

std::string timestamp_of(std::string_view text) {
  std::int64_t micros = 0;
  switch (parse_timestamp(text, micros)) {
    case ParseFault::kFormat:
      return "format";
    case ParseFault::kTooManyDecimals:
      return "decimals";
    case ParseFault::kRange:
      return "range";
    case ParseFault::kNone:
      break;
  }
  std::string out;
  append_timestamp(micros, out);
  return out;
}

std::string decimal_of(std::string_view text) {
  std::int64_t value = 0;
  switch (parse_decimal_e5(text, value)) {
    case ParseFault::kFormat:
      return "format";
    case ParseFault::kTooManyDecimals:
      return "decimals";
    case ParseFault::kRange:
      return "range";
    case ParseFault::kNone:
      break;
  }
  std::string out;
  append_decimal_e5(value, out);
  return out;
}

std::string date_of(std::string_view text) {
  std::int32_t value = 0;
  switch (parse_date(text, value)) {
    case ParseFault::kFormat:
      return "format";
    case ParseFault::kRange:
      return "range";
    default:
      return std::to_string(value);
  }
}

}  // namespace

TEST_CASE("a sale is read from JSON", "[json]") {
  schema::RingUpSale sale;
  REQUIRE(Read::of(kSale, sale).errors.empty());
  CHECK(sale.terminal_seq() == 17);
  CHECK(sale.occurred_at_us() == 1'795'426'200'250'000);
  REQUIRE(sale.lines_size() == 3);
  CHECK(sale.lines(0).quantity_e5() == 150'000);
  CHECK(sale.lines(0).unit_price().amount() == 1999);
  CHECK_FALSE(sale.lines(0).unit_price().has_amount_e4());
  CHECK(sale.lines(1).unit_price().amount_e4() == 15'000);
  CHECK_FALSE(sale.lines(0).has_discount());
  CHECK(sale.lines(1).discount().amount() == 50);
  CHECK(sale.tenders(0).type() == schema::Tender::CASH);
  CHECK(sale.change().amount() == 951);
  FieldErrors errors;
  validate_message(sale, WireForm::kJson, errors);
  CHECK(errors.empty());
}

TEST_CASE("JSON that is not good is refused with its place", "[json]") {
  struct Row {
    std::string_view text;
    std::string_view errors;
  };
  const Row money[] = {
      {R"({"amount":1,"currency":"USD"})", ""},
      {R"({"amount":-9223372036854775808,"currency":"USD"})", ""},
      {R"({"amount":9223372036854775807,"currency":"USD"})", ""},
      {R"({"amount":9223372036854775808,"currency":"USD"})", "/amount OUT_OF_RANGE"},
      {R"({"amount":-9223372036854775809,"currency":"USD"})", "/amount OUT_OF_RANGE"},
      {R"({"amount":99999999999999999999999,"currency":"USD"})", "/amount OUT_OF_RANGE"},
      {R"({"amount":-0,"currency":"USD"})", ""},
      {R"({"amount":1.0,"currency":"USD"})", "/amount FLOAT_NOT_ALLOWED"},
      {R"({"amount":19.99,"currency":"USD"})", "/amount FLOAT_NOT_ALLOWED"},
      {R"({"amount":1e3,"currency":"USD"})", "/amount FLOAT_NOT_ALLOWED"},
      {R"({"amount":1E400,"currency":"USD"})", "SYNTAX 10"},
      {R"({"amount":"5","currency":"USD"})", "/amount WRONG_TYPE"},
      {R"({"amount":null,"currency":"USD"})", "/amount WRONG_TYPE"},
      {R"({"amount":true,"currency":"USD"})", "/amount WRONG_TYPE"},
      {R"({"amount":1,"currency":5})", "/currency WRONG_TYPE"},
      {R"({"currency":"USD"})", "/amount REQUIRED"},
      {R"({"amount":1,"amount":1,"currency":"USD"})", "/amount DUPLICATE_FIELD"},
      {R"({"amount":1,"currency":"USD","a/b~c":1})", "/a~1b~0c UNKNOWN_FIELD"},
      {R"([])", " WRONG_TYPE"},
      {R"(7)", " WRONG_TYPE"},
      {"", "SYNTAX 0"},
      {"{", "SYNTAX 1"},
      {R"({"amount":01})", "SYNTAX 11"},
      {R"({"amount":NaN})", "SYNTAX 10"},
      {R"({"amount":Infinity})", "SYNTAX 10"},
      {R"({"amount":+1})", "SYNTAX 10"},
      {R"({"amount":1,})", "SYNTAX 12"},
      {R"({"amount":1}/**/)", "SYNTAX 12"},
      {R"({"amount":1} {})", "SYNTAX 13"},
      {"{\"currency\":\"\xff\"}", "SYNTAX 13"},
      {"{\"currency\":\"\xc0\xaf\"}", "SYNTAX 13"},
      {R"({"currency":"\ud800"})", "SYNTAX 13"},
      {std::string_view("{\"amount\":1}\0x", 14), "SYNTAX 12"},
      {"\xEF\xBB\xBF{}", "SYNTAX 0"},
  };
  for (const Row& row : money) {
    CAPTURE(row.text);
    CHECK(errors_of<schema::Money>(row.text) == row.errors);
  }
}

TEST_CASE("formats, enums and lists are refused with their place", "[json]") {
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":"-1.00001","reason":"DAMAGE"})").empty());
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":"1.000001"})") == "/delta TOO_MANY_DECIMALS");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":1.5})") == "/delta FLOAT_NOT_ALLOWED");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":1})") == "/delta WRONG_TYPE");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta_e5":1})") == "/delta_e5 UNKNOWN_FIELD; /delta REQUIRED");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":"1","reason":"REASON_UNSPECIFIED"})") == "/reason INVALID_VALUE");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":"1","reason":"damage"})") == "/reason INVALID_VALUE");
  CHECK(errors_of<schema::AdjustStock>(R"({"delta":"1","reason":1})") == "/reason WRONG_TYPE");
  CHECK(errors_of<schema::ReceiveStock>(R"({"lines":{}})") == "/lines WRONG_TYPE");
  CHECK(errors_of<schema::ReceiveStock>(R"({"lines":[5,{"quantity":"x"}]})") ==
        "/lines/0 WRONG_TYPE; /lines/1/quantity INVALID_FORMAT");
  CHECK(errors_of<schema::RingUpSale>(R"({"terminal_seq":-1,"occurred_at":"yesterday"})") ==
        "/terminal_seq OUT_OF_RANGE; /occurred_at INVALID_FORMAT");
  CHECK(errors_of<schema::RingUpSale>("{}") == "/terminal_seq REQUIRED; /occurred_at REQUIRED");
  CHECK(errors_of<schema::SetStorePolicy>(R"({"business_day_cutoff_hour":4294967296})") ==
        "/business_day_cutoff_hour OUT_OF_RANGE");
  CHECK(errors_of<schema::RegisterCustomer>(R"({"customer_id":"c","sealed":"AAAA"})") == "/sealed UNKNOWN_FIELD");
}

TEST_CASE("faults and depth are bounded", "[json]") {
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"x" + std::to_string(i) + "\":1,";
  many.back() = '}';
  schema::Money money;
  FieldErrors errors;
  REQUIRE_FALSE(decode_json(many, money, errors));
  CHECK(errors.list().size() == kFieldErrorsMost);

  const std::string deep = "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  FieldErrors none;
  const auto error = decode_json(deep, money, none);
  REQUIRE(error);
  CHECK(error->offset < 100);

  FieldErrors long_name;
  REQUIRE_FALSE(decode_json("{\"" + std::string(10'000, 'x') + "\":1}", money, long_name));
  CHECK(long_name.list().at(0) == FieldError{"", field_code::kUnknownField});

  std::string lines = R"({"lines":[)";
  for (int i = 0; i < 501; ++i) lines += i == 0 ? "{}" : ",{}";
  CHECK(errors_of<schema::ReceiveStock>(lines + "]}") == "/lines TOO_MANY_ITEMS");
}

TEST_CASE("times are read and written strictly", "[json]") {
  struct Row {
    std::string_view text;
    std::string_view expected;
  };
  const Row rows[] = {
      {"2026-11-23T09:30:00Z", "2026-11-23T09:30:00Z"},
      {"2026-11-23t09:30:00z", "2026-11-23T09:30:00Z"},
      {"2026-11-23T09:30:00.5Z", "2026-11-23T09:30:00.500000Z"},
      {"2026-11-23T09:30:00.1234567891Z", "2026-11-23T09:30:00.123456Z"},
      {"2026-11-23T00:30:00+01:00", "2026-11-22T23:30:00Z"},
      {"2026-11-23T23:30:00-05:30", "2026-11-24T05:00:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"},
      {"2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999999Z"},
      {"2016-12-31T12:00:60Z", "format"},
      {"2016-12-31T23:59:61Z", "format"},
      {"2023-02-29T00:00:00Z", "format"},
      {"2100-02-29T00:00:00Z", "format"},
      {"2026-13-01T00:00:00Z", "format"},
      {"2026-04-31T00:00:00Z", "format"},
      {"2026-11-23T24:00:00Z", "format"},
      {"2026-11-23 09:30:00Z", "format"},
      {"2026-11-23T09:30:00", "format"},
      {"2026-11-23T09:30:00.Z", "format"},
      {"2026-11-23T09:30Z", "format"},
      {"2026-11-23T09:30:00+0100", "format"},
      {"2026-11-23T09:30:00+24:00", "format"},
      {"2026-11-23T09:30:00Z ", "format"},
      {"", "format"},
      {"1969-12-31T23:59:59Z", "range"},
      {"1970-01-01T00:30:00+01:00", "range"},
      {"9999-12-31T23:59:59-01:00", "range"},
      {"0000-01-01T00:00:00Z", "range"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(timestamp_of(row.text) == row.expected);
  }
}

TEST_CASE("every stored time can be told, also one that no client could send", "[json]") {
  const auto told = [](std::int64_t micros) {
    std::string out;
    append_timestamp(micros, out);
    return out;
  };
  CHECK(told(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(told(std::numeric_limits<std::int64_t>::max()) == "294247-01-10T04:00:54.775807Z");
  CHECK(told(std::numeric_limits<std::int64_t>::min()) == "-290308-12-21T19:59:05.224192Z");
}

TEST_CASE("decimals and dates are read and written strictly", "[json]") {
  struct Row {
    std::string_view text;
    std::string_view expected;
  };
  const Row decimals[] = {
      {"1.5", "1.5"},
      {"0", "0"},
      {"-0", "0"},
      {"0.00001", "0.00001"},
      {"-0.5", "-0.5"},
      {"10.50000", "10.5"},
      {"92233720368547.75807", "92233720368547.75807"},
      {"-92233720368547.75808", "-92233720368547.75808"},
      {"92233720368547.75808", "range"},
      {"-92233720368547.75809", "range"},
      {"99999999999999999999999999", "range"},
      {"1.000001", "decimals"},
      {"1.000000", "decimals"},
      {"", "format"},
      {"-", "format"},
      {".5", "format"},
      {"5.", "format"},
      {"+5", "format"},
      {"05", "format"},
      {"1e3", "format"},
      {"1,5", "format"},
      {" 1", "format"},
      {"--1", "format"},
      {"1.-5", "format"},
  };
  for (const Row& row : decimals) {
    CAPTURE(row.text);
    CHECK(decimal_of(row.text) == row.expected);
  }
  const Row dates[] = {{"2026-11-23", "20261123"}, {"1970-01-01", "19700101"}, {"9999-12-31", "99991231"},
                       {"2024-02-29", "20240229"}, {"2023-02-29", "format"},   {"2026-00-10", "format"},
                       {"20261123", "format"},     {"2026-1-1", "format"},     {"1969-12-31", "range"}};
  for (const Row& row : dates) {
    CAPTURE(row.text);
    CHECK(date_of(row.text) == row.expected);
  }
}

TEST_CASE("JSON is written by the rules of presence", "[json]") {
  schema::Dashboard dashboard;
  dashboard.set_business_date(20261123);
  CHECK(
      to_json(dashboard) ==
      R"({"business_date":"2026-11-23","sales":0,"units":"0","other_net":[],"tenders":[],"hours":[],"top_products":[],"employees":[],"open_shifts":0})");

  schema::CustomerView customer;
  customer.set_customer_id("c-1");
  customer.set_name("A \"quoted\"\n\x01 naïve \xff name");
  CHECK(to_json(customer).starts_with(R"({"customer_id":"c-1","name":"A \"quoted\"\n\u0001 na)"));
  CHECK(is_utf8(to_json(customer)));

  schema::Tender tender;
  CHECK(to_json(tender) == R"({"reference":""})");
  schema::RegisterCustomer sealed;
  sealed.set_sealed("secret");
  CHECK(to_json(sealed) == R"({"customer_id":"","name":"","email":"","phone":"","unique":false,"customer_group":"",)"
                           R"("receipts_by_mail":false})");

  schema::Event event;
  event.mutable_terminal_registered()->set_terminal_id("t");
  CHECK(to_json(event) == R"({"terminal_registered":{"terminal_id":"t","store_id":"","name":""}})");
}

TEST_CASE("every command survives JSON and back, and keeps the checks", "[json]") {
  const auto seed = testing::test_seed();
  CAPTURE(seed);
  testing::RandomMessages random(seed);
  const auto& commands = *schema::Command::descriptor();
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < commands.field_count(); ++i) {
      schema::Command command;
      auto& message = *command.GetReflection()->MutableMessage(&command, commands.field(i));
      random.fill(message);
      const std::string text = to_json(message);
      CAPTURE(text);
      const std::unique_ptr<google::protobuf::Message> back(message.New());
      const auto read = Read::of(text, *back);
      CHECK(read.errors.empty());
      CHECK(google::protobuf::util::MessageDifferencer::Equals(message, *back));
      CHECK(to_json(*back) == text);
      FieldErrors errors;
      validate_message(*back, WireForm::kJson, errors);
      validate_message(message, WireForm::kProtobuf, errors);
      CHECK(errors.list() == std::vector<FieldError>{});
    }
  }
}

TEST_CASE("broken text never gets further than an error", "[json]") {
  const auto seed = testing::test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::string text(kSale);
    for (int edits = 0; edits < 3; ++edits) {
      const auto at = std::uniform_int_distribution<std::size_t>(0, text.size() - 1)(random);
      const auto action = random() % 3;
      if (action == 0) text[at] = static_cast<char>(random());
      if (action == 1) text.erase(at, random() % 8);
      if (action == 2) text.insert(at, 1, "{}[]\",:0e.-\\u"[random() % 13]);
    }
    schema::RingUpSale sale;
    FieldErrors errors;
    if (decode_json(text, sale, errors)) continue;
    validate_message(sale, WireForm::kJson, errors);
    CHECK(errors.list().size() <= kFieldErrorsMost);
  }
}

TEST_CASE("a sale is decoded and validated within microseconds", "[json][.timing]") {
  constexpr int kRounds = 200'000;
  const auto start = std::chrono::steady_clock::now();
  std::size_t lines = 0;
  for (int i = 0; i < kRounds; ++i) {
    schema::RingUpSale sale;
    FieldErrors errors;
    if (decode_json(kSale, sale, errors)) continue;
    validate_message(sale, WireForm::kJson, errors);
    lines += static_cast<std::size_t>(sale.lines_size());
  }
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  std::cout << "decode + validate: " << spent.count() / kRounds << " us a sale of " << kSale.size() << " bytes\n";
  CHECK(lines == 3u * kRounds);
}

}  // namespace till
