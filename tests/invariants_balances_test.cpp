// The invariants of the domain catalogue that gift cards must keep, by number, on random histories. A failure
// prints the seed and the smallest counterexample found.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/gift_card.h"
#include "tests/memory_books.h"
#include "tests/part_of_transaction.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::GiftCardMoved;

constexpr int kCards = 3;
constexpr int kSteps = 60;
constexpr std::int64_t kFirstBalance = 1'000;
constexpr std::int64_t kSecondUs = 1'000'000;

std::string card_id(int number) {
  return "G" + std::to_string(number);
}

void set_money(schema::Money& money, std::int64_t amount) {
  money.set_amount(amount);
  money.set_currency("EUR");
}

// `seconds` until it expires; 0: never.
void activate(MemoryTill& till, const std::string& card, std::int64_t amount, int seconds = 0) {
  schema::Command command;
  auto& body = *command.mutable_activate_gift_card();
  body.set_gift_card_id(card);
  body.set_store_id("S1");
  if (seconds > 0) body.set_expires_at_us(kTestStartUs + seconds * kSecondUs);
  set_money(*body.mutable_amount(), amount);
  must(till, command);
}

// The fields that the commands of a card share.
template <class Body>
Body& about(Body& body, const std::string& card, const std::string& id) {
  body.set_gift_card_id(card);
  body.set_store_id("S1");
  body.set_activity_id(id);
  return body;
}

schema::Command hold(const std::string& card, const std::string& id, const std::string& sale, std::int64_t amount,
                     std::int64_t now_us) {
  schema::Command command;
  auto& body = *command.mutable_hold_gift_card();
  body.set_gift_card_id(card);
  body.set_hold_id(id);
  body.set_store_id("S1");
  body.set_sale_id(sale);
  if (amount % 3 == 0) body.set_expires_at_us(now_us + 5 * kSecondUs);
  set_money(*body.mutable_amount(), amount);
  return command;
}

// Captures the first hold of the card, a part of it or the whole, or releases it.
schema::Command close_hold(const schema::GiftCardState& card, std::int64_t amount) {
  schema::Command command;
  const std::string id = card.holds().empty() ? "none" : card.holds(0).hold_id();
  if (amount % 4 == 0) {
    command.mutable_release_gift_card_hold()->set_gift_card_id(card.gift_card_id());
    command.mutable_release_gift_card_hold()->set_hold_id(id);
    return command;
  }
  auto& body = *command.mutable_capture_gift_card_hold();
  body.set_gift_card_id(card.gift_card_id());
  body.set_hold_id(id);
  if (amount % 4 == 1) set_money(*body.mutable_amount(), amount / 4);
  return command;
}

// Blocks, unblocks, clears or expires.
schema::Command rare_step(const std::string& card, const std::string& id, std::int64_t amount) {
  schema::Command command;
  if (amount < 50)
    command.mutable_block_gift_card()->set_gift_card_id(card);
  else if (amount < 250)
    command.mutable_unblock_gift_card()->set_gift_card_id(card);
  else if (amount < 300)
    about(*command.mutable_clear_gift_card(), card, id).set_reason("test");
  else
    command.mutable_expire_gift_card()->set_gift_card_id(card);
  if (command.has_expire_gift_card()) command.mutable_expire_gift_card()->set_store_id("S1");
  return command;
}

const schema::GiftCardState& card_of(MemoryTill& till, const std::string& id) {
  return *till.books().get<schema::GiftCardState>(kind_of(schema::GIFT_CARD), id);
}

// Anything that may happen to a card, with amounts that now and then do not fit.
schema::Command random_step(MemoryTill& till, int step) {
  schema::Command command;
  const std::string id = "A" + std::to_string(step);
  const std::string card = card_id(*rc::gen::inRange(0, kCards));
  const std::string sale = "V" + std::to_string(*rc::gen::inRange(0, 3));
  const auto amount = *rc::gen::inRange<std::int64_t>(-2, 400);
  switch (*rc::gen::inRange(0, 10)) {
    case 0:
      set_money(*about(*command.mutable_load_gift_card(), card, id).mutable_amount(), amount);
      return command;
    case 1:
    case 2:
      set_money(*about(*command.mutable_refund_to_gift_card(), card, id).mutable_amount(), amount);
      command.mutable_refund_to_gift_card()->set_sale_id(sale);
      return command;
    case 3:
      return hold(card, id, sale, amount, till.now());
    case 4:
      return close_hold(card_of(till, card), amount);
    case 5:
      set_money(*about(*command.mutable_adjust_gift_card(), card, id).mutable_delta(), amount - 200);
      return command;
    case 6:
      about(*command.mutable_transfer_gift_card_balance(), card, id)
          .set_to_gift_card_id(card_id(*rc::gen::inRange(0, kCards)));
      return command;
    case 7:
      return rare_step(card, id, amount);
    default:
      set_money(*about(*command.mutable_redeem_gift_card(), card, id).mutable_amount(), amount);
      command.mutable_redeem_gift_card()->set_sale_id(sale);
      return command;
  }
}

// The body of an event that moves a card; null of any other.
const GiftCardMoved* moved(const schema::Event& event) {
  const auto* member = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
  if (member == nullptr || member->message_type() != GiftCardMoved::descriptor()) return nullptr;
  return static_cast<const GiftCardMoved*>(&event.GetReflection()->GetMessage(event, member));
}

