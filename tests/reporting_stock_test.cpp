// The reporting model's rows of stock against a real server.
#include <catch2/catch.hpp>
#include <utility>

#include "projections/digest_difference.h"
#include "tests/reporting_fixture.h"

namespace till {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("reporting: every document that changes what is on hand has its kind of move", "[reporting][mysql]") {
  ReportingFixture fixture;
  using Event = schema::Event;
  const std::vector<std::pair<schema::StockMoved* (Event::*)(), std::string>> kinds{
      {&Event::mutable_stock_set, "SET"},
      {&Event::mutable_reservation_committed, "RESERVATION"},
      {&Event::mutable_stock_counted, "COUNT_VARIANCE"},
      {&Event::mutable_stock_shipped, "TRANSFER_OUT"},
      {&Event::mutable_transfer_received, "TRANSFER_IN"},
      {&Event::mutable_transfer_returned, "TRANSFER_BACK"},
      {&Event::mutable_kit_composed, "KIT_COMPOSED"},
      {&Event::mutable_kit_decomposed, "KIT_DECOMPOSED"},
      {&Event::mutable_stock_returned_to_vendor, "VENDOR_RETURN"},
      {&Event::mutable_stock_returned, "RETURN"},
      {&Event::mutable_stock_inspected, "INSPECTION"}};
  std::vector<Event> events;
  Lines wanted;
  const auto add = [&](const auto& mutable_fact, std::int64_t change_e5) {
    schema::StockMoved& fact = *(events.emplace_back().*mutable_fact)();
    fact.set_store_id("S1");
    fact.set_sku("A");
    fact.set_document_id("D1");
    fact.set_quantity_e5(change_e5);
    fact.set_on_hand_after_e5(static_cast<std::int64_t>(wanted.size() + (change_e5 != 0)) * 100'000);
    fact.set_reserved_after_e5(50'000);
  };
  for (const auto& [mutable_fact, kind] : kinds) {
    add(mutable_fact, 100'000);
    wanted.push_back(kind + "|D1|100000|" + std::to_string((wanted.size() + 1) * 100'000));
  }
  add(&Event::mutable_stock_reserved, 0);
  add(&Event::mutable_stock_inspected, 0);
  fixture.log.append("acme", events);
  const auto reporting = fixture.started();
  REQUIRE(fixture.caught_up(*reporting));
  CHECK(fixture.rows("SELECT kind, document_id, qty_e5, on_hand_after_e5 FROM f_stock_move ORDER BY seq") == wanted);
  CHECK(fixture.rows("SELECT on_hand_e5 FROM s_stock") == Lines{"1100000"});
  const Result<DigestAt> digest = reporting->digest();
  REQUIRE(digest.ok());
  CHECK(first_difference(*digest, fixture.log_digests(), "") == "");
}

}  // namespace till
