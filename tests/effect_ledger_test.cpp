// The ledger of effects: what is finished stays so, whatever comes again, and an order key keeps its order.
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "engine/effect_ledger.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

constexpr std::string_view kEffect = "mail";
constexpr Micros kNow{1'000'000'000};
constexpr std::int64_t kSecondUs = 1'000'000;

EventRef event(std::uint64_t position, std::uint32_t index = 0) {
  return {Position(position), index};
}

DeliveryOutcome outcome(DeliveryOutcome::Kind kind, EventRef of, Micros due = {}, std::string target = {}) {
  DeliveryOutcome made;
  made.kind = kind;
  made.delivery = {of, std::move(target)};
  made.due = due;
  if (kind != DeliveryOutcome::Kind::kDone) made.error = "refused";
  return made;
}

// The ledger with its waits.
class Ledger {
 public:
  Ledger() { reopen(); }

  void reopen() {
    ledger_.reset();
    auto opened = EffectLedger::open({.directory = folder_.path() + "/effects", .lease = std::chrono::seconds(10)});
    REQUIRE(opened.ok());
    ledger_ = std::move(*opened);
  }

  EffectLedger& operator*() { return *ledger_; }
  EffectLedger* operator->() { return ledger_.get(); }

  EffectClaim claim(EventRef of, std::string key = {}, Micros now = kNow, std::string_view worker = "w1") {
    std::vector<EffectClaim> answers;
    REQUIRE(ledger_->claim(kEffect, std::vector{of}, std::vector{std::move(key)}, worker, now, answers).ok());
    return answers.at(0);
  }

  void finish(EventRef of, std::vector<DeliveryOutcome> outcomes = {}, std::string key = {}, Micros now = kNow) {
    wait([&](EffectLedger::Callback done) {
      ledger_->finish(kEffect, of, {"acme", "SaleCompleted", std::move(key)}, outcomes, now, std::move(done));
    });
  }

  void hold(EventRef of, std::string key) {
    wait([&](EffectLedger::Callback done) {
      ledger_->hold(kEffect, of, {"acme", "SaleCompleted", std::move(key)}, kNow, std::move(done));
    });
  }

  void settle(const DeliveryOutcome& of, Micros now = kNow) {
    wait([&](EffectLedger::Callback done) { ledger_->settle(kEffect, of, now, std::move(done)); });
  }

  std::vector<EventRef> due(Micros now) {
    auto rows = ledger_->take_due(kEffect, 100, {}, "w1", now);
    REQUIRE(rows.ok());
    std::vector<EventRef> events;
    for (const ParkedRow& row : *rows) events.push_back(row.delivery.event);
    return events;
  }

  std::vector<EventRef> dead() {
    auto rows = ledger_->dead(kEffect, std::nullopt, 100);
    REQUIRE(rows.ok());
    std::vector<EventRef> events;
    for (const ParkedRow& row : *rows) events.push_back(row.delivery.event);
    return events;
  }

 private:
  template <class Act>
  void wait(const Act& act) {
    std::promise<Status> promise;
    act([&](const Status& status) { promise.set_value(status); });
    REQUIRE(promise.get_future().get().ok());
  }

  TemporaryDirectory folder_;
  std::unique_ptr<EffectLedger> ledger_;
};

}  // namespace

TEST_CASE("effect ledger: what is finished is finished for good", "[effects]") {
  Ledger ledger;
  CHECK(ledger.claim(event(1)) == EffectClaim::kRun);
  CHECK(ledger.claim(event(1), {}, kNow, "w2") == EffectClaim::kTaken);
  ledger.finish(event(1));
  CHECK(ledger.claim(event(1)) == EffectClaim::kFinished);
  ledger.reopen();
  CHECK(ledger.claim(event(1)) == EffectClaim::kFinished);
  CHECK(ledger.claim(event(1, 1)) == EffectClaim::kRun);
}

TEST_CASE("effect ledger: a lease ends, is renewed, is given up, and dies with the process", "[effects]") {
  Ledger ledger;
  CHECK(ledger.claim(event(1)) == EffectClaim::kRun);
  const Micros later(kNow.value() + 9 * kSecondUs);
  CHECK(ledger.claim(event(1), {}, later, "w2") == EffectClaim::kTaken);
  ledger->renew(kEffect, {{event(1)}, {}}, "w1", later);
  CHECK(ledger.claim(event(1), {}, Micros(kNow.value() + 11 * kSecondUs), "w2") == EffectClaim::kTaken);
  CHECK(ledger.claim(event(1), {}, Micros(kNow.value() + 20 * kSecondUs), "w2") == EffectClaim::kRun);
  ledger->release(kEffect, event(1));
  CHECK(ledger.claim(event(1)) == EffectClaim::kRun);
  ledger.reopen();
  CHECK(ledger.claim(event(1)) == EffectClaim::kRun);
}

