#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <regex>
#include <sstream>

#include "projections/reporting/apportion.h"
#include "projections/reporting/insert.h"
#include "projections/reporting/schema.h"
#include "projections/reporting/sql_text.h"
#include "projections/reporting/tender_shares.h"
#include "tests/reporting_log.h"

namespace till::reporting {
namespace {

std::string date_text(std::int32_t day) {
  SqlText sql;
  sql.date(day);
  return sql.text();
}

std::string time_text(std::int64_t micros) {
  SqlText sql;
  sql.time(micros);
  return sql.text();
}

}  // namespace

TEST_CASE("reporting sql: values are escaped and bounded", "[reporting]") {
  CHECK(quoted_value("O'Neil \\ \"x\"") == "'O\\'Neil \\\\ \\\"x\\\"'");
  CHECK(quoted_value(std::string("a\0b\nc\rd\x1a", 8)) == "'a\\0b\\nc\\rd\\Z'");
  CHECK(quoted_value("') ; DROP TABLE f_sale; -- ") == "'\\') ; DROP TABLE f_sale; -- '");
  CHECK(quoted_name("a`b") == "`a``b`");
  CHECK(date_text(20261123) == "'2026-11-23'");
  for (const std::int32_t nonsense : {0, -1, 20261301, 20260230, 99'999'999, 2026, INT32_MIN, INT32_MAX}) {
    CAPTURE(nonsense);
    CHECK(date_text(nonsense).size() == 12);
  }
  CHECK(date_text(20260230) == "'1000-01-01'");
  CHECK(time_text(0) == "'1970-01-01 00:00:00.000000'");
  CHECK(time_text(-1) == "'1969-12-31 23:59:59.999999'");
  CHECK(time_text(1'795'435'200'123'456) == "'2026-11-23 12:00:00.123456'");
  CHECK(time_text(INT64_MAX) == "'9999-12-31 23:59:59.999999'");
  CHECK(time_text(INT64_MIN) == "'1000-01-01 00:00:00.000000'");
  CHECK(utc_day(1'795'435'200'123'456) == 20261123);
}

TEST_CASE("reporting sql: rows are cut into bounded statements", "[reporting]") {
  constexpr std::array<std::string_view, 1> kKeys{"k"};
  constexpr std::array<std::string_view, 1> kValues{"v"};
  InsertRows rows({"t", kKeys, kValues, OnDuplicate::kAdd}, "g3_", {2, 1000});
  for (int i = 0; i < 5; ++i) {
    rows.begin_row().raw("1,2");
    rows.end_row();
  }
  std::vector<std::string> statements;
  rows.finish(statements);
  REQUIRE(statements.size() == 3);
  CHECK(statements[0] == "INSERT INTO g3_t (k, v) VALUES (1,2),(1,2) ON DUPLICATE KEY UPDATE v = v + VALUES(v)");
  CHECK(statements[2] == "INSERT INTO g3_t (k, v) VALUES (1,2) ON DUPLICATE KEY UPDATE v = v + VALUES(v)");
}

TEST_CASE("reporting: shares add up exactly", "[reporting]") {
  CHECK(apportion(100, std::vector<std::int64_t>{1, 1, 1}) == std::vector<std::int64_t>{34, 33, 33});
  CHECK(apportion(-100, std::vector<std::int64_t>{1, 1, 1}) == std::vector<std::int64_t>{-34, -33, -33});
  CHECK(apportion(7, std::vector<std::int64_t>{0, 0}) == std::vector<std::int64_t>{7, 0});
  CHECK(apportion(INT64_MAX, std::vector<std::int64_t>{INT64_MAX, INT64_MAX})[1] == INT64_MAX / 2);
  CHECK(apportion(INT64_MIN, std::vector<std::int64_t>{5}) == std::vector<std::int64_t>{INT64_MIN});
  std::mt19937_64 random(99);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::int64_t> weights(1 + random() % 8);
    for (auto& weight : weights)
      weight = static_cast<std::int64_t>(random() % 3 == 0 ? 0 : random() >> (random() % 63 + 1));
    const auto amount = static_cast<std::int64_t>(random());
    const std::vector<std::int64_t> shares = apportion(amount, weights);
    CHECK(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}) == amount);
  }
}

TEST_CASE("reporting: change comes off cash, the last of it first", "[reporting]") {
  const auto amounts = [](const std::vector<TestTender>& tenders, std::int64_t change) {
    std::vector<std::int64_t> found;
    for (const TenderShare& share : tender_shares(completed({.sale_id = "1", .tenders = tenders, .change = change}))) {
      found.push_back(share.amount);
      CHECK(share.gross - share.discount == share.net);
      CHECK(share.net + share.tax == share.amount);
    }
    return found;
  };
  using schema::Tender;
  CHECK(amounts({{Tender::CARD, 600}, {Tender::CASH, 1000}}, 500) == std::vector<std::int64_t>{600, 500});
  CHECK(amounts({{Tender::CASH, 600}, {Tender::CASH, 1000}}, 500) == std::vector<std::int64_t>{600, 500});
  CHECK(amounts({{Tender::CASH, 700}, {Tender::CASH, 700}}, 300) == std::vector<std::int64_t>{700, 400});
  CHECK(amounts({{Tender::CASH, 300}, {Tender::VOUCHER, 1100}}, 300) == std::vector<std::int64_t>{0, 1100});

  schema::SaleCompleted free = completed({.sale_id = "free"});
  free.clear_tenders();
  free.set_discount(1000);
  free.set_net(0);
  free.set_tax(0);
  free.set_total(0);
  const std::vector<TenderShare> shares = tender_shares(free);
  REQUIRE(shares.size() == 1);
  CHECK(shares[0].type == "NONE");
  CHECK(shares[0].gross == 1000);
  CHECK(shares[0].units_e5 == free.units_e5());
}

TEST_CASE("reporting schema: what the code runs is the documented text", "[reporting]") {
  CHECK(schema().tables.size() == schema().views.size());
  for (std::size_t i = 0; i < schema().tables.size(); ++i) CHECK(schema().tables[i].name == schema().views[i].name);
  CHECK(instantiate("CREATE VIEW v_a AS SELECT * FROM g0_a", "g7_", "next_") ==
        "CREATE VIEW next_a AS SELECT * FROM g7_a");
  std::ifstream file(std::filesystem::path(TILL_SOURCE_DIR) / "schemas" / "sql" / "reporting.sql");
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str() == kSchemaText);
}

TEST_CASE("reporting schema: every column is documented", "[reporting]") {
  std::ifstream file(std::filesystem::path(TILL_SOURCE_DIR) / "schemas" / "sql" / "README.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string readme = text.str();
  const std::regex column(R"(([a-z_0-9]+) (VARCHAR|CHAR|BIGINT|INT|TINYINT|DECIMAL|DATE|DATETIME|ENUM))");
  for (const SchemaStatement& table : schema().tables) {
    CAPTURE(table.name);
    const std::size_t begin = readme.find("### " + table.name + "\n");
    REQUIRE(begin != std::string::npos);
    const std::string section = readme.substr(begin, readme.find("\n### ", begin + 1) - begin);
    for (auto match = std::sregex_iterator(table.sql.begin(), table.sql.end(), column); match != std::sregex_iterator();
         ++match) {
      CAPTURE((*match)[1].str());
      CHECK(section.find("`" + (*match)[1].str() + "`") != std::string::npos);
    }
  }
}

TEST_CASE("reporting sql: nothing that only one of the servers knows", "[reporting]") {
  const std::regex unportable(
      R"(\bRETURNING\b|->>|utf8mb4_0900|uca1400|\bSEQUENCE\b| AS new |\bLATERAL\b|max_statement_time|max_execution_time|setQueryTimeout|OPT_RECONNECT)",
      std::regex::icase);
  const std::filesystem::path source = TILL_SOURCE_DIR;
  int files = 0;
  for (const auto& folder : {source / "schemas" / "sql", source / "projections" / "reporting"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      CAPTURE(entry.path());
      CHECK_FALSE(std::regex_search(text.str(), unportable));
      ++files;
    }
  }
  CHECK(files > 10);
}

}  // namespace till::reporting
