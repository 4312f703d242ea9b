// What tills did while they were away, by the rows of section 5.3 of the domain catalogue. Rows 2, 3, 6, 7, 15 and 16
// stand in tests/scenarios/record_offline.scenario as well; row 3 in tests/shift_late_test.cpp, row 14 and what
// the API adds to the others in tests/sync_test.cpp.
#include <algorithm>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/offline_quarantine.h"
#include "commands/sale_return.h"
#include "tests/offline_queue.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::Command;
using schema::OfflineEntryState;

bool is_sold(MemoryTill& till, const std::string& sale_id) {
  return till.books().find(kind_of(schema::SALE), sale_id) != nullptr;
}

std::size_t completed(const MemoryTill& till) {
  std::size_t count = 0;
  for (const schema::Record& record : till.log()) {
    count += static_cast<std::size_t>(std::ranges::count_if(record.events(), [](const auto& event) {
      return event.type() == static_cast<std::uint32_t>(schema::Event::kSaleCompleted);
    }));
  }
  return count;
}

using Fates = std::vector<std::string>;

// So many MILK of sale V1, which has one line.
schema::StartReturn milk_back(const std::string& return_id, std::int64_t units) {
  schema::StartReturn start;
  start.set_return_id(return_id);
  start.set_sale_id("V1");
  start.set_store_id("S1");
  start.set_terminal_id("T1");
  start.add_lines()->set_line_id("1");
  start.mutable_lines(0)->set_quantity_e5(units * 100'000);
  start.set_occurred_at_us(kTestStartUs);
  return start;
}

// In cash.
schema::OfflineCommand refund_of(const std::string& return_id, std::uint64_t terminal_seq, std::int64_t amount) {
  schema::OfflineCommand inside;
  schema::CompleteReturn& completion = *inside.mutable_complete_return();
  completion.set_return_id(return_id);
  completion.set_terminal_seq(terminal_seq);
  completion.set_occurred_at_us(kTestStartUs);
  completion.mutable_expected_total()->set_amount(amount);
  completion.mutable_expected_total()->set_currency("EUR");
  completion.add_refunds()->set_type(schema::Tender::CASH);
  *completion.mutable_refunds(0)->mutable_amount() = completion.expected_total();
  return inside;
}

// Of the sale's line, what the ledger has given up: at most what was sold, and what all returns say that they took.
void check_ledger(MemoryTill& till, const std::vector<std::string>& returns, std::int64_t sold) {
  std::int64_t quantity = 0;
  std::int64_t net = 0;
  for (const std::string& id : returns) {
    const auto* state = till.books().get<schema::ReturnState>(kind_of(schema::RETURN), id);
    RC_ASSERT(state != nullptr);
    RC_ASSERT(state->lines(0).over_e5() >= 0 && state->lines(0).over_e5() <= state->lines(0).quantity_e5());
    RC_ASSERT(state->total().amount() == state->lines(0).quantity_e5() / 1'000);
    quantity += state->lines(0).quantity_e5() - state->lines(0).over_e5();
    net += (state->lines(0).quantity_e5() - state->lines(0).over_e5()) / 1'000;
  }
  const schema::SaleReturnsState* ledger = sale_returns(till.books(), "V1");
  const schema::SaleReturnMoved::Line none;
  const auto& taken = ledger == nullptr || ledger->lines().empty() ? none : ledger->lines(0).taken();
  RC_ASSERT(taken.quantity_e5() == quantity);
  RC_ASSERT(taken.net() == net);
  RC_ASSERT(quantity <= sold * 100'000);
}

}  // namespace

TEST_CASE("the commands of a till that is away are those of Command, without persons or secrets", "[offline]") {
  const auto& offline = *schema::OfflineCommand::descriptor();
  REQUIRE(offline.field_count() > 0);
  for (int i = 0; i < offline.field_count(); ++i) {
    const auto& member = *offline.field(i);
    CAPTURE(member.name());
    const auto* whole = Command::descriptor()->FindFieldByNumber(member.number());
    REQUIRE(whole != nullptr);
    CHECK(whole->name() == member.name());
    CHECK(whole->message_type() == member.message_type());
    for (int j = 0; j < member.message_type()->field_count(); ++j) {
      const auto& options = member.message_type()->field(j)->options();
      CHECK_FALSE(options.GetExtension(schema::personal));
      CHECK_FALSE(options.GetExtension(schema::secret));
    }
  }
}

TEST_CASE("5.3 rows 1 and 13: a queue that is synced twice, or by two tabs, is booked once", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  for (std::uint64_t number = 1; number <= 3; ++number) queue.add(offline_sale(number));
  CHECK(send_entries(till, queue.entries()) == Fates{"accepted", "accepted", "accepted"});
  const std::size_t length = till.log().size();
  CHECK(send_entries(till, queue.entries()) == Fates{"known", "known", "known"});
  CHECK(send_entry(till, queue[1]) == "known");
  CHECK(till.log().size() == length);
  CHECK(completed(till) == 3);
  // Two tabs that queued the same sale: the second entry is a duplicate.
  queue.add(offline_sale(3));
  CHECK(send_entry(till, queue[3]) == "duplicate");
  CHECK(completed(till) == 3);
  CHECK(offline_chain(till).duplicates() == 1);
}

TEST_CASE("5.3 row 2: what came online, its answer lost, and is synced later is one sale", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  Command online;
  *online.mutable_ring_up_sale() = offline_sale(1);
  must_accept(till, online);
  OfflineQueue queue;
  queue.add(offline_sale(1));
  CHECK(send_entry(till, queue[0]) == "duplicate");
  CHECK(offline_entry(till, queue[0]).status() == OfflineEntryState::DUPLICATE);
  CHECK(completed(till) == 1);
}

TEST_CASE("5.3 rows 5 and 6: a sync that ends in the middle goes on where it was, and a gap shows", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  for (std::uint64_t number = 1; number <= 4; ++number) queue.add(offline_sale(number));
  CHECK(send_entry(till, queue[0]) == "accepted");
  CHECK(send_entry(till, queue[2]) == "refused OFFLINE_SEQUENCE_GAP");
  CHECK(offline_chain(till).last_client_seq() == 1);
  CHECK(send_entries(till, queue.entries()) == Fates{"known", "accepted", "accepted", "accepted"});
  CHECK(completed(till) == 4);
}

TEST_CASE("5.3 row 7: a number or an id that is used for another sale drops neither", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  queue.add(offline_sale(1));
  OfflineQueue clone;
  clone.add(offline_sale(1, 7));
  clone.add(offline_sale(2));
  CHECK(send_entries(till, queue.entries()) == Fates{"accepted"});
  CHECK(send_entries(till, clone.entries()) == Fates{"OFFLINE_SEQUENCE_FORK", "refused OFFLINE_CHAIN_BROKEN"});
  CHECK(send_entry(till, clone[0]) == "known");
  CHECK(offline_chain(till).last_client_seq() == 1);
  CHECK(offline_chain(till).forks() == 1);
  CHECK(offline_entry(till, clone[0]).payload() == clone[0].record_offline().payload());
  // The terminal itself goes on.
  queue.add(offline_sale(2));
  CHECK(send_entry(till, queue[1]) == "accepted");
  // The same sale id with another content.
  schema::RingUpSale other = offline_sale(3, 2);
  other.set_sale_id("V1");
  queue.add(other);
  CHECK(send_entry(till, queue[2]) == "SALE_ID_REUSED");
  CHECK(offline_entry(till, queue[2]).payload() == queue[2].record_offline().payload());
}

TEST_CASE("5.3 row 15: one bad sale blocks none after it", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  queue.add(offline_sale(1));
  schema::RingUpSale bad = offline_sale(2);
  bad.mutable_expected_total()->set_amount(1);
  queue.add(bad);
  queue.add(offline_sale(3));
  const Fates once{"accepted", "TOTAL_MISMATCH", "accepted"};
  CHECK(send_entries(till, queue.entries()) == once);
  // Three times, also backwards: once each, one in quarantine.
  CHECK(send_entries(till, queue.entries()) == Fates{"known", "known", "known"});
  std::vector<Command> backwards(queue.entries().rbegin(), queue.entries().rend());
  CHECK(send_entries(till, backwards) == Fates{"known", "known", "known"});
  CHECK(is_sold(till, "V1"));
  CHECK_FALSE(is_sold(till, "V2"));
  CHECK(is_sold(till, "V3"));
  REQUIRE(offline_chain(till).open_size() == 1);
  CHECK(offline_chain(till).open(0).client_seq() == 2);
  CHECK(offline_chain(till).open(0).code() == schema::TOTAL_MISMATCH);
  CHECK(offline_entry(till, queue[2]).consequences(0).code() == schema::TERMINAL_SEQUENCE_GAP);
}

TEST_CASE("5.3 row 16: no stock check refuses what was sold while the till was away (V1)", "[offline]") {
  MemoryTill till;
  open_offline_store(till, schema::StorePolicy::DENY);
  OfflineQueue queue;
  queue.add(offline_sale(1, 5));
  CHECK(send_entry(till, queue[0]) == "accepted");
  const auto* stock = till.books().get<schema::StockState>(kind_of(schema::STOCK), "S1/MILK");
  REQUIRE(stock != nullptr);
  CHECK(stock->on_hand_e5() == -500'000);
  CHECK(offline_entry(till, queue[0]).consequences(0).code() == schema::INSUFFICIENT_STOCK);
  Command online;
  *online.mutable_ring_up_sale() = offline_sale(2);
  CHECK(std::holds_alternative<Rejection>(till.send(online).decision));
}

TEST_CASE("property: R1 holds of a sale's ledger, whatever tills took back while they were away",
          "[offline][property]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_offline_store(till);
    const auto sold = *rc::gen::inRange<std::int64_t>(1, 6);
    Command sale;
    *sale.mutable_ring_up_sale() = offline_sale(1, sold);
    must_accept(till, sale);
    OfflineQueue queue;
    std::vector<std::string> returns;
    const int steps = *rc::gen::inRange(1, 20);
    for (int step = 0; step < steps; ++step) {
      const schema::StartReturn start =
          milk_back("B" + std::to_string(step), *rc::gen::inRange<std::int64_t>(1, sold + 1));
      const int choice = *rc::gen::inRange(0, 3);
      if (choice == 0) {
        Command online;
        *online.mutable_start_return() = start;
        if (!std::holds_alternative<Rejection>(till.send(online).decision)) returns.push_back(start.return_id());
      } else if (choice == 1 || returns.empty()) {
        schema::OfflineCommand inside;
        *inside.mutable_start_return() = start;
        queue.add(inside);
        RC_ASSERT(send_entry(till, queue.entries().back()) == "accepted");
        returns.push_back(start.return_id());
      } else {
        Command cancel;
        cancel.mutable_cancel_return()->set_return_id(returns.back());
        must_accept(till, cancel);
        returns.pop_back();
      }
      check_ledger(till, returns, sold);
    }
  }));
}

