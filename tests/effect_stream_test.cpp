// An effect on a real JetStream: whatever happens to the server, every event arrives once.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <catch2/catch.hpp>

#include "engine/effect_ledger.h"
#include "engine/effect_runner.h"
#include "projections/effects/jetstream_source.h"
#include "projections/effects/log_events.h"
#include "projections/relay/message_id.h"
#include "tests/relay_world.h"
#include "tests/temporary_directory.h"

namespace till::relay_test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kName = "all";

Micros wall_clock() {
  return Micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// Takes everything, and counts.
class Everything final : public Effect {
 public:
  std::string_view name() const override { return kName; }
  bool wants(std::string_view) const override { return true; }
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t) const override { return 20ms; }
  DeliveryAttempt deliver(const EffectMessage& message, const std::string&) override {
    const std::lock_guard lock(mutex_);
    ++got_[message.id];
    bodies_[message.id] = message.payload;
    return {};
  }

  std::size_t events() {
    const std::lock_guard lock(mutex_);
    return got_.size();
  }
  std::size_t repeats() {
    const std::lock_guard lock(mutex_);
    std::size_t repeats = 0;
    for (const auto& [id, times] : got_) repeats += times - 1;
    return repeats;
  }
  void require_all(const std::vector<ExpectedEvent>& expected) {
    const std::lock_guard lock(mutex_);
    REQUIRE(got_.size() == expected.size());
    for (const ExpectedEvent& event : expected) {
      REQUIRE(bodies_.contains(event.id));
      CHECK(bodies_[event.id] == event.body);
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> got_;
  std::map<std::string, std::string> bodies_;
};

// A relay's world with an effect at the end of its stream.
class EffectWorld : public World {
 public:
  EffectWorld() { server.start(); }
  ~EffectWorld() { stop(); }

  void start() {
    auto opened = EffectLedger::open({.directory = folder_.path(), .lease = 60s});
    REQUIRE(opened.ok());
    ledger_ = std::move(*opened);
    const LogPoint end = log.feed().durable();
    JetStreamSourceOptions source;
    source.stream = options;
    source.consumer = "effect-all";
    source.log_id = end.log_id;
    source.patience = 2s;
    source_ = std::make_unique<JetStreamSource>(
        source, [this] { return first_open(); }, [this](const EventPlace& place) { return has_event(events_, place); });
    EffectRunnerOptions runner;
    runner.begin = first_open();
    runner.fetch_wait = 100ms;
    runner.keep_every = 500ms;
    runner.floor_every = 50ms;
    runner.retry_first = 20ms;
    runner.retry_most = 200ms;
    runner_ = std::make_unique<EffectRunner>(effect, *ledger_, *source_, events_, wall_clock, runner);
    runner_->start();
  }

  void stop() {
    if (runner_) runner_->stop();
    runner_.reset();
    source_.reset();
    ledger_.reset();
  }

  // All that the log has.
  void require_complete() {
    const auto expected = expected_events(log.feed());
    const bool complete = eventually([&] { return effect.events() == expected.size(); });
    CAPTURE(runner_->status().error, expected.size());
    CHECK(complete);
    effect.require_all(expected);
  }

  Position first_open() {
    const schema::EffectProgress progress = ledger_->progress(kName);
    return progress.finished().empty() ? Position(1) : Position(progress.finished(0).to() + 1);
  }

  Everything effect;

 private:
  TemporaryDirectory folder_;
  LogEvents events_{log.feed(), names};
  std::unique_ptr<EffectLedger> ledger_;
  std::unique_ptr<JetStreamSource> source_;
  std::unique_ptr<EffectRunner> runner_;
};

}  // namespace

TEST_CASE("an effect gets every event of the stream, once", "[effects][nats]") {
  EffectWorld world;
  world.log.add(300);
  const auto relay = world.relay();
  world.start();
  world.log.add(300);
  world.require_complete();
  CHECK(world.effect.repeats() == 0);
  // What is finished is known as a range, soon after.
  CHECK(eventually([&] { return world.first_open().value() + 5 > world.head().value(); }));
}

TEST_CASE("an effect goes on after its process and the server were away", "[effects][nats]") {
  EffectWorld world;
  world.log.add(200);
  const auto relay = world.relay();
  world.start();
  world.require_complete();
  world.stop();
  world.log.add(200);
  world.server.kill();
  world.start();
  world.server.start();
  world.require_complete();
  CHECK(world.effect.repeats() == 0);
}

TEST_CASE("an effect repeats and misses nothing when JetStream is wiped", "[effects][nats]") {
  EffectWorld world;
  world.log.add(400);
  const auto relay = world.relay();
  world.start();
  Appender appender(world.log, 400);
  eventually([&] { return world.effect.events() > 100; });
  world.server.kill();
  world.server.wipe();
  world.server.start();
  appender.join();
  world.require_complete();
  CHECK(world.effect.repeats() == 0);
}

TEST_CASE("an effect makes its consumer anew where it was deleted", "[effects][nats]") {
  EffectWorld world;
  world.log.add(200);
  const auto relay = world.relay();
  world.start();
  world.require_complete();
  world.stop();
  StreamProbe(world.server.url()).remove_consumer("effect-all");
  world.log.add(100);
  world.start();
  world.require_complete();
  CHECK(world.effect.repeats() == 0);
}

}  // namespace till::relay_test
