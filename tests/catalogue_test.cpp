// What the catalogue tells the sales: prices by time and quantity, coupons, versions of products.
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "commands/coupon.h"
#include "commands/price.h"
#include "commands/product_status.h"
#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using Window = schema::PriceState::Window;

Window window_of(const std::string& id, std::int64_t from, std::int64_t to, std::int64_t min_quantity_e5 = 0) {
  Window window;
  window.set_price_id(id);
  window.set_valid_from_us(from);
  if (to != 0) window.set_valid_to_us(to);
  window.set_min_quantity_e5(min_quantity_e5);
  return window;
}

std::string price_id_at(const schema::PriceState& state, std::int64_t at, std::int64_t quantity_e5 = 100'000) {
  const Window* window = price_at(state, Micros(at), quantity_e5);
  return window == nullptr ? "" : window->price_id();
}

// A coupon for one use, and what the rules of a sale would do with it.
class CouponDesk {
 public:
  CouponDesk() {
    schema::Command command;
    command.mutable_define_coupon()->set_coupon_id("ONCE");
    command.mutable_define_coupon()->set_percent_ppm(100'000);
    command.mutable_define_coupon()->set_single_use(true);
    must(till_, command);
  }

  std::string reserve(std::string_view coupon, std::string_view sale) {
    return run([&](const Deciding& deciding, Acceptance& accepted) {
      return reserve_coupon(deciding, coupon, sale, "/coupons/0", accepted);
    });
  }
  std::string redeem(std::string_view coupon, std::string_view sale) {
    return run([&](const Deciding& deciding, Acceptance& accepted) {
      return redeem_coupon(deciding, coupon, sale, "/coupons/0", CouponTime::kChecked, accepted);
    });
  }
  std::string release(std::string_view coupon, std::string_view sale) {
    return run([&](const Deciding& deciding, Acceptance& accepted) -> Refusal {
      release_coupon(deciding, coupon, sale, accepted);
      return std::nullopt;
    });
  }
  std::string restore(std::string_view coupon, std::string_view sale) {
    return run([&](const Deciding& deciding, Acceptance& accepted) -> Refusal {
      restore_coupon(deciding, coupon, sale, accepted);
      return std::nullopt;
    });
  }

 private:
  // The code of the refusal with its pointer, or the number of events.
  template <class Act>
  std::string run(const Act& act) {
    google::protobuf::Arena arena;
    DecideContext context;
    context.recorded_at = Micros(kTestStartUs);
    context.arena = &arena;
    const ZoneTables zones = test_zones();
    const Deciding deciding{context, till_.books(), zones, till_.domain()};
    Acceptance accepted;
    if (const Refusal refusal = act(deciding, accepted)) return std::string(refusal->code) + " " + refusal->pointer;
    schema::Record record;
    for (const auto& event : accepted.events) {
      schema::RecordedEvent& recorded = *record.add_events();
      recorded.set_type(event.type);
      recorded.set_stream_kind(event.kind.value());
      recorded.set_stream_id(event.stream_id);
      recorded.set_payload(event.message->SerializeAsString());
    }
    till_.books().apply(record);
    return std::to_string(accepted.events.size());
  }

  MemoryTill till_;
};

}  // namespace

TEST_CASE("the price of a moment is that of the window around it", "[commands][price]") {
  schema::PriceState state;
  CHECK(price_id_at(state, 5) == "");
  *state.add_windows() = window_of("spring", 100, 200);
  *state.add_windows() = window_of("summer", 200, 0);
  CHECK(price_id_at(state, 99) == "");
  CHECK(price_id_at(state, 100) == "spring");
  CHECK(price_id_at(state, 199) == "spring");
  CHECK(price_id_at(state, 200) == "summer");
  CHECK(price_id_at(state, 1'000'000) == "summer");
}

