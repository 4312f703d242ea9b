// A store's list of open shifts against the shifts themselves, in any history.
#include <map>
#include <string>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::Command;

constexpr int kTerminals = 4;  // half of them in each store
constexpr int kShifts = 6;     // ids that are tried
constexpr std::int64_t kStepUs = 3'600'000'000;

std::string name(const char* kind, int number) {
  return kind + std::to_string(number);
}

void open_stores_with_terminals(MemoryTill& till) {
  Command command;
  for (int store = 0; store < 2; ++store) {
    command.mutable_upsert_store()->set_store_id(name("S", store));
    must(till, command);
    for (int terminal = store; terminal < kTerminals; terminal += 2) {
      command.mutable_register_terminal()->set_store_id(name("S", store));
      command.mutable_register_terminal()->set_terminal_id(name("T", terminal));
      must(till, command);
    }
  }
}

Command random_shift_command(int step) {
  Command command;
  const std::string shift = name("SH", *rc::gen::inRange(0, kShifts));
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
    case 1: {
      const int terminal = *rc::gen::inRange(0, kTerminals);
      auto& open = *command.mutable_open_shift();
      open.set_shift_id(shift + "-" + std::to_string(*rc::gen::inRange(0, 3)));
      open.set_store_id(name("S", terminal % 2));
      open.set_terminal_id(name("T", terminal));
      open.mutable_opening_float()->set_currency("EUR");
      break;
    }
    case 2:
      command.mutable_end_shift()->set_shift_id(shift + "-" + std::to_string(*rc::gen::inRange(0, 3)));
      break;
    case 3: {
      auto& count = *command.mutable_count_shift();
      count.set_shift_id(shift + "-" + std::to_string(*rc::gen::inRange(0, 3)));
      count.set_count_id(name("C", step));
      count.add_counted()->set_type(schema::Tender::CASH);
      count.mutable_counted(0)->mutable_amount()->set_currency("EUR");
      break;
    }
    default:
      command.mutable_close_shift()->set_shift_id(shift + "-" + std::to_string(*rc::gen::inRange(0, 3)));
  }
  return command;
}

// What the shifts say: open ones of a store, by their ids.
std::map<std::string, std::int32_t> open_shifts_of(MemoryTill& till, const std::string& store) {
  std::map<std::string, std::int32_t> open;
  for (int i = 0; i < kShifts; ++i) {
    for (int j = 0; j < 3; ++j) {
      const std::string id = name("SH", i) + "-" + std::to_string(j);
      const auto* shift = till.books().get<schema::ShiftState>(kind_of(schema::SHIFT), id);
      if (shift == nullptr || shift->store_id() != store || shift->status() == schema::ShiftState::CLOSED) continue;
      open[id] = shift->business_date();
    }
  }
  return open;
}

std::map<std::string, std::int32_t> listed_shifts_of(MemoryTill& till, const std::string& store) {
  std::map<std::string, std::int32_t> listed;
  const auto* list = till.books().get<schema::StoreShiftsState>(kind_of(schema::STORE_SHIFTS), store);
  if (list == nullptr) return listed;
  for (const auto& shift : list->shifts()) listed[shift.shift_id()] = shift.business_date();
  RC_ASSERT(list->more() == 0u);
  return listed;
}

}  // namespace

TEST_CASE("a store lists its open shifts, no more and no fewer", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_stores_with_terminals(till);
    const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 120));
    for (int i = 0; i < steps; ++i) {
      till.set_now(till.now() + kStepUs);
      till.send(random_shift_command(i));
      for (const char* store : {"S0", "S1"}) RC_ASSERT(listed_shifts_of(till, store) == open_shifts_of(till, store));
    }
  }));
}

TEST_CASE("a store with more open shifts than are listed counts the rest", "[commands][invariants]") {
  constexpr std::uint32_t kDrawers = 520;
  MemoryTill till;
  Command command;
  command.mutable_upsert_store()->set_store_id("S0");
  must(till, command);
  for (int i = 0; i < static_cast<int>(kDrawers); ++i) {
    command.mutable_register_terminal()->set_store_id("S0");
    command.mutable_register_terminal()->set_terminal_id(name("T", i));
    must(till, command);
    auto& open = *command.mutable_open_shift();
    open.set_shift_id(name("SH", i));
    open.set_store_id("S0");
    open.set_terminal_id(name("T", i));
    open.mutable_opening_float()->set_currency("EUR");
    must(till, command);
  }
  const auto* list = till.books().get<schema::StoreShiftsState>(kind_of(schema::STORE_SHIFTS), "S0");
  REQUIRE(list != nullptr);
  CHECK(list->shifts_size() == 512);
  CHECK(list->more() == 8u);
  command.mutable_open_store_day()->set_store_id("S0");
  command.mutable_open_store_day()->set_business_date("2026-03-02");
  must(till, command);
  command.mutable_close_store_day()->set_store_id("S0");
  command.mutable_close_store_day()->set_business_date("2026-03-02");
  const auto refused = till.send(command);
  REQUIRE(std::holds_alternative<Rejection>(refused.decision));
  CHECK(std::get<Rejection>(refused.decision).code == "SHIFTS_OPEN");
  command.mutable_close_store_day()->set_force(true);
  const auto forced = till.send(command);
  REQUIRE(std::holds_alternative<Acceptance>(forced.decision));
  CHECK(forced.events.front().store_day_closed().open_shifts() == kDrawers);
}

}  // namespace till::testing
