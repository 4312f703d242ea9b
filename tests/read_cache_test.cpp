// What the read cache answers, against transactions in memory.
#include <catch2/catch.hpp>

#include "engine/position_text.h"
#include "schemas/state.pb.h"
#include "tests/read_cache_fixture.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::int32_t kDay = 20260102;

struct Fixture {
  TemporaryDirectory directory;
  LogId log_id{7, 7, 7};
  FakeFeed feed{log_id};
  Chain chain{feed};
  std::unique_ptr<ReadCache> cache;

  // Opens, starts, and waits until everything in the feed is applied.
  ReadCache& follow() {
    if (cache == nullptr) {
      auto opened = ReadCache::open(feed, {.directory = directory.path() + "/cache"});
      REQUIRE(opened.ok());
      cache = std::move(opened.value());
      cache->start();
    }
    REQUIRE(cache->wait_for(feed.durable().position, kPatience));
    return *cache;
  }
  schema::Dashboard dashboard(const std::string& store, std::int32_t date = kDay) {
    auto answer = follow().dashboard("acme", store, date);
    REQUIRE(answer.ok());
    CHECK(answer->at == feed.durable());
    return std::move(answer->value);
  }
};

std::string money(const schema::Money& money) {
  return std::to_string(money.amount()) + " " + money.currency();
}

schema::Event consent_event(schema::Consent::Channel channel, schema::Consent::State state) {
  schema::Event event;
  event.mutable_consent_set()->mutable_consent()->set_channel(channel);
  event.mutable_consent_set()->mutable_consent()->set_state(state);
  return event;
}

}  // namespace

TEST_CASE("read cache: a sale reads back with its position, and as voided with the reason", "[read_cache]") {
  Fixture f;
  const Position sold = f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 250}, {"cup", 750}}});
  auto answer = f.follow().sale("acme", "A1");
  REQUIRE(answer.ok());
  REQUIRE(answer->value.has_value());
  const schema::SaleView& sale = *answer->value;
  CHECK(answer->at == f.feed.durable());
  CHECK(sale.state() == schema::SaleView::COMPLETED);
  CHECK(sale.lines_size() == 2);
  CHECK(sale.lines(1).sku() == "cup");
  CHECK(money(sale.total()) == "1000 USD");
  CHECK(money(sale.tenders(0).amount()) == "1000 USD");
  CHECK_FALSE(sale.has_void_reason());
  CHECK(sale.position() == position_text(f.log_id, Epoch(1), sold));

  f.chain.void_sale("acme", "A1", "wrong cup");
  answer = f.follow().sale("acme", "A1");
  REQUIRE(answer.ok());
  CHECK(answer->value->state() == schema::SaleView::VOIDED);
  CHECK(answer->value->void_reason() == "wrong cup");
  CHECK(answer->value->position() == position_text(f.log_id, Epoch(1), sold));

  CHECK_FALSE(f.follow().sale("acme", "A2")->value.has_value());
  CHECK_FALSE(f.follow().sale("other", "A1")->value.has_value());
}

TEST_CASE("read cache: a customer reads back sealed", "[read_cache]") {
  Fixture f;
  const Position position = f.chain.register_customer("acme", "C1", "sealed bytes");
  auto answer = f.follow().customer("acme", "C1");
  REQUIRE(answer.ok());
  REQUIRE(answer->value.has_value());
  CHECK(answer->value->customer.sealed() == "sealed bytes");
  CHECK(answer->value->position == position_text(f.log_id, Epoch(1), position));
  CHECK_FALSE(f.follow().customer("other", "C1")->value.has_value());
}

