// Sales that reach their shift after it has ended: row 3 of section 5.3 of the domain catalogue, and D2, D4, D5.
#include <string>

#include <catch2/catch.hpp>

#include "tests/offline_queue.h"

namespace till::testing {
namespace {

using schema::Command;

void open_shift(MemoryTill& till, const std::string& shift_id) {
  Command command;
  auto& open = *command.mutable_open_shift();
  open.set_shift_id(shift_id);
  open.set_store_id("S1");
  open.set_terminal_id("T1");
  open.mutable_opening_float()->set_currency("EUR");
  must_accept(till, command);
}

// Counts `cash` and closes.
void close_shift(MemoryTill& till, const std::string& shift_id, std::int64_t cash) {
  Command command;
  command.mutable_end_shift()->set_shift_id(shift_id);
  must_accept(till, command);
  auto& count = *command.mutable_count_shift();
  count.set_shift_id(shift_id);
  count.set_count_id("count-" + shift_id);
  auto& counted = *count.add_counted();
  counted.set_type(schema::Tender::CASH);
  counted.mutable_amount()->set_amount(cash);
  counted.mutable_amount()->set_currency("EUR");
  must_accept(till, command);
  command.mutable_close_shift()->set_shift_id(shift_id);
  must_accept(till, command);
}

const schema::ShiftState& shift(MemoryTill& till, const std::string& shift_id) {
  const auto* state = till.books().get<schema::ShiftState>(kind_of(schema::SHIFT), shift_id);
  REQUIRE(state != nullptr);
  return *state;
}

}  // namespace

TEST_CASE("5.3 row 3: a sale that is late for its shift is attached, the Z keeps its totals (D4, D5)", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  open_shift(till, "SH1");
  OfflineQueue queue;
  queue.add(offline_sale(1, 2, "SH1"));
  queue.add(offline_sale(2, 3, "SH1"));
  CHECK(send_entry(till, queue[0]) == "accepted");
  close_shift(till, "SH1", 500);
  const std::string z = shift(till, "SH1").totals().SerializeAsString();
  CHECK(send_entry(till, queue[1]) == "accepted");
  const schema::ShiftState& closed = shift(till, "SH1");
  CHECK(closed.totals().SerializeAsString() == z);
  CHECK(closed.expected_cash().amount() == 200);
  CHECK(closed.grand_total().amount() == 200);
  CHECK(closed.late_sales() == 1);
  CHECK(closed.corrections().total().amount() == 300);
  CHECK(closed.corrected_cash().amount() == 300);
  // The next Z goes on from the corrected grand total.
  open_shift(till, "SH2");
  queue.add(offline_sale(3, 1, "SH2"));
  CHECK(send_entry(till, queue[2]) == "accepted");
  close_shift(till, "SH2", 100);
  CHECK(shift(till, "SH2").grand_total().amount() == 600);
  CHECK(shift(till, "SH2").z_no() == 2);
}

TEST_CASE("a void that is late for its shift takes back what the sale brought", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  open_shift(till, "SH1");
  OfflineQueue queue;
  queue.add(offline_sale(1, 2, "SH1"));
  CHECK(send_entry(till, queue[0]) == "accepted");
  close_shift(till, "SH1", 0);
  schema::OfflineCommand reverse;
  reverse.mutable_void_sale()->set_sale_id("V1");
  reverse.mutable_void_sale()->set_reason("typed wrong");
  queue.add(reverse);
  CHECK(send_entry(till, queue[1]) == "accepted");
  CHECK(shift(till, "SH1").corrections().total().amount() == -200);
  const auto* drawer = till.books().get<schema::DrawerState>(kind_of(schema::DRAWER), "T1");
  REQUIRE(drawer != nullptr);
  CHECK(drawer->grand_total().amount() == 0);
}

TEST_CASE("D2: what is counted before a late sale comes differs by that sale less", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  open_shift(till, "SH1");
  Command command;
  command.mutable_end_shift()->set_shift_id("SH1");
  must_accept(till, command);
  auto& count = *command.mutable_count_shift();
  count.set_shift_id("SH1");
  count.set_count_id("C1");
  count.add_counted()->set_type(schema::Tender::CASH);
  count.mutable_counted(0)->mutable_amount()->set_amount(200);
  count.mutable_counted(0)->mutable_amount()->set_currency("EUR");
  must_accept(till, command);
  CHECK(shift(till, "SH1").over_short().amount() == 200);
  OfflineQueue queue;
  queue.add(offline_sale(1, 2, "SH1"));
  CHECK(send_entry(till, queue[0]) == "accepted");
  CHECK(shift(till, "SH1").over_short().amount() == 0);
  CHECK(shift(till, "SH1").totals().total().amount() == 200);
}

}  // namespace till::testing