TEST_CASE("what came back beyond what was left keeps its sale from being voided", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  Command command;
  *command.mutable_ring_up_sale() = offline_sale(1, 1);
  must_accept(till, command);
  *command.mutable_start_return() = milk_back("B1", 1);
  must_accept(till, command);
  OfflineQueue queue;
  schema::OfflineCommand inside;
  *inside.mutable_start_return() = milk_back("B2", 1);
  queue.add(inside);
  queue.add(refund_of("B2", 2, 100));
  CHECK(send_entries(till, queue.entries()) == Fates(2, "accepted"));
  command.mutable_cancel_return()->set_return_id("B1");
  must_accept(till, command);
  command.mutable_void_sale()->set_sale_id("V1");
  command.mutable_void_sale()->set_reason("typed wrong");
  CHECK(code_of(till.send(command)) == "SALE_HAS_RETURNS");
}

TEST_CASE("a return that is in quarantine blocks none after it, and is known when it comes again", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  queue.add(offline_sale(1, 2));
  schema::OfflineCommand inside;
  *inside.mutable_start_return() = milk_back("B1", 3);
  queue.add(inside);
  *inside.mutable_start_return() = milk_back("B2", 2);
  queue.add(inside);
  queue.add(refund_of("B2", 2, 200));
  queue.add(offline_sale(3));
  const Fates once{"accepted", "RETURN_EXCEEDS_SOLD", "accepted", "accepted", "accepted"};
  CHECK(send_entries(till, queue.entries()) == once);
  CHECK(send_entries(till, queue.entries()) == Fates(5, "known"));
  const auto* state = till.books().get<schema::ReturnState>(kind_of(schema::RETURN), "B2");
  REQUIRE(state != nullptr);
  CHECK(state->status() == schema::ReturnState::COMPLETED);
}