TEST_CASE("read cache: a customer is shown as the last events left it, and nothing of before stays", "[read_cache]") {
  Fixture f;
  f.chain.register_customer("acme", "C1", "sealed before");
  schema::Event updated, blocked, merged, unmerged;
  updated.mutable_customer_updated()->set_sealed("sealed now");
  updated.mutable_customer_updated()->set_customer_group("CLUB");
  updated.mutable_customer_updated()->set_receipts_by_mail(true);
  blocked.mutable_customer_blocked();
  merged.mutable_customer_merged()->set_into_customer_id("C2");
  unmerged.mutable_customer_unmerged()->set_into_customer_id("C2");
  using schema::Consent;
  for (const schema::Event& event :
       {updated, blocked, consent_event(Consent::SMS, Consent::GRANTED),
        consent_event(Consent::EMAIL, Consent::GRANTED), consent_event(Consent::SMS, Consent::WITHDRAWN), merged}) {
    f.chain.change_customer("acme", "C1", event);
  }
  auto row = *f.follow().customer("acme", "C1")->value;
  CHECK(row.customer.customer_id() == "C1");
  CHECK(row.customer.sealed() == "sealed now");
  CHECK(row.customer.customer_group() == "CLUB");
  CHECK(row.customer.receipts_by_mail());
  CHECK(row.state.version() == 7);
  CHECK(row.state.blocked());
  CHECK(row.state.merged_into() == "C2");
  REQUIRE(row.state.consents_size() == 2);
  CHECK(row.state.consents(0).channel() == Consent::EMAIL);
  CHECK(row.state.consents(1).state() == Consent::WITHDRAWN);

  updated.mutable_customer_updated()->clear_sealed();
  updated.mutable_customer_updated()->clear_customer_group();
  updated.mutable_customer_updated()->clear_receipts_by_mail();
  f.chain.change_customer("acme", "C1", unmerged);
  f.chain.change_customer("acme", "C1", updated);
  row = *f.follow().customer("acme", "C1")->value;
  CHECK(row.customer.sealed() == "");
  CHECK(row.customer.customer_group() == "");
  CHECK_FALSE(row.customer.receipts_by_mail());
  CHECK(row.state.merged_into() == "");
  for (const auto& [key, value] : rows_of(f.follow())) CHECK(value.find("sealed") == std::string::npos);
}

TEST_CASE("read cache: nothing sealed of an erased customer stays in its row", "[read_cache]") {
  Fixture f;
  f.chain.register_customer("acme", "C1", "sealed bytes");
  schema::Event erased;
  erased.mutable_customer_erased()->set_customer_id("C1");
  f.chain.change_customer("acme", "C1", erased);
  const auto row = *f.follow().customer("acme", "C1")->value;
  CHECK(row.state.erased());
  CHECK(row.customer.customer_id() == "C1");
  CHECK(row.state.version() == 2);
  for (const auto& [key, value] : rows_of(f.follow())) CHECK(value.find("sealed") == std::string::npos);
  const auto digest = f.follow().digest();
  REQUIRE(digest.ok());
  CHECK(telling(digest.value().digests) == telling(log_digests(f.feed, f.feed.durable().position)));
}

