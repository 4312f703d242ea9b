// The runner of an effect on a source that delivers again and out of order, a receiver that fails, and restarts.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/effect_ledger.h"
#include "engine/effect_runner.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

Micros wall_clock() {
  return Micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

EffectMessage message_at(const EventRef& event) {
  EffectMessage message;
  message.event = event;
  message.tenant = "acme";
  message.event_name = event.index == 0 ? "SaleCompleted" : "StockIssued";
  message.stream_id = "V" + std::to_string(event.position.value() % 5);
  return message;
}

// Two events a position; delivers again what is not acknowledged soon.
class RepeatingSource final : public EffectSource {
 public:
  RepeatingSource(std::uint64_t positions, std::chrono::milliseconds patience) : patience_(patience) {
    for (std::uint64_t position = 1; position <= positions; ++position) {
      for (const std::uint32_t index : {0u, 1u}) open_[{Position(position), index}] = {};
    }
  }

  Status fetch(std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out) override {
    if (down_) return Error{ErrorKind::kUnavailable, "the source is down"};
    out.clear();
    {
      const std::lock_guard lock(mutex_);
      const auto now = std::chrono::steady_clock::now();
      for (auto& [event, again] : open_) {
        if (out.size() == most) break;
        if (again > now) continue;
        again = now + patience_;
        tokens_.push_back(event);
        out.push_back({message_at(event), tokens_.size()});
      }
    }
    if (out.empty()) std::this_thread::sleep_for(std::min(wait, 5ms));
    return {};
  }

  void acknowledge(std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    open_.erase(tokens_.at(token - 1));
  }

  void keep(std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(tokens_.at(token - 1));
    if (found != open_.end()) found->second = std::chrono::steady_clock::now() + patience_;
  }

  void give_up(std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(tokens_.at(token - 1));
    if (found != open_.end()) found->second = std::chrono::steady_clock::now() + std::min(patience_, kGivenUp);
  }

  Result<Extent> extent() override {
    const std::lock_guard lock(mutex_);
    Extent extent;
    if (!open_.empty() && open_.begin()->first.position.value() > 1) {
      extent.acknowledged = EventRef{Position(open_.begin()->first.position.value() - 1), 7};
    }
    extent.first = first_;
    return extent;
  }

  // All before this position is gone, finished or not.
  void lose_before(Position first) {
    const std::lock_guard lock(mutex_);
    first_ = first;
    std::erase_if(open_, [&](const auto& one) { return one.first.position < first; });
  }

  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }

  std::atomic<bool> down_{false};

 private:
  static constexpr std::chrono::milliseconds kGivenUp{20};
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::map<EventRef, std::chrono::steady_clock::time_point> open_;
  std::vector<EventRef> tokens_;
  Position first_{1};
};

// Two events a position, as the source has them.
class EndlessLog final : public EffectLog {
 public:
  Result<EffectMessage> find(const EventRef& event) override { return message_at(event); }
  Status read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) override {
    constexpr std::uint64_t kAtOnce = 7;
    reached = std::min(last, Position(after.value() + kAtOnce));
    for (std::uint64_t position = after.value() + 1; position <= reached.value(); ++position) {
      for (const std::uint32_t index : {0u, 1u}) out.push_back(message_at({Position(position), index}));
    }
    return {};
  }
};

