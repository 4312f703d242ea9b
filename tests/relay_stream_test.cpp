// The relay when its stream is deleted, purged, aged away, configured otherwise or written by others.
#include <catch2/catch.hpp>
#include <filesystem>

#include "projections/relay/relay.h"
#include "tests/relay_world.h"

namespace till {

using namespace relay_test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a deleted stream is made and filled again, also when nothing happens", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(200);
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  StreamProbe probe(world.server.url());
  probe.remove_stream();
  const std::size_t events = expected_events(world.log.feed()).size();
  REQUIRE(eventually([&] { return relay->status().published == 2 * events; }));
  require_same(probe.all(), expected_events(world.log.feed()));
}

TEST_CASE("a purged stream goes on, nothing is published twice", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(200);
  auto relay = world.relay();
  require_caught_up(*relay, world.head());
  StreamProbe probe(world.server.url());
  const std::uint64_t last = probe.last_sequence();
  SECTION("while the relay runs") {
    probe.purge();
  }
  SECTION("while the relay is stopped") {
    relay.reset();
    probe.purge();
    relay = world.relay();
  }
  SECTION("before nats-server restarts") {
    probe.purge();
    world.server.stop();
    world.server.start();
  }
  SECTION("with the last messages deleted one by one") {
    relay.reset();
    for (std::uint64_t i = 0; i < 5; ++i) probe.remove_message(last - i);
    relay = world.relay();
    REQUIRE(eventually([&] { return relay->status().sessions == 1; }));
    StreamProbe(world.server.url()).purge();
  }
  const Position before = world.head();
  world.log.add(50);
  require_caught_up(*relay, world.head());
  const auto messages = StreamProbe(world.server.url()).all();
  REQUIRE_FALSE(messages.empty());
  CHECK(messages.front().sequence == last + 1);
  require_same(messages, expected_events(world.log.feed(), before.value() + 1));
}

TEST_CASE("a stream of another log is refused until it is gone", "[relay][nats]") {
  World world;
  world.server.start();
  RandomLog other(8);
  other.add(50);
  {
    Relay stranger(other.feed(), world.names, world.options);
    stranger.start();
    require_caught_up(stranger, other.feed().durable().position);
  }
  world.log.add(50);
  const auto relay = world.relay();
  CHECK(reports(*relay, FollowerState::kStopped, "belongs to log 08080808080808080808080808080808"));
  StreamProbe probe(world.server.url());
  require_same(probe.all(), expected_events(other.feed()));
  probe.remove_stream();
  require_caught_up(*relay, world.head());
  require_same(probe.all(), expected_events(world.log.feed()));
}

TEST_CASE("a stranger's message stops the relay, which says so and goes on without it", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(50);
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  StreamProbe probe(world.server.url());
  probe.publish("till.acme.sale.SaleCompleted", "not-ours", "x");
  const std::uint64_t last = probe.last_sequence();
  SECTION("when the next event comes") {
    world.log.add(20);
  }
  SECTION("when nothing happens") {}
  CHECK(reports(*relay, FollowerState::kStopped, "message " + std::to_string(last) + " of the stream was not written"));
  CHECK(probe.last_sequence() == last);
  probe.remove_message(last);
  require_caught_up(*relay, world.head());
  REQUIRE(eventually([&] { return relay->status().follower.state == FollowerState::kRunning; }));
  require_same(probe.all(), expected_events(world.log.feed()), Gaps::kAllowed);
}

TEST_CASE("limits of the stream follow the configuration", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(10);
  require_caught_up(*world.relay(), world.head());
  StreamProbe probe(world.server.url());
  CHECK(probe.info()->Config->MaxAge == 0);
  CHECK(probe.info()->Config->MaxBytes == -1);
  CHECK(probe.info()->Config->Duplicates == 120'000'000'000);
  world.options.max_age = std::chrono::hours(24 * 3650);
  world.options.max_bytes = 100'000'000;
  world.log.add(10);
  require_caught_up(*world.relay(), world.head());
  CHECK(probe.info()->Config->MaxAge == std::int64_t{24 * 3650} * 3600 * 1'000'000'000);
  CHECK(probe.info()->Config->MaxBytes == 100'000'000);
  require_same(probe.all(), expected_events(world.log.feed()));
}

TEST_CASE("limits of the stream that were changed by hand are set back", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(10);
  require_caught_up(*world.relay(), world.head());
  StreamProbe probe(world.server.url());
  probe.configure([](jsStreamConfig& config) {
    config.MaxMsgs = 1'000'000;
    config.MaxMsgsPerSubject = 1'000'000;
    config.MaxMsgSize = 1'000'000;
    config.NoAck = true;
  });
  REQUIRE(probe.info()->Config->NoAck);
  world.log.add(10);
  require_caught_up(*world.relay(), world.head());
  const StreamInfo info = probe.info();
  CHECK(info->Config->MaxMsgs == -1);
  CHECK(info->Config->MaxMsgsPerSubject == -1);
  CHECK(info->Config->MaxMsgSize == -1);
  CHECK_FALSE(info->Config->NoAck);
  require_same(probe.all(), expected_events(world.log.feed()));
}

TEST_CASE("messages that age away leave the order alone", "[relay][nats]") {
  World world;
  world.options.max_age = seconds(1);
  world.server.start();
  const auto recorded_now = [&](int transactions) {
    for (int i = 0; i < transactions; ++i) {
      world.log.feed().append("acme", [&](TransactionBuilder& builder) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        builder.record().set_recorded_at_us(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
        schema::Event event;
        event.mutable_sale_completed()->set_sale_id("s");
        FakeFeed::add_event(builder, kSaleKind, "s", 1, event);
      });
    }
  };
  world.log.add(100);  // recorded long ago: beyond the horizon of a new stream
  recorded_now(20);
  auto relay = world.relay();
  require_caught_up(*relay, world.head());
  CHECK(relay->status().published == 20);
  StreamProbe probe(world.server.url());
  REQUIRE(eventually([&] { return probe.info()->State.Msgs == 0; }));
  SECTION("while the relay runs") {}
  SECTION("over a restart of the relay") {
    relay.reset();
    relay = world.relay();
  }
  const Position before = world.head();
  recorded_now(5);
  require_caught_up(*relay, world.head());
  const auto messages = probe.all();
  CHECK(messages.back().sequence == 25);
  require_same(messages, expected_events(world.log.feed(), before.value() + 1));
}

TEST_CASE("an event without a subject stops the relay, which names it", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(10);
  world.log.feed().append("acme", [](TransactionBuilder& builder) {
    schema::Event event;
    event.mutable_sale_completed()->set_sale_id("s");
    FakeFeed::add_event(builder, 77, "s", 1, event);
  });
  world.log.add(10);
  const auto relay = world.relay();
  CHECK(reports(*relay, FollowerState::kStopped, "kind 77 at position 11 has no subject"));
  CHECK(relay->status().lag == 11);
}

}  // namespace
}  // namespace till