TEST_CASE("read cache: availability answers in the order asked, zeros for what was never held", "[read_cache]") {
  Fixture f;
  f.chain.receive("acme", "s1", "tea", 1'000'000);
  f.chain.receive("acme", "s1", "cup", 300'000);
  f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 250}, {"cup", 750}}});
  const std::vector<std::string_view> skus{"cup", "none", "tea", "cup"};
  auto answer = f.follow().availability("acme", "s1", skus);
  REQUIRE(answer.ok());
  CHECK(answer->at == f.feed.durable());
  CHECK(answer->value.store_id() == "s1");
  REQUIRE(answer->value.items_size() == 4);
  CHECK(answer->value.items(0).on_hand_e5() == 200'000);
  CHECK(answer->value.items(1).sku() == "none");
  CHECK(answer->value.items(1).on_hand_e5() == 0);
  CHECK(answer->value.items(2).available_e5() == 900'000);
  CHECK(answer->value.items(3).on_hand_e5() == 200'000);
  CHECK(f.follow().availability("other", "s1", skus)->value.items(0).on_hand_e5() == 0);

  f.chain.void_sale("acme", "A1", "mistake");
  CHECK(f.follow().availability("acme", "s1", skus)->value.items(0).on_hand_e5() == 300'000);
}

TEST_CASE("read cache: what is reserved or in quarantine is on hand but not available", "[read_cache]") {
  Fixture f;
  const std::vector<std::string_view> skus{"tea"};
  f.chain.receive("acme", "s1", "tea", 1'000'000);
  schema::Event event;
  schema::StockMoved& reserved = *event.mutable_stock_reserved();
  reserved.set_on_hand_after_e5(1'000'000);
  reserved.set_reserved_after_e5(300'000);
  f.chain.append("acme", "s1", "tea", event);
  auto item = f.follow().availability("acme", "s1", skus)->value.items(0);
  CHECK(item.on_hand_e5() == 1'000'000);
  CHECK(item.available_e5() == 700'000);

  event.mutable_stock_issued()->set_quantity_e5(100'000);
  event.mutable_stock_issued()->set_on_hand_after_e5(900'000);
  event.mutable_stock_issued()->set_held_e5(300'000);
  f.chain.append("acme", "s1", "tea", event);
  CHECK(f.follow().availability("acme", "s1", skus)->value.items(0).available_e5() == 600'000);

  schema::StockMoved& committed = *event.mutable_reservation_committed();
  committed.set_quantity_e5(-300'000);
  committed.set_on_hand_after_e5(600'000);
  committed.set_quarantine_after_e5(50'000);
  f.chain.append("acme", "s1", "tea", event);
  event.mutable_stock_rule_set()->set_stock(schema::StorePolicy::ALLOW_NEGATIVE);
  const Position last = f.chain.append("acme", "s1", "tea", event);
  item = f.follow().availability("acme", "s1", skus)->value.items(0);
  CHECK(item.on_hand_e5() == 600'000);
  CHECK(item.available_e5() == 550'000);
  CHECK(telling(f.follow().digest()->digests) == telling(log_digests(f.feed, last)));
}

TEST_CASE("read cache: dashboards by store and tenant follow sales and voids", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .hour = 9, .lines = {{"tea", 200}, {"cup", 700}}});
  f.chain.sell("acme",
               {.sale_id = "A2", .hour = 14, .lines = {{"tea", 300}}, .tender = schema::Tender::CASH, .change = 200});
  f.chain.sell("acme", {.sale_id = "A3", .store = "s2", .hour = 9, .lines = {{"cup", 50}}});
  f.chain.sell("other", {.sale_id = "A1", .lines = {{"tea", 9999}}});
  schema::Dashboard board = f.dashboard("s1");
  CHECK(board.store_id() == "s1");
  CHECK(board.sales() == 2);
  CHECK(board.units_e5() == 300'000);
  CHECK(money(board.net()) == "1200 USD");
  REQUIRE(board.hours_size() == 2);
  CHECK(board.hours(0).hour() == 9);
  CHECK(money(board.hours(1).net()) == "300 USD");
  REQUIRE(board.tenders_size() == 2);
  CHECK(board.tenders(0).type() == schema::Tender::CASH);
  CHECK(money(board.tenders(0).amount()) == "300 USD");
  CHECK(money(board.tenders(1).amount()) == "900 USD");
  REQUIRE(board.top_products_size() == 2);
  CHECK(board.top_products(0).sku() == "cup");
  CHECK(board.top_products(1).units_e5() == 200'000);
  CHECK(money(f.dashboard("").net()) == "1250 USD");
  CHECK_FALSE(f.dashboard("").has_store_id());

  // The second look is answered from memory, which follows the batches.
  f.chain.void_sale("acme", "A2", "mistake");
  f.chain.sell("acme", {.sale_id = "A4", .hour = 9, .lines = {{"pot", 4000}}});
  board = f.dashboard("s1");
  CHECK(board.sales() == 2);
  CHECK(money(board.net()) == "4900 USD");
  REQUIRE(board.hours_size() == 1);
  REQUIRE(board.tenders_size() == 1);
  CHECK(board.top_products(0).sku() == "pot");
  CHECK(f.dashboard("s1", kDay + 1).sales() == 0);
  CHECK_FALSE(f.dashboard("s1", kDay + 1).has_net());
}

TEST_CASE("read cache: returns lower the dashboards, which count sales alone", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .lines = {{"tea", 300}, {"cup", 700}}, .tender = schema::Tender::CASH});
  f.chain.give_back(
      "acme", {.sale_id = "R1", .store = "s2", .hour = 11, .lines = {{"cup", 700}}, .tender = schema::Tender::CASH});
  CHECK(f.dashboard("s1").sales() == 1);
  const schema::Dashboard back = f.dashboard("s2");
  CHECK(back.sales() == 0);
  CHECK(back.units_e5() == -100'000);
  CHECK(money(back.net()) == "-700 USD");
  REQUIRE(back.hours_size() == 1);
  CHECK((back.hours(0).hour() == 11 && back.hours(0).sales() == 0));
  REQUIRE(back.tenders_size() == 1);
  CHECK(money(back.tenders(0).amount()) == "-700 USD");
  CHECK(back.top_products_size() == 0);
  const schema::Dashboard all = f.dashboard("");
  CHECK((all.sales() == 1 && all.units_e5() == 100'000));
  CHECK(money(all.net()) == "300 USD");
  CHECK(money(all.tenders(0).amount()) == "300 USD");
}

TEST_CASE("read cache: a second currency makes second members", "[read_cache]") {
  Fixture f;
  f.chain.sell("acme", {.sale_id = "A1", .currency = "USD", .lines = {{"tea", 100}}});
  f.chain.sell("acme", {.sale_id = "A2", .currency = "EUR", .lines = {{"tea", 900}}});
  f.chain.sell("acme", {.sale_id = "A3", .currency = "USD", .lines = {{"tea", 100}}});
  const schema::Dashboard board = f.dashboard("s1");
  CHECK(board.sales() == 3);
  CHECK(money(board.net()) == "200 USD");
  REQUIRE(board.other_net_size() == 1);
  CHECK(money(board.other_net(0)) == "900 EUR");
  REQUIRE(board.hours_size() == 2);
  CHECK(money(board.hours(0).net()) == "200 USD");
  CHECK(money(board.tenders(1).amount()) == "900 EUR");
  CHECK(board.top_products_size() == 2);
}

TEST_CASE("read cache: sums beyond 64 bits are kept exactly and not shown", "[read_cache]") {
  Fixture f;
  constexpr std::int64_t kHuge = 4'000'000'000'000'000'000;
  for (int i = 0; i < 3; ++i) f.chain.sell("acme", {.sale_id = "A" + std::to_string(i), .lines = {{"tea", kHuge}}});
  f.chain.sell("other", {.sale_id = "A1", .lines = {{"tea", 9999}}});
  ReadCache& cache = f.follow();
  for (int look = 0; look < 2; ++look) {  // from the rows, then from memory
    const auto board = cache.dashboard("acme", "s1", kDay);
    REQUIRE_FALSE(board.ok());
    CHECK(board.error().kind == ErrorKind::kInvalid);
    CHECK(money(cache.dashboard("other", "s1", kDay)->value.net()) == "9999 USD");
  }
  CHECK(telling(cache.digest()->digests) == telling(log_digests(f.feed, f.feed.durable().position)));
  REQUIRE(cache.rebuild({}).ok());
  f.chain.void_sale("acme", "A0", "mistake");
  CHECK(money(f.dashboard("s1").net()) == "8000000000000000000 USD");
}

TEST_CASE("read cache: at most ten products, by net, ties by SKU", "[read_cache]") {
  Fixture f;
  SaleSpec spec;
  spec.sale_id = "A1";
  for (int i = 0; i < 15; ++i)
    spec.lines.emplace_back("p" + std::string(1, static_cast<char>('a' + i)), 100 + i / 2 * 10);
  f.chain.sell("acme", spec);
  const schema::Dashboard board = f.dashboard("");
  REQUIRE(board.top_products_size() == 10);
  CHECK(board.top_products(0).sku() == "po");
  CHECK(board.top_products(1).sku() == "pm");
  CHECK(board.top_products(2).sku() == "pn");
}

TEST_CASE("read cache: streams, tenants and times lead to positions", "[read_cache]") {
  Fixture f;
  std::vector<Position> tea;
  tea.push_back(f.chain.receive("acme", "s1", "tea", 50'000'000));
  for (int i = 0; i < 200; ++i) {
    f.chain.sell("other", {.sale_id = "O" + std::to_string(i), .lines = {{"tea", 1}}});
    tea.push_back(f.chain.sell("acme", {.sale_id = "A" + std::to_string(i), .lines = {{"tea", 1}}}));
  }
  const Position voided = f.chain.void_sale("acme", "A3", "mistake");
  ReadCache& cache = f.follow();

  const auto history = cache.history("acme", EntityKind(schema::STOCK), "s1/tea", StreamVersion(60), 100);
  REQUIRE(history.ok());
  REQUIRE(history.value().value.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(history.value().value[i] == StreamEntry{StreamVersion(60 + i), tea[59 + i]});
  }
  const auto sale = cache.history("acme", EntityKind(schema::SALE), "A3", StreamVersion(1), 10);
  CHECK(sale.value().value == std::vector<StreamEntry>{{StreamVersion(1), tea[4]}, {StreamVersion(2), voided}});
  CHECK(cache.history("acme", EntityKind(schema::SALE), "none", StreamVersion(1), 10)->value.empty());

  const auto after = cache.tenant_positions("acme", tea[150], 1000);
  REQUIRE(after.ok());
  REQUIRE(after.value().value.size() == 51);
  CHECK(after.value().value.front() == tea[151]);
  CHECK(after.value().value.back() == voided);
  CHECK(cache.tenant_positions("acme", Position(0), 1000)->value.size() == 202);
  CHECK(cache.tenant_positions("nobody", Position(0), 1000)->value.empty());

  const Micros time(f.feed.all()[tea[100].value() - 1]->record().recorded_at_us());
  CHECK(cache.tenant_position_at("acme", time)->value == tea[100]);
  CHECK(cache.tenant_position_at("acme", Micros(time.value() - 1))->value == tea[99]);
  CHECK(cache.tenant_position_at("acme", Micros(1))->value == Position(0));
}

TEST_CASE("read cache: the digest is the log's", "[read_cache]") {
  Fixture f;
  f.chain.receive("acme", "s1", "tea", 1'000'000);
  f.chain.register_customer("acme", "C1", "");
  f.chain.sell_many("acme", "A", 100);
  f.chain.give_back("acme", {.sale_id = "R1", .lines = {{"tea", 100}, {"cup", 50}}});
  f.chain.sell_many("other", "A", 30);
  const auto digest = f.follow().digest();
  REQUIRE(digest.ok());
  CHECK(digest.value().at == f.feed.durable());
  CHECK(telling(digest.value().digests) == telling(log_digests(f.feed, f.feed.durable().position)));
}

TEST_CASE("read cache: dashboards asked for during a stream of sales are never behind nor doubled", "[read_cache]") {
  Fixture f;
  ReadCache& cache = f.follow();
  std::thread seller([&] { f.chain.sell_many("acme", "A", 3000); });
  std::map<std::string, std::int64_t> seen;
  for (int i = 0; i < 300; ++i) {
    const Position durable = f.feed.durable().position;
    REQUIRE(cache.wait_for(durable, kPatience));
    const auto board = cache.dashboard("acme", "s" + std::to_string(1 + i % 3), kDay + i % 2);
    REQUIRE(board.ok());
    CHECK(board.value().at.position >= durable);
  }
  seller.join();
  std::int64_t stores = 0;
  for (int store = 1; store <= 3; ++store) {
    for (int day = 0; day < 2; ++day) stores += f.dashboard("s" + std::to_string(store), kDay + day).sales();
  }
  CHECK(stores == 2700);
  CHECK(f.dashboard("", kDay).sales() + f.dashboard("", kDay + 1).sales() == 2700);
}

}  // namespace till