bool is_transfer(const schema::Event& event) {
  return event.has_gift_card_transferred_out() || event.has_gift_card_transferred_in();
}

std::int64_t sum_of_balances(MemoryTill& till) {
  std::int64_t sum = 0;
  for (int i = 0; i < kCards; ++i) sum += card_of(till, card_id(i)).balance().amount();
  return sum;
}

std::int64_t sum_of_holds(const schema::GiftCardState& card) {
  std::int64_t sum = 0;
  for (const auto& hold : card.holds()) sum += hold.amount().amount();
  return sum;
}

// Runs `check(till, events)` after each accepted step of one random history after another; the first card expires on
// the way. `begin()` comes before each history.
template <class Begin, class Check>
bool on_random_histories(const Begin& begin, const Check& check) {
  return rc::check([&] {
    MemoryTill till;
    open_store_with_customer(till);
    for (int i = 0; i < kCards; ++i) activate(till, card_id(i), kFirstBalance, i == 0 ? 40 : 0);
    begin();
    for (int step = 1; step <= kSteps; ++step) {
      till.set_now(kTestStartUs + step * kSecondUs);
      const auto sent = till.send(random_step(till, step));
      if (std::holds_alternative<Acceptance>(sent.decision)) check(till, sent.events);
    }
  });
}

void nothing() {}

}  // namespace

TEST_CASE("G1 what is held and what is left of a card are never below zero", "[commands][invariants]") {
  CHECK(on_random_histories(nothing, [](MemoryTill& till, const std::vector<schema::Event>& events) {
    for (const schema::Event& event : events) {
      const GiftCardMoved* fact = moved(event);
      if (fact == nullptr) continue;
      RC_ASSERT(fact->held_after() >= 0);
      RC_ASSERT(fact->balance_after() - fact->held_after() >= 0);
      const schema::GiftCardState& card = card_of(till, fact->gift_card_id());
      RC_ASSERT(card.held().amount() == sum_of_holds(card));
    }
  }));
}

TEST_CASE("G2 a transfer leaves the sum of the balances", "[commands][invariants]") {
  CHECK(on_random_histories(nothing, [](MemoryTill&, const std::vector<schema::Event>& events) {
    std::int64_t sum = 0;
    for (const schema::Event& event : events) {
      if (is_transfer(event)) sum += moved(event)->amount();
    }
    RC_ASSERT(sum == 0);
  }));
}

TEST_CASE("G3 what was added less what was taken is the sum of the balances", "[commands][invariants]") {
  std::int64_t added = 0;
  std::int64_t taken = 0;
  const auto begin = [&] {
    added = kCards * kFirstBalance;
    taken = 0;
  };
  CHECK(on_random_histories(begin, [&](MemoryTill& till, const std::vector<schema::Event>& events) {
    for (const schema::Event& event : events) {
      const GiftCardMoved* fact = moved(event);
      if (fact == nullptr || is_transfer(event)) continue;
      (fact->amount() > 0 ? added : taken) += std::abs(fact->amount());
    }
    RC_ASSERT(added - taken == sum_of_balances(till));
  }));
}

TEST_CASE("no sale gets more back to a card than it redeemed from it", "[commands][invariants]") {
  std::map<std::string, std::int64_t> open;
  const auto begin = [&] { open.clear(); };
  CHECK(on_random_histories(begin, [&](MemoryTill&, const std::vector<schema::Event>& events) {
    for (const schema::Event& event : events) {
      if (!event.has_gift_card_redeemed() && !event.has_gift_card_refunded()) continue;
      const GiftCardMoved& fact = *moved(event);
      std::int64_t& left = open[fact.gift_card_id() + "/" + fact.sale_id()];
      left -= fact.amount();
      RC_ASSERT(left >= 0);
    }
  }));
}

TEST_CASE("64 redemptions of one card in a row are exact", "[commands][invariants]") {
  MemoryTill till;
  open_store_with_customer(till);
  activate(till, "G0", 64 * 31 - 1);
  int accepted = 0;
  for (int i = 0; i < 64; ++i) {
    schema::Command command;
    set_money(*about(*command.mutable_redeem_gift_card(), "G0", "A" + std::to_string(i)).mutable_amount(), 31);
    const auto sent = till.send(command);
    if (std::holds_alternative<Acceptance>(sent.decision))
      ++accepted;
    else
      CHECK(std::get<Rejection>(sent.decision).code == "INSUFFICIENT_BALANCE");
  }
  CHECK(accepted == 63);
  CHECK(card_of(till, "G0").balance().amount() == 30);
}

TEST_CASE("a card that was sold may be taken back while its money is there", "[commands][invariants]") {
  MemoryTill till;
  open_store_with_customer(till);
  activate(till, "G0", 1'000);
  const auto unload = [&](std::int64_t amount) {
    return book_part(till, [&](const Deciding& deciding, Acceptance& accepted) {
      std::int64_t balance = 0;
      return unload_gift_card(deciding, {"G0", "S1", "V1", {}, amount, "EUR", "/card", "/amount"}, accepted, balance);
    });
  };
  CHECK(unload(1'001) == "INSUFFICIENT_BALANCE");
  CHECK(unload(1'000) == "");
  CHECK(card_of(till, "G0").balance().amount() == 0);
}

}  // namespace till::testing