// Keeps what it was given, by receiver.
class Receiver final : public Effect {
 public:
  std::string_view name() const override { return "receiver"; }
  bool wants(std::string_view event_name) const override { return event_name == "SaleCompleted"; }
  std::string order_key(const EffectMessage& message) const override { return ordered_ ? message.stream_id : ""; }
  Result<std::vector<std::string>> targets(const EffectMessage&) override { return targets_; }
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const override {
    return attempts < 3 ? std::optional(20ms) : std::nullopt;
  }

  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) override {
    std::this_thread::sleep_for(slow_);
    if (target == refusing_) {
      return {.kind = DeliveryAttempt::Kind::kRefused, .error = "gone", .not_before = std::nullopt};
    }
    if (down_) return {.kind = DeliveryAttempt::Kind::kFailed, .error = "down", .not_before = std::nullopt};
    if (postponed_ > 0) {
      --postponed_;
      return {.kind = DeliveryAttempt::Kind::kPostponed, .error = "later", .not_before = 5ms};
    }
    const std::lock_guard lock(mutex_);
    got_[target].push_back(message);
    return {};
  }

  std::size_t count(const std::string& target = "") {
    const std::lock_guard lock(mutex_);
    return got_[target].size();
  }

  // Repeats beside the first ones.
  std::size_t repeats() {
    const std::lock_guard lock(mutex_);
    std::size_t repeats = 0;
    for (const auto& [target, messages] : got_) {
      std::set<EventRef> seen;
      for (const EffectMessage& message : messages) repeats += seen.insert(message.event).second ? 0 : 1;
    }
    return repeats;
  }

  bool in_order() {
    const std::lock_guard lock(mutex_);
    std::map<std::string, EventRef> last;
    for (const EffectMessage& message : got_[""]) {
      EventRef& before = last[message.stream_id];
      if (!(before < message.event)) return false;
      before = message.event;
    }
    return true;
  }

  bool ordered_ = false;
  std::vector<std::string> targets_{""};
  std::string refusing_ = "-";
  std::chrono::milliseconds slow_{0};
  std::atomic<bool> down_{false};
  std::atomic<int> postponed_{0};

  std::vector<Position> order(const std::string& target) {
    const std::lock_guard lock(mutex_);
    std::vector<Position> order;
    for (const EffectMessage& message : got_[target]) order.push_back(message.event.position);
    return order;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<EffectMessage>> got_;
};

class World {
 public:
  World(std::uint64_t positions, std::chrono::milliseconds patience = 60s) : source(positions, patience) {}
  ~World() { stop(); }

  void start() {
    auto opened = EffectLedger::open({.directory = folder_.path() + "/effects", .lease = 60s});
    REQUIRE(opened.ok());
    ledger_ = std::move(*opened);
    EffectRunnerOptions options;
    options.floor_every = 20ms;
    options.retry_first = 10ms;
    options.fetch_most = 16;
    options.queue_most = 32;
    runner_ = std::make_unique<EffectRunner>(receiver, *ledger_, source, log_, wall_clock, options);
    runner_->start();
  }

  void stop() {
    if (runner_) runner_->stop();
    runner_.reset();
    ledger_.reset();
  }

  template <class Condition>
  bool eventually(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  EffectLedger& ledger() { return *ledger_; }
  EffectStatus status() const { return runner_->status(); }

  RepeatingSource source;
  Receiver receiver;

 private:
  TemporaryDirectory folder_;
  EndlessLog log_;
  std::unique_ptr<EffectLedger> ledger_;
  std::unique_ptr<EffectRunner> runner_;
};

void redrive_all(EffectLedger& ledger) {
  const auto dead = ledger.dead("receiver", std::nullopt, 1000);
  REQUIRE(dead.ok());
  const Micros now = wall_clock();
  for (const ParkedRow& row : *dead) REQUIRE(ledger.redrive("receiver", row.delivery, now).ok());
  REQUIRE(ledger.sync().ok());
}

}  // namespace

TEST_CASE("effect runner: every event that is wanted arrives once, the others are passed", "[effects]") {
  World world(500);
  world.start();
  CHECK(world.eventually([&] { return world.source.left() == 0; }));
  CHECK(world.receiver.count() == 500);
  CHECK(world.receiver.repeats() == 0);
  CHECK(world.status().passed == 500);
}

TEST_CASE("effect runner: what the source delivers again while it is in hand is not done again", "[effects]") {
  World world(40, 10ms);
  world.receiver.slow_ = 30ms;
  world.start();
  CHECK(world.eventually([&] { return world.source.left() == 0; }));
  CHECK(world.receiver.count() == 40);
  CHECK(world.receiver.repeats() == 0);
}

