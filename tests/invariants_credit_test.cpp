// Store credit that expires, on random histories against a plain model of it. A failure prints the seed and the
// smallest counterexample found.
#include <algorithm>
#include <map>
#include <string>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

constexpr int kSteps = 60;
constexpr std::int64_t kSecondUs = 1'000'000;

// What a customer has: by the moment at which it is over, and without one.
struct Credit {
  std::map<std::int64_t, std::int64_t> lots;
  std::int64_t endless = 0;

  std::int64_t balance() const {
    std::int64_t sum = endless;
    for (const auto& [moment, amount] : lots) sum += amount;
    return sum;
  }
  void sweep(std::int64_t now_us) { lots.erase(lots.begin(), lots.upper_bound(now_us)); }
  void spend(std::int64_t amount) {
    while (amount > 0 && !lots.empty()) {
      const auto first = lots.begin();
      const std::int64_t part = std::min(amount, first->second);
      amount -= part;
      first->second -= part;
      if (first->second == 0) lots.erase(first);
    }
    endless -= amount;
  }
};

// The fields that the commands share.
template <class Body>
void about(Body& body, int step, std::int64_t amount) {
  body.set_customer_id("C1");
  body.set_store_id("S1");
  body.set_movement_id("M" + std::to_string(step));
  body.set_reason("r");
  body.mutable_amount()->set_amount(amount);
  body.mutable_amount()->set_currency("EUR");
}

void check_equal(MemoryTill& till, const Credit& credit) {
  const auto* state = till.books().get<schema::StoreCreditState>(kind_of(schema::STORE_CREDIT_ACCOUNT), "C1");
  RC_ASSERT(state != nullptr);
  RC_ASSERT(state->balance().amount() == credit.balance());
  RC_ASSERT(static_cast<std::size_t>(state->lots_size()) == credit.lots.size());
  int index = 0;
  for (const auto& [moment, amount] : credit.lots) {
    RC_ASSERT(state->lots(index).expires_at_us() == moment);
    RC_ASSERT(state->lots(index).amount().amount() == amount);
    ++index;
  }
}

}  // namespace

TEST_CASE("store credit that expires first is spent first, and what is over is nobody's", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store_with_customer(till);
    Credit credit;
    for (int step = 0; step < kSteps; ++step) {
      till.set_now(till.now() + *rc::gen::inRange<std::int64_t>(0, 3) * kSecondUs);
      const auto amount = *rc::gen::inRange<std::int64_t>(1, 500);
      Credit after = credit;
      after.sweep(till.now());
      schema::Command command;
      std::string refusal;
      switch (*rc::gen::inRange(0, 4)) {
        case 0: {
          const std::int64_t moment = till.now() + *rc::gen::inRange<std::int64_t>(1, 8) * kSecondUs;
          about(*command.mutable_issue_store_credit(), step, amount);
          command.mutable_issue_store_credit()->set_expires_at_us(moment);
          after.lots[moment] += amount;
          break;
        }
        case 1:
          about(*command.mutable_issue_store_credit(), step, amount);
          after.endless += amount;
          break;
        case 2:
          about(*command.mutable_spend_store_credit(), step, amount);
          if (amount > after.balance()) {
            refusal = "INSUFFICIENT_CREDIT";
          } else {
            after.spend(amount);
          }
          break;
        default:
          command.mutable_expire_due_store_credit()->set_customer_id("C1");
          command.mutable_expire_due_store_credit()->set_store_id("S1");
          if (after.lots.size() == credit.lots.size()) refusal = "NOTHING_TO_EXPIRE";
          break;
      }
      RC_ASSERT(code_of(till.send(command)) == refusal);
      if (!refusal.empty()) continue;
      credit = after;
      check_equal(till, credit);
    }
  }));
}

}  // namespace till::testing
