// The invariants of stock by number, on random histories of every command that moves it: two stores, three articles.
// A failure prints the seed and the smallest counterexample found.
#include <array>
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/stock_move.h"
#include "tests/memory_books.h"
#include "tests/random_stock.h"

namespace till::testing {
namespace {

using schema::Command;
using schema::Event;

// A history, and the sums that its events lead to by rules of their own.
class Shop {
 public:
  Shop() { open_stores(till_); }

  void step(int number) {
    till_.set_now(till_.now() + kStepUs);
    const Command command = random_stock_command(number, till_.now(), sequence_);
    const schema::StockState before = command.has_ring_up_sale() ? sold_item(command) : schema::StockState();
    const auto sent = till_.send(command);
    if (!std::holds_alternative<Acceptance>(sent.decision)) return;
    if (command.has_ring_up_sale()) check_late_sale(command.ring_up_sale(), before, sold_item(command));
    if (command.has_ring_up_sale()) ++sequence_[command.ring_up_sale().store_id() == kStores[0] ? 0 : 1];
    for (const Event& event : sent.events) add(event);
    if (command.has_post_count()) check_counts(sent.events);
  }

  void check() {
    std::map<std::string, std::int64_t> reserved;
    for (int i = 0; i < kIds; ++i) {
      const auto* kept = till_.books().get<schema::ReservationState>(kind_of(schema::RESERVATION), shared_id(i));
      if (kept == nullptr || kept->status() != schema::Reservation::ACTIVE) continue;
      for (const auto& line : kept->lines()) reserved[stock_id(kept->store_id(), line.sku())] += line.quantity_e5();
    }
    for (const std::string& store : kStores) {
      for (const std::string& sku : kArticles) check_item(stock_id(store, sku), reserved[stock_id(store, sku)]);
    }
    check_transfers();
  }

 private:
  const schema::StockState& item(const std::string& id) { return stock_item(till_.books(), id); }
  // Of a sale of one line.
  const schema::StockState& sold_item(const Command& command) {
    return item(stock_id(command.ring_up_sale().store_id(), command.ring_up_sale().lines(0).sku()));
  }

  // V4: what was sold before the last posted count was counted as gone.
  static void check_late_sale(const schema::RingUpSale& sale, const schema::StockState& before,
                              const schema::StockState& after) {
    const bool seen = before.has_posted() && sale.occurred_at_us() <= before.posted().counted_at_us();
    const std::int64_t gone = seen ? 0 : sale.lines(0).quantity_e5();
    RC_ASSERT(after.on_hand_e5() == before.on_hand_e5() - gone);
  }

  // Each event says what it leaves, and that is what its own change makes of what was before.
  void add(const Event& event) {
    const auto& record = till_.log().back();
    const std::int64_t at_us = record.occurred_at_us() != 0 ? record.occurred_at_us() : record.recorded_at_us();
    if (event.has_stock_issued()) add_move(event.stock_issued(), -event.stock_issued().quantity_e5(), at_us);
    if (event.has_stock_restored()) add_move(event.stock_restored(), event.stock_restored().quantity_e5(), at_us);
    if (event.has_stock_received()) add_move(event.stock_received(), event.stock_received().quantity_e5(), at_us);
    if (event.has_stock_adjusted()) add_move(event.stock_adjusted(), event.stock_adjusted().delta_e5(), at_us);
    const auto* field = Event::descriptor()->FindFieldByNumber(event.event_case());
    if (field->message_type() != schema::StockMoved::descriptor()) return;
    const auto& e = static_cast<const schema::StockMoved&>(event.GetReflection()->GetMessage(event, field));
    add_move(e, e.quantity_e5(), at_us);
    RC_ASSERT(e.reserved_after_e5() >= 0 && e.quarantine_after_e5() >= 0);
    RC_ASSERT(e.on_hand_after_e5() - e.reserved_after_e5() - e.quarantine_after_e5() >= 0);
    if (event.has_stock_shipped() || event.has_transfer_received() || event.has_transfer_returned()) {
      in_transit_[e.sku()] -= e.quantity_e5();
    }
  }