TEST_CASE("effect ledger: an attempt that failed waits for its time, over a restart", "[effects]") {
  Ledger ledger;
  const Micros due(kNow.value() + 300 * kSecondUs);
  REQUIRE(ledger.claim(event(1)) == EffectClaim::kRun);
  ledger.finish(event(1), {outcome(DeliveryOutcome::Kind::kRetry, event(1), due)});
  CHECK(ledger.claim(event(1)) == EffectClaim::kFinished);
  CHECK(ledger.due(Micros(due.value() - 1)).empty());
  ledger.reopen();
  CHECK(ledger->counts(kEffect).waiting == 1);
  CHECK(ledger.due(due) == std::vector{event(1)});
  CHECK(ledger.due(due).empty());  // it is in hand
  ledger.settle(outcome(DeliveryOutcome::Kind::kDone, event(1)));
  CHECK(ledger.due(Micros(due.value() + 60 * kSecondUs)).empty());
  CHECK(ledger->counts(kEffect).waiting == 0);
}

TEST_CASE("effect ledger: what is put off waits for its time, and is no attempt", "[effects]") {
  Ledger ledger;
  const Micros due(kNow.value() + 300 * kSecondUs);
  const auto take = [&](Micros now) {
    auto rows = ledger->take_due(kEffect, 100, {}, "w1", now);
    REQUIRE(rows.ok());
    REQUIRE(rows->size() == 1);
    return rows->front().parked;
  };
  REQUIRE(ledger.claim(event(1)) == EffectClaim::kRun);
  ledger.finish(event(1), {outcome(DeliveryOutcome::Kind::kPostponed, event(1), due)});
  CHECK(ledger.claim(event(1)) == EffectClaim::kFinished);
  CHECK(ledger.due(Micros(due.value() - 1)).empty());
  ledger.reopen();
  CHECK(ledger->counts(kEffect).waiting == 1);
  const schema::ParkedDelivery first = take(due);
  CHECK(first.attempts() == 0);
  CHECK(first.first_at_us() == 0);
  CHECK(first.error().empty());
  ledger.settle(outcome(DeliveryOutcome::Kind::kRetry, event(1), due));
  CHECK(take(due).attempts() == 1);
  const Micros later(due.value() + kSecondUs);
  ledger.settle(outcome(DeliveryOutcome::Kind::kPostponed, event(1), later));
  CHECK(ledger.due(due).empty());
  const schema::ParkedDelivery again = take(later);
  CHECK(again.attempts() == 1);
  CHECK(again.error() == "refused");  // what the attempt before it met
  ledger.settle(outcome(DeliveryOutcome::Kind::kDone, event(1)));
  CHECK(ledger->counts(kEffect).waiting == 0);
}

TEST_CASE("effect ledger: of several receivers each has its own fate", "[effects]") {
  Ledger ledger;
  REQUIRE(ledger.claim(event(1)) == EffectClaim::kRun);
  ledger.finish(event(1), {outcome(DeliveryOutcome::Kind::kDone, event(1), {}, "a"),
                           outcome(DeliveryOutcome::Kind::kRetry, event(1), kNow, "b"),
                           outcome(DeliveryOutcome::Kind::kDead, event(1), {}, "c")});
  const auto due = ledger->take_due(kEffect, 100, {}, "w1", kNow);
  REQUIRE(due.ok());
  REQUIRE(due->size() == 1);
  CHECK(due->front().delivery.target == "b");
  CHECK(due->front().parked.attempts() == 1);
  CHECK(due->front().parked.error() == "refused");
  const auto dead = ledger->dead(kEffect, std::nullopt, 100);
  REQUIRE(dead.ok());
  REQUIRE(dead->size() == 1);
  CHECK(dead->front().delivery.target == "c");
}