TEST_CASE("the list of open entries is bounded, and what left it is still there", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  const int all = kQuarantinedListedMost + 3;
  for (int i = 1; i <= all; ++i) {
    schema::RingUpSale bad = offline_sale(static_cast<std::uint64_t>(i));
    bad.clear_lines();
    queue.add(bad);
    CHECK(send_entry(till, queue.entries().back()) == "VALIDATION_FAILED");
  }
  CHECK(offline_chain(till).open_size() == kQuarantinedListedMost);
  CHECK(offline_chain(till).open(0).client_seq() == 4);
  CHECK(offline_chain(till).quarantined() == static_cast<std::uint64_t>(all));
  Command command;
  auto& resolve = *command.mutable_resolve_quarantined();
  resolve.set_terminal_id("T1");
  resolve.set_client_seq(1);
  resolve.set_hash(queue[0].record_offline().hash());
  resolve.set_resolution(schema::OfflineResolution::WRITTEN_OFF);
  must_accept(till, command);
  CHECK(offline_entry(till, queue[0]).resolution() == schema::OfflineResolution::WRITTEN_OFF);
  resolve.set_client_seq(4);
  resolve.clear_hash();
  must_accept(till, command);
  CHECK(offline_chain(till).open_size() == kQuarantinedListedMost - 1);
}