  template <class Fact>
  void add_move(const Fact& fact, std::int64_t change_e5, std::int64_t at_us) {
    const std::string id = stock_id(fact.store_id(), fact.sku());
    const auto [level, fresh] = levels_.try_emplace(id, kOpeningE5);
    level->second += change_e5;
    RC_ASSERT(level->second == fact.on_hand_after_e5());
    moved_.push_back({id, at_us, change_e5});
  }

  // V1, V2 and the identity of section 2.4, under DENY.
  void check_item(const std::string& id, std::int64_t reserved_e5) {
    const schema::StockState& state = item(id);
    RC_ASSERT(state.reserved_e5() == reserved_e5);
    RC_ASSERT(state.on_hand_e5() == available_e5(state) + state.reserved_e5() + state.quarantine_e5());
    RC_ASSERT(state.quarantine_e5() >= 0);
    RC_ASSERT(available_e5(state) >= 0);
    RC_ASSERT(state.on_hand_e5() >= state.reserved_e5());
    if (const auto known = levels_.find(id); known != levels_.end()) RC_ASSERT(state.on_hand_e5() == known->second);
  }

  // V5 for each transfer, V6 for all: what left shelves and came to none is under way or was damaged.
  void check_transfers() {
    std::map<std::string, std::int64_t> away;
    for (int i = 0; i < kIds; ++i) {
      const auto* transfer = till_.books().get<schema::TransferState>(kind_of(schema::TRANSFER), shared_id(i));
      if (transfer == nullptr) continue;
      RC_ASSERT(transfer->from_store_id() != transfer->to_store_id());
      for (const auto& line : transfer->lines()) {
        const std::int64_t parts = line.received_e5() + line.damaged_e5() + line.cancelled_e5() + line.pending_e5();
        const bool shipped = transfer->status() != schema::TransferState::DRAFT && parts != 0;
        RC_ASSERT(parts == (shipped ? line.quantity_e5() : 0));
        RC_ASSERT(line.pending_e5() >= 0);
        if (transfer->status() == schema::TransferState::COMPLETED) RC_ASSERT(line.pending_e5() == 0);
        away[line.sku()] += line.pending_e5() + line.damaged_e5();
      }
    }
    for (const std::string& sku : kArticles) RC_ASSERT(away[sku] == in_transit_[sku]);
  }

  // V4: after the post, an item is what was counted and all that moved after that moment, whatever came in between.
  void check_counts(const std::vector<Event>& events) {
    const auto* sheet = till_.books().get<schema::CountSheetState>(kind_of(schema::COUNT_SHEET),
                                                                   events.front().count_posted().count_id());
    for (const auto& line : sheet->lines()) {
      if (!line.has_counted_e5()) continue;
      const std::string id = stock_id(sheet->store_id(), line.sku());
      std::int64_t wanted = line.counted_e5();
      for (const Moved& moved : moved_) {
        const bool correction = moved.at_us == till_.now();
        if (moved.id == id && moved.at_us > line.counted_at_us() && !correction) wanted += moved.quantity_e5;
      }
      RC_ASSERT(item(id).on_hand_e5() == wanted);
    }
  }

  struct Moved {
    std::string id;
    std::int64_t at_us;
    std::int64_t quantity_e5;
  };

  MemoryTill till_;
  std::array<std::uint64_t, 2> sequence_{};
  std::map<std::string, std::int64_t> levels_;      // by item, from the events
  std::map<std::string, std::int64_t> in_transit_;  // by article, from the events: shipped, and on no shelf
  std::vector<Moved> moved_;
};

}  // namespace

TEST_CASE("V1 V2 V4 V5 V6 hold in any history of stock", "[commands][invariants]") {
  CHECK(rc::check([] {
    Shop shop;
    const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 300));
    for (int i = 0; i < steps; ++i) {
      shop.step(i);
      shop.check();
    }
  }));
}