TEST_CASE("effect ledger: an order key is held behind its dead letter, and goes on in order", "[effects]") {
  Ledger ledger;
  REQUIRE(ledger.claim(event(1), "P1") == EffectClaim::kRun);
  CHECK(ledger.claim(event(2), "P1") == EffectClaim::kBehind);
  CHECK(ledger.claim(event(3), "P2") == EffectClaim::kRun);
  ledger.hold(event(2), "P1");
  ledger.finish(event(1), {outcome(DeliveryOutcome::Kind::kDead, event(1))}, "P1");
  CHECK(ledger.claim(event(4), "P1") == EffectClaim::kBehind);
  ledger.hold(event(4), "P1");
  CHECK(ledger.due(kNow).empty());
  ledger.reopen();
  CHECK(ledger->counts(kEffect).held == 2);
  const bool discarded = GENERATE(false, true);
  if (discarded) {
    REQUIRE(ledger->discard(kEffect, {event(1), ""}, kNow).ok());
  } else {
    REQUIRE(ledger->redrive(kEffect, {event(1), ""}, kNow).ok());
    CHECK(ledger.due(kNow) == std::vector{event(1)});
    ledger.settle(outcome(DeliveryOutcome::Kind::kDone, event(1)));
  }
  CHECK(ledger.dead().empty());
  CHECK(ledger.due(kNow) == std::vector{event(2)});
  CHECK(ledger.due(kNow).empty());
  ledger.settle(outcome(DeliveryOutcome::Kind::kDone, event(2)));
  CHECK(ledger.due(kNow) == std::vector{event(4)});
  CHECK(ledger->redrive(kEffect, {event(1), ""}, kNow).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("effect ledger: a floor says what single events said, and history that was cut is forgotten", "[effects]") {
  Ledger ledger;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    REQUIRE(ledger.claim(event(i)) == EffectClaim::kRun);
    ledger.finish(event(i));
  }
  ledger.finish(event(9), {outcome(DeliveryOutcome::Kind::kDead, event(9))});
  REQUIRE(ledger->cover(kEffect, Position(1), Position(4)).ok());
  REQUIRE(ledger->cover(kEffect, Position(7), Position(8)).ok());
  REQUIRE(ledger->cover(kEffect, Position(5), Position(5)).ok());
  ledger.reopen();
  REQUIRE(ledger->progress(kEffect).finished_size() == 2);
  CHECK(ledger->progress(kEffect).finished(0).to() == 5);
  CHECK(ledger->is_finished(kEffect, event(9)));
  CHECK_FALSE(ledger->is_finished(kEffect, event(6)));
  REQUIRE(ledger->forget_after(kEffect, Position(3)).ok());
  ledger.reopen();
  CHECK(ledger->is_finished(kEffect, event(3, 7)));
  CHECK_FALSE(ledger->is_finished(kEffect, event(4)));
  CHECK_FALSE(ledger->is_finished(kEffect, event(9)));
  CHECK(ledger.dead().empty());
}

TEST_CASE("property: events of a key run in their order and each once, whatever fails or restarts",
          "[effects][property]") {
  CHECK(rc::check([] {
    Ledger ledger;
    const auto events = *rc::gen::inRange<std::uint64_t>(1, 12);
    const auto key_of = [](std::uint64_t position) { return "K" + std::to_string(position % 3); };
    std::map<std::string, std::vector<std::uint64_t>> done;
    std::set<std::uint64_t> handed;  // off the stream
    Micros now = kNow;
    const auto attempt = [&](std::uint64_t position) {
      const auto kind = *rc::gen::element(DeliveryOutcome::Kind::kDone, DeliveryOutcome::Kind::kDone,
                                          DeliveryOutcome::Kind::kRetry, DeliveryOutcome::Kind::kDead);
      if (kind == DeliveryOutcome::Kind::kDone) done[key_of(position)].push_back(position);
      return outcome(kind, event(position), Micros(now.value() + kSecondUs));
    };
    // Until nothing is left: the stream delivers what it was not told of, parked ones come due, dead ones are redriven.
    for (int round = 0; round < 200; ++round) {
      now = Micros(now.value() + 20 * kSecondUs);
      for (std::uint64_t position = 1; position <= events; ++position) {
        if (handed.contains(position)) continue;
        const EffectClaim claim = ledger.claim(event(position), key_of(position), now);
        if (claim == EffectClaim::kTaken) continue;
        if (claim == EffectClaim::kRun && *rc::gen::inRange(0, 4) == 3) continue;  // its worker dies
        if (claim == EffectClaim::kRun) ledger.finish(event(position), {attempt(position)}, key_of(position), now);
        if (claim == EffectClaim::kBehind) ledger.hold(event(position), key_of(position));
        handed.insert(position);
      }
      if (*rc::gen::inRange(0, 3) == 2) ledger.reopen();
      for (const EventRef& due : ledger.due(now)) ledger.settle(attempt(due.position.value()), now);
      for (const EventRef& dead : ledger.dead()) REQUIRE(ledger->redrive(kEffect, {dead, ""}, now).ok());
      const EffectCounts counts = ledger->counts(kEffect);
      if (handed.size() == events && counts.waiting + counts.held + counts.dead == 0) break;
    }
    std::map<std::string, std::vector<std::uint64_t>> expected;
    for (std::uint64_t position = 1; position <= events; ++position) expected[key_of(position)].push_back(position);
    RC_ASSERT(done == expected);
  }));
}

}  // namespace till::testing
