// A tender that was corrected: sales, dashboards and histories as the read cache answers them.
#include <catch2/catch.hpp>

#include "schemas/state.pb.h"
#include "tests/read_cache_fixture.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

constexpr std::chrono::seconds kPatience{20};

struct Fixture {
  TemporaryDirectory directory;
  FakeFeed feed{LogId{7}};
  Chain chain{feed};
  std::unique_ptr<ReadCache> cache;

  Fixture() {
    auto opened = ReadCache::open(feed, {.directory = directory.path() + "/cache"});
    REQUIRE(opened.ok());
    cache = std::move(opened.value());
    cache->start();
  }
  // With everything in the feed applied.
  ReadCache& follow() {
    REQUIRE(cache->wait_for(feed.durable().position, kPatience));
    return *cache;
  }
  schema::SaleView sale(const std::string& id, std::optional<Position> as_of = std::nullopt) {
    const auto answer = follow().sale("acme", id, as_of);
    REQUIRE(answer.ok());
    REQUIRE(answer->value.has_value());
    return *answer->value;
  }
  // "CARD 200; VOUCHER 700; "
  std::string tenders() {
    const auto board = follow().dashboard("acme", "s1", 20260102);
    REQUIRE(board.ok());
    std::string text;
    for (const schema::Dashboard::TenderSum& tender : board->value.tenders()) {
      text.append(schema::Tender::Type_Name(tender.type())).append(" ");
      text.append(std::to_string(tender.amount().amount())).append("; ");
    }
    return text;
  }
};

}  // namespace

TEST_CASE("read cache: dashboards show a corrected tender as what it was", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 200}}});
  f.chain.sell("acme", {.sale_id = "A2", .lines = {{"cup", 700}}});
  f.chain.correct_tender("acme", "A1", schema::Tender::CASH);
  CHECK(f.tenders() == "CASH 200; CARD 700; ");
  f.chain.void_sale("acme", "A1", "mistake");
  CHECK(f.tenders() == "CARD 700; ");
}

TEST_CASE("read cache: a corrected sale shows what it was paid with, then and now", "[read_cache]") {
  Fixture f;
  const Position sold = f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 200}}});
  const Position cash = f.chain.correct_tender("acme", "A1", schema::Tender::CASH);
  const Position voucher = f.chain.correct_tender("acme", "A1", schema::Tender::VOUCHER);
  CHECK(f.sale("A1", sold).tenders(0).type() == schema::Tender::CARD);
  CHECK(f.sale("A1", sold).rung_up().empty());
  CHECK(f.sale("A1", cash).tenders(0).type() == schema::Tender::CASH);
  CHECK(f.sale("A1", voucher).tenders(0).type() == schema::Tender::VOUCHER);
  const schema::SaleView now = f.sale("A1");
  CHECK(now.tenders(0).type() == schema::Tender::VOUCHER);
  CHECK(now.tenders(0).amount().amount() == 200);
  REQUIRE(now.rung_up_size() == 1);
  CHECK(now.rung_up(0).tender() == 0);
  CHECK(now.rung_up(0).type() == schema::Tender::CARD);

  f.chain.void_sale("acme", "A1", "mistake");
  CHECK(f.sale("A1").tenders(0).type() == schema::Tender::VOUCHER);
  CHECK(f.sale("A1", cash).state() == schema::SaleView::COMPLETED);
  CHECK(f.tenders().empty());
}

TEST_CASE("read cache: corrections stand in the history of their sale", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 200}}});
  const Position cash = f.chain.correct_tender("acme", "A1", schema::Tender::CASH);
  const Position voucher = f.chain.correct_tender("acme", "A1", schema::Tender::VOUCHER);
  const Position voided = f.chain.void_sale("acme", "A1", "mistake");
  const auto entries = [&](std::uint64_t from) {
    const auto history = f.follow().history("acme", EntityKind(schema::SALE), "A1", StreamVersion(from), 2);
    REQUIRE(history.ok());
    return history->value;
  };
  CHECK(entries(2) == std::vector<StreamEntry>{{StreamVersion(2), cash}, {StreamVersion(3), voucher}});
  CHECK(entries(4) == std::vector<StreamEntry>{{StreamVersion(4), voided}});
}

TEST_CASE("read cache: dashboards give up what they were told of, and nothing else", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 200}}});
  f.chain.sell("acme", {.sale_id = "A2", .lines = {{"cup", 700}}});
  f.chain.correct_tender("acme", "A1", schema::Tender::CASH, false);
  f.chain.correct_tender("acme", "A2", schema::Tender::CASH, false);
  CHECK(f.tenders() == "CARD 900; ");
  f.chain.correct_tender("acme", "A2", schema::Tender::VOUCHER);
  CHECK(f.tenders() == "CARD 200; VOUCHER 700; ");
  f.chain.void_sale("acme", "A1", "mistake");
  CHECK(f.tenders() == "VOUCHER 700; ");
  f.chain.void_sale("acme", "A2", "mistake");
  CHECK(f.tenders().empty());
}

}  // namespace till