TEST_CASE("an item in a count keeps its latest movements", "[commands][invariants]") {
  MemoryTill till;
  open_stores(till);
  Command command;
  command.mutable_start_count()->set_count_id("C1");
  command.mutable_start_count()->set_store_id("S1");
  command.mutable_start_count()->add_skus("A");
  must(till, command);
  const std::int64_t began_us = till.now();
  for (int i = 0; i < 300; ++i) {
    till.set_now(till.now() + kStepUs);
    auto& adjust = *command.mutable_adjust_stock();
    adjust.set_adjustment_id(step_id(i));
    adjust.set_store_id("S1");
    adjust.set_sku("A");
    adjust.set_delta_e5(1);
    adjust.set_reason(schema::AdjustStock::FOUND);
    must(till, command);
  }
  const auto& item = stock_item(till.books(), "S1/A");
  CHECK(item.count().movements_size() == 256);
  CHECK(item.count().kept_since_us() == began_us + 44 * kStepUs);
  auto& record = *command.mutable_record_count();
  record.set_count_id("C1");
  record.set_sku("A");
  record.set_quantity_e5(1'500'044);
  record.set_counted_at_us(began_us + 44 * kStepUs - 1);
  const auto refused = till.send(command);
  REQUIRE(std::holds_alternative<Rejection>(refused.decision));
  CHECK(std::get<Rejection>(refused.decision).code == "COUNT_TOO_OLD");
  command.mutable_record_count()->set_counted_at_us(began_us + 44 * kStepUs);
  must(till, command);
  command.mutable_post_count()->set_count_id("C1");
  must(till, command);
  CHECK(stock_item(till.books(), "S1/A").on_hand_e5() == 1'500'300);
  CHECK_FALSE(stock_item(till.books(), "S1/A").has_count());
}

TEST_CASE("returned goods go for sale, into quarantine or to waste", "[commands][invariants]") {
  MemoryTill till;
  open_stores(till);
  google::protobuf::Arena arena;
  DecideContext context;
  context.arena = &arena;
  const ZoneTables zones;
  const Deciding deciding{context, till.books(), zones, till.domain()};
  Acceptance accepted;
  using schema::Disposition;
  for (const auto place : {Disposition::IN_STOCK, Disposition::QUARANTINE, Disposition::WASTE}) {
    CHECK_FALSE(return_stock(deciding, "S1", "A", 100'000, place, "R1", "/lines/0", accepted));
  }
  CHECK_FALSE(return_stock(deciding, "S2", "A", 100'000, Disposition::IN_STOCK, "R1", "/lines/1", accepted));
  REQUIRE(accepted.events.size() == 4);
  const auto told = [&](std::size_t index) {
    return static_cast<const Event&>(*accepted.events[index].message).stock_returned();
  };
  CHECK(told(0).on_hand_after_e5() == kOpeningE5 + 100'000);
  CHECK(told(1).on_hand_after_e5() == kOpeningE5 + 200'000);
  CHECK(told(1).quarantine_after_e5() == 100'000);
  CHECK(told(2).quantity_e5() == 0);
  CHECK(told(2).handled_e5() == 100'000);
  CHECK(told(2).on_hand_after_e5() == kOpeningE5 + 200'000);
  CHECK(told(3).on_hand_after_e5() == kOpeningE5 + 100'000);
  const auto refused =
      return_stock(deciding, "S1", "A", 1'000'000'000'000'000'000, Disposition::IN_STOCK, "R1", "/lines/2", accepted);
  REQUIRE(refused);
  CHECK(refused->code == "QUANTITY_INVALID");
  CHECK(refused->pointer == "/lines/2");
}

TEST_CASE("an item without settings is folded to its level alone", "[commands][invariants]") {
  MemoryTill till;
  open_stores(till);
  const auto& item = stock_item(till.books(), "S1/A");
  schema::StockState plain;
  plain.set_on_hand_e5(item.on_hand_e5());
  CHECK(item.SerializeAsString() == plain.SerializeAsString());
}

}  // namespace till::testing