TEST_CASE("effect runner: a receiver that is down gets all when it is back, or after a redrive", "[effects]") {
  World world(10);
  world.receiver.down_ = true;
  world.start();
  CHECK(world.eventually([&] { return world.ledger().counts("receiver").dead == 10; }));
  CHECK(world.source.left() == 0);
  world.receiver.down_ = false;
  redrive_all(world.ledger());
  CHECK(world.eventually([&] { return world.receiver.count() == 10; }));
  CHECK(world.receiver.repeats() == 0);
}

TEST_CASE("effect runner: one receiver that refuses keeps the others from nothing", "[effects]") {
  World world(20);
  world.receiver.targets_ = {"a", "b"};
  world.receiver.refusing_ = "a";
  world.start();
  CHECK(world.eventually([&] { return world.source.left() == 0; }));
  CHECK(world.receiver.count("a") == 0);
  CHECK(world.receiver.count("b") == 20);
  CHECK(world.ledger().counts("receiver").dead == 20);
}

TEST_CASE("effect runner: events of a key stay in order, through failures and restarts", "[effects]") {
  World world(60, 50ms);
  world.receiver.ordered_ = true;
  world.start();
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(15ms);
    world.receiver.down_ = i % 2 == 0;
    if (i == 3) {
      world.stop();
      world.start();
    }
    redrive_all(world.ledger());
  }
  world.receiver.down_ = false;
  CHECK(world.eventually([&] {
    redrive_all(world.ledger());
    return world.receiver.count() == 60;
  }));
  CHECK(world.receiver.in_order());
  CHECK(world.receiver.repeats() == 0);
}

TEST_CASE("effect runner: a source that is down is said, and tried again", "[effects]") {
  World world(5);
  world.source.down_ = true;
  world.start();
  CHECK(world.eventually([&] { return world.status().error == "the source is down"; }));
  world.source.down_ = false;
  CHECK(world.eventually([&] { return world.receiver.count() == 5 && world.status().error.empty(); }));
}

TEST_CASE("effect runner: what was redriven reaches its receiver in the order of the log", "[effects]") {
  World world(60);
  world.receiver.targets_ = {"a"};
  world.receiver.down_ = true;
  world.start();
  CHECK(world.eventually([&] { return world.ledger().counts("receiver").dead == 60; }));
  world.receiver.down_ = false;
  redrive_all(world.ledger());
  CHECK(world.eventually([&] { return world.receiver.count("a") == 60; }));
  const std::vector<Position> order = world.receiver.order("a");
  CHECK(std::ranges::is_sorted(order));
  CHECK(world.receiver.repeats() == 0);
}

TEST_CASE("effect runner: what the source has lost comes from the log", "[effects]") {
  World world(200);
  world.source.lose_before(Position(120));
  world.start();
  CHECK(world.eventually([&] { return world.receiver.count() == 200; }));
  CHECK(world.eventually([&] { return world.source.left() == 0; }));
  CHECK(world.receiver.repeats() == 0);
  CHECK(world.ledger().is_finished("receiver", {Position(1), 0}));
}

TEST_CASE("effect runner: a paused effect delivers nothing until it is resumed", "[effects]") {
  World world(20);
  world.start();
  CHECK(world.eventually([&] { return world.source.left() == 0; }));
  REQUIRE(world.ledger().set_paused("receiver", true).ok());
  CHECK(world.eventually([&] { return world.status().paused; }));
  world.stop();
  world.start();
  CHECK(world.eventually([&] { return world.status().paused; }));
  REQUIRE(world.ledger().set_paused("receiver", false).ok());
  CHECK(world.eventually([&] { return !world.status().paused; }));
  CHECK(world.receiver.count() == 20);
}

TEST_CASE("effect runner: what is put off is no failed attempt", "[effects]") {
  World world(10);
  world.receiver.postponed_ = 10 * 5;
  world.start();
  CHECK(world.eventually([&] { return world.receiver.count() == 10; }));
  CHECK(world.status().failed == 0);
  CHECK(world.ledger().counts("receiver").dead == 0);
}

}  // namespace till::testing