TEST_CASE("a payload too long to be kept is not", "[offline]") {
  MemoryTill till;
  open_offline_store(till);
  OfflineQueue queue;
  schema::RingUpSale bad = offline_sale(1);
  bad.clear_lines();
  queue.add(bad);
  Command entry = queue[0];
  entry.mutable_record_offline()->set_payload(std::string(kOfflinePayloadKeptMost + 1, 'x'));
  CHECK(send_entry(till, entry) == "VALIDATION_FAILED");
  CHECK(offline_entry(till, entry).payload().empty());
}

// Whatever is sent, in whatever order and how often: each entry is booked or put aside once, in the order of the chain.
TEST_CASE("property: entries in any order, any number of times, are each kept once", "[offline][property]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_offline_store(till);
    OfflineQueue queue;
    const auto count = *rc::gen::inRange<std::uint64_t>(1, 8);
    std::size_t good = 0;
    for (std::uint64_t number = 1; number <= count; ++number) {
      schema::RingUpSale one = offline_sale(number);
      const bool bad = *rc::gen::inRange(0, 4) == 0;
      if (bad) one.mutable_expected_total()->set_amount(1);
      good += bad ? 0 : 1;
      queue.add(one);
    }
    const auto sends = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, count));
    for (const std::uint64_t index : sends) send_entry(till, queue[index]);
    send_entries(till, queue.entries());
    RC_ASSERT(completed(till) == good);
    RC_ASSERT(offline_chain(till).last_client_seq() == count);
    RC_ASSERT(offline_chain(till).recorded() == good);
    RC_ASSERT(offline_chain(till).quarantined() == count - good);
    RC_ASSERT(offline_chain(till).forks() == 0u);
  }));
}

}  // namespace till::testing
