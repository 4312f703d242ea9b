// Sales that reach their shift after it has ended: row 3 of section 5.3 of the domain catalogue, and D2, D4, D5.
#include <algorithm>
#include <string>
#include <variant>

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

// Of the transaction that closes a shift of so many sales: bytes of its events. It looks at what was foreseen and at
// the tenant.
std::size_t bytes_of_close(int sales) {
  MemoryTill till;
  open_offline_store(till);
  open_shift(till, "SH1");
  for (int i = 1; i <= sales; ++i) {
    Command command;
    *command.mutable_ring_up_sale() = offline_sale(static_cast<std::uint64_t>(i), 1, "SH1");
    must_accept(till, command);
  }
  close_shift(till, "SH1", 0);
  for (const EntityKey& look : till.unforeseen()) {
    CHECK((look.first == schema::TENANT || look.first == schema::STORE || look.first == schema::DRAWER));
  }
  std::size_t bytes = 0;
  for (const schema::RecordedEvent& event : till.log().back().events()) bytes += event.payload().size();
  return bytes;
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
  const MemoryTill::Sent sent = till.send(queue[0]);
  REQUIRE(std::holds_alternative<Acceptance>(sent.decision));
  const schema::ShiftState& counted = shift(till, "SH1");
  CHECK(counted.over_short().amount() == 0);
  CHECK(counted.totals().total().amount() == 200);
  REQUIRE(counted.variances_size() == 1);
  CHECK(counted.variances(0).expected().amount() == 200);
  CHECK(counted.variances(0).over_short().amount() == 0);

  // The event says so itself, for views that know no totals.
  const auto late = std::find_if(sent.events.begin(), sent.events.end(),
                                 [](const schema::Event& event) { return event.has_late_sale_attached(); });
  REQUIRE(late != sent.events.end());
  REQUIRE(late->late_sale_attached().variances_size() == 1);
  CHECK(late->late_sale_attached().variances(0).SerializeAsString() == counted.variances(0).SerializeAsString());
}

TEST_CASE("D6: closing a shift takes as much after a thousand sales as after one, but for longer numbers") {
  constexpr std::size_t kLongerNumbers = 40;
  CHECK(bytes_of_close(1'000) <= bytes_of_close(1) + kLongerNumbers);
}

}  // namespace till::testing