TEST_CASE("the largest quantity that is reached has the price", "[commands][price]") {
  schema::PriceState state;
  *state.add_windows() = window_of("dozen", 0, 0, 1'200'000);
  *state.add_windows() = window_of("one", 0, 0);
  *state.add_windows() = window_of("six", 0, 100, 600'000);
  CHECK(price_id_at(state, 50, 100'000) == "one");
  CHECK(price_id_at(state, 50, 599'999) == "one");
  CHECK(price_id_at(state, 50, 600'000) == "six");
  CHECK(price_id_at(state, 150, 600'000) == "one");
  CHECK(price_id_at(state, 150, 5'000'000) == "dozen");
}

TEST_CASE("accepted windows of one quantity never overlap", "[commands][price][property]") {
  CHECK(rc::check([] {
    MemoryTill till;
    schema::Command command;
    auto& product = *command.mutable_upsert_product();
    product.set_sku("A");
    product.mutable_unit_price()->set_amount(1);
    product.mutable_unit_price()->set_currency("EUR");
    till.send(command);
    for (int i = 0; i < 20; ++i) {
      schema::SetPrice& set = *command.mutable_set_price();
      set.set_price_id("P" + std::to_string(i));
      set.set_price_list("L");
      set.set_sku("A");
      *set.mutable_price() = schema::UnitPrice();
      set.mutable_price()->set_amount(1);
      set.mutable_price()->set_currency("EUR");
      set.set_valid_from_us(*rc::gen::inRange<std::int64_t>(1, 50));
      set.set_valid_to_us(*rc::gen::inRange<std::int64_t>(1, 60));
      till.send(command);
    }
    const auto* state = till.books().get<schema::PriceState>(kind_of(schema::PRICE), price_entity_id("L", "A"));
    for (std::int64_t at = 0; at < 60; ++at) {
      int holding = 0;
      for (int i = 0; state != nullptr && i < state->windows_size(); ++i) {
        if (at >= state->windows(i).valid_from_us() && at < state->windows(i).valid_to_us()) ++holding;
      }
      RC_ASSERT(holding <= 1);
    }
  }));
}

TEST_CASE("a sale holds, uses and gives up a coupon", "[commands][coupon]") {
  CouponDesk desk;
  CHECK(desk.reserve("NONE", "V1") == "COUPON_INVALID /coupons/0");
  CHECK(desk.redeem("NONE", "V1") == "COUPON_INVALID /coupons/0");
  CHECK(desk.release("NONE", "V1") == "0");
  CHECK(desk.restore("NONE", "V1") == "0");
  CHECK(desk.reserve("ONCE", "V1") == "1");
  CHECK(desk.reserve("ONCE", "V1") == "1");
  CHECK(desk.redeem("ONCE", "V2") == "COUPON_RESERVED /coupons/0");
  CHECK(desk.release("ONCE", "V1") == "1");
  CHECK(desk.reserve("ONCE", "V2") == "1");
  CHECK(desk.redeem("ONCE", "V2") == "1");
  CHECK(desk.redeem("ONCE", "V2") == "COUPON_ALREADY_USED /coupons/0");
}

TEST_CASE("a voided sale gives its coupon back", "[commands][coupon]") {
  CouponDesk desk;
  CHECK(desk.restore("ONCE", "V1") == "0");
  CHECK(desk.redeem("ONCE", "V1") == "1");
  CHECK(desk.restore("ONCE", "V1") == "1");
  CHECK(desk.redeem("ONCE", "V2") == "1");
  CHECK(desk.redeem("ONCE", "V3") == "COUPON_ALREADY_USED /coupons/0");
}

TEST_CASE("the largest batch of products fits a record", "[commands][product]") {
  constexpr std::size_t kRecordBytesMost = 512 * 1024;
  MemoryTill till;
  schema::Command command;
  auto& batch = *command.mutable_batch_upsert_catalog();
  batch.set_batch_id(std::string(64, 'B'));
  for (int i = 0; i < 500; ++i) {
    schema::UpsertProduct& product = *batch.add_products();
    product.set_sku(std::to_string(1'000 + i) + std::string(60, 'x'));
    product.set_name(std::string(255, 'n'));
    product.set_category(std::string(128, 'c'));
    product.set_tax_code(std::string(64, 't'));
    for (schema::UnitPrice* price :
         {product.mutable_unit_price(), product.mutable_unit_cost(), product.mutable_min_price()}) {
      price->set_amount_e4(100'000'000'000'000'000);
      price->set_currency("EUR");
    }
    product.set_age_restricted(true);
    product.set_serial_required(true);
    product.set_batch_required(true);
    product.set_final_sale(true);
  }
  must(till, command);
  CHECK(till.log().back().events_size() == 501);
  CHECK(till.log().back().ByteSizeLong() + 4'096 < kRecordBytesMost);  // what only the engine writes is smaller
}

TEST_CASE("a price that is removed before it begins leaves no window", "[commands][price]") {
  MemoryTill till;
  schema::Command command;
  command.mutable_upsert_product()->set_sku("A");
  command.mutable_upsert_product()->mutable_unit_price()->set_amount(1);
  command.mutable_upsert_product()->mutable_unit_price()->set_currency("EUR");
  must(till, command);
  for (const char* id : {"past", "next"}) {
    schema::SetPrice& set = *command.mutable_set_price();
    set.set_price_id(id);
    set.set_price_list("L");
    set.set_sku("A");
    set.mutable_price()->set_amount(1);
    set.mutable_price()->set_currency("EUR");
    set.set_valid_from_us(id == std::string("past") ? 1 : kTestStartUs + 1);
    if (id == std::string("past")) set.set_valid_to_us(kTestStartUs + 1);
    must(till, command);
    command.Clear();
  }
  for (const char* id : {"past", "next"}) {
    command.mutable_remove_price()->set_price_id(id);
    command.mutable_remove_price()->set_price_list("L");
    command.mutable_remove_price()->set_sku("A");
    must(till, command);
  }
  const auto* state = till.books().get<schema::PriceState>(kind_of(schema::PRICE), price_entity_id("L", "A"));
  REQUIRE(state->windows_size() == 1);
  CHECK(state->windows(0).price_id() == "past");
  CHECK(state->windows(0).valid_to_us() == kTestStartUs);
}

TEST_CASE("events from before versions raise the version as well", "[commands][product]") {
  MemoryTill till;
  schema::Event event;
  event.mutable_product_upserted()->set_sku("A");
  schema::ProductState state;
  till.domain().evolve(kind_of(schema::PRODUCT), state, event, schema::Record());
  CHECK(state.version() == 1);
  till.domain().evolve(kind_of(schema::PRODUCT), state, event, schema::Record());
  CHECK(state.version() == 2);
}

TEST_CASE("a batch that is named is sold unless it is recalled", "[commands][product]") {
  schema::ProductState product;
  CHECK_FALSE(may_be_blocked(product));
  product.add_recalled_batches("L-17");
  CHECK(may_be_blocked(product));
  CHECK_FALSE(check_sellable(product, "L-18", "/batch"));
  CHECK_FALSE(check_sellable(product, "", "/sku"));
  REQUIRE(check_sellable(product, "L-17", "/batch"));
  CHECK(check_sellable(product, "L-17", "/batch")->code == "PRODUCT_RECALLED");
  product.mutable_product()->set_batch_required(true);
  CHECK(check_sellable(product, "", "/sku"));
  CHECK_FALSE(check_sellable(product, "L-18", "/batch"));
  product.set_recalled(true);
  CHECK(check_sellable(product, "L-18", "/batch"));
}

}  // namespace till::testing
