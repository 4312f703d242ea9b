#include "api/report_csv.h"

#include <catch2/catch.hpp>

#include "schemas/views.pb.h"

namespace till {

TEST_CASE("a report as CSV is its rows, quoted where they have to be", "[csv]") {
  schema::TopProductsReport report;
  report.set_from(20261101);
  auto& row = *report.add_rows();
  row.set_sku("A");
  row.set_name("Tea, \"green\"");
  row.set_units_e5(150'000);
  row.mutable_net()->set_amount(-5);
  row.mutable_net()->set_currency("USD");
  CHECK(to_csv(report) == "sku,name,units,net,cogs_e4,margin_e4,currency\r\nA,\"Tea, \"\"green\"\"\",1.5,-5,,,USD\r\n");
  report.clear_rows();
  CHECK(to_csv(report) == "sku,name,units,net,cogs_e4,margin_e4,currency\r\n");
}

TEST_CASE("a report without rows as CSV is a line a value", "[csv]") {
  schema::ShiftReport z;
  z.set_shift_id("sh-1");
  z.add_operators("E1");
  z.add_taxes()->set_tax_code("STD");
  z.mutable_taxes(0)->mutable_tax()->set_amount(7);
  z.mutable_taxes(0)->mutable_tax()->set_currency("USD");
  const std::string csv = to_csv(z);
  CHECK(csv.starts_with("name,value\r\nshift_id,sh-1\r\n"));
  CHECK(csv.find("operators.0,E1\r\ntaxes.0.tax_code,STD\r\ntaxes.0.tax,7\r\ntaxes.0.tax.currency,USD\r\n") !=
        std::string::npos);
}

TEST_CASE("Accept asks for CSV by its name", "[csv]") {
  CHECK(accepts_csv("text/csv"));
  CHECK(accepts_csv("application/json;q=0.5, text/csv"));
  CHECK_FALSE(accepts_csv("*/*"));
}

}  // namespace till
