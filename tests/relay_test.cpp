// The relay against a real nats-server: every event once and in order, whatever is restarted, killed or hangs.
#include "projections/relay/relay.h"

#include <catch2/catch.hpp>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>

#include "tests/relay_world.h"
#include "tests/test_seed.h"

namespace till {

using namespace relay_test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("every event becomes one message, in order, as a CloudEvent", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(300);
  const TransactionPtr traced = world.log.feed().append("acme", [](TransactionBuilder& builder) {
    builder.record().set_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    builder.record().set_recorded_at_us(1'795'422'930'000'001);
    schema::Event event;
    event.mutable_sale_completed()->set_sale_id("s 1");
    FakeFeed::add_event(builder, kSaleKind, "s 1", 4, event);
  });
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  StreamProbe probe(world.server.url());
  const auto messages = probe.all();
  require_same(messages, expected_events(world.log.feed()));

  const StoredMessage& last = messages.back();
  const std::string id = "07070707070707070707070707070707.1.301.0";
  CHECK(last.subject == "till.acme.sale.SaleCompleted");
  CHECK(last.body == traced->record().events(0).payload());
  const std::map<std::string, std::string> headers = {
      {"Nats-Msg-Id", id},
      {"Nats-Expected-Stream", "TILL"},
      {"Nats-Expected-Last-Sequence", std::to_string(messages.size() - 1)},
      {"Nats-Expected-Last-Msg-Id", messages[messages.size() - 2].headers.at("Nats-Msg-Id")},
      {"ce-specversion", "1.0"},
      {"ce-id", id},
      {"ce-source", "/till/07070707070707070707070707070707"},
      {"ce-type", "till.SaleCompleted"},
      {"ce-subject", "sale/s%201"},
      {"ce-time", "2026-11-23T08:35:30.000001Z"},
      {"ce-datacontenttype", "application/x-protobuf"},
      {"ce-tilltenant", "acme"},
      {"ce-tillposition", "07070707-1-301"},
      {"ce-tillversion", "4"},
      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"ce-traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
  };
  CHECK(last.headers == headers);

  RelayStatus status = relay->status();
  CHECK(status.follower.state == FollowerState::kRunning);
  CHECK(status.follower.at == world.log.feed().durable());
  CHECK(status.lag == 0);
  CHECK(status.published == messages.size());
  CHECK(status.stream_sequence == messages.size());
  world.log.add(50);
  require_caught_up(*relay, world.head());
  require_same(probe.all(), expected_events(world.log.feed()));
  relay->stop();
  CHECK(relay->status().follower.state == FollowerState::kStopped);
}

TEST_CASE("a restarted relay goes on where the stream ends", "[relay][nats]") {
  const unsigned seed = testing::test_seed();
  INFO("TILL_SEED=" << seed);
  std::mt19937 random(seed);
  World world;
  world.server.start();
  Appender appender(world.log, 4000);
  for (int i = 0; i < 15; ++i) {
    if (i % 3 == 0) std::filesystem::remove(world.options.directory + "/relay.checkpoint");
    world.options.window_messages = 1 + random() % 1024;
    const auto relay = world.relay();
    std::this_thread::sleep_for(milliseconds(random() % 80));
  }
  appender.join();
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
}

TEST_CASE("restarts and kills of nats-server lose and repeat nothing", "[relay][nats]") {
  const unsigned seed = testing::test_seed();
  INFO("TILL_SEED=" << seed);
  std::mt19937 random(seed);
  World world;
  world.server.start();
  world.log.add(4000);  // a backlog, so that the window is full when the server goes
  const auto relay = world.relay();
  require_session(*relay);
  Appender appender(world.log, 2000);
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(milliseconds(random() % 150));
    if (i % 2 == 0) {
      world.server.kill();
    } else {
      world.server.stop();
    }
    std::this_thread::sleep_for(milliseconds(random() % 100));
    world.server.start();
  }
  appender.join();
  require_caught_up(*relay, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
  CHECK(relay->status().sessions > 1);
}

TEST_CASE("a wiped JetStream is filled again while the relay runs", "[relay][nats]") {
  World world;
  world.server.start();
  world.log.add(500);
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  for (int i = 0; i < 2; ++i) {
    world.server.kill();
    world.server.wipe();
    world.log.add(100);
    world.server.start();
    REQUIRE(eventually([&] { return relay->status().sessions == static_cast<std::uint64_t>(i + 2); }));
    require_caught_up(*relay, world.head());
    require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
  }
}

TEST_CASE("NATS may be down at the start; commands do not notice", "[relay][nats]") {
  World world;
  world.log.add(200);
  auto relay = world.relay();
  CHECK(reports(*relay, FollowerState::kRetrying, "cannot reach NATS at 127.0.0.1:"));
  CHECK(relay->status().lag == 200);
  relay.reset();
  world.options.url = "nats://user:hidden@" + world.server.url().substr(7);
  relay = world.relay();
  CHECK(reports(*relay, FollowerState::kRetrying, "cannot reach NATS at 127.0.0.1:"));
  CHECK(relay->status().follower.error.find("hidden") == std::string::npos);
  world.server.start();
  require_caught_up(*relay, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
}

TEST_CASE("two relays of one log cannot fork the stream", "[relay][nats]") {
  World world;
  world.server.start();
  Appender appender(world.log, 2000);
  RelayOptions second = world.options;
  second.directory += "/second";
  std::filesystem::create_directory(second.directory);
  const auto relay = world.relay();
  Relay rival(world.log.feed(), world.names, second);
  rival.start();
  appender.join();
  require_caught_up(*relay, world.head());
  require_caught_up(rival, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
}

TEST_CASE("a server that hangs longer than the relay waits gets nothing twice", "[relay][nats]") {
  World world;
  world.options.ack_timeout = milliseconds(200);
  world.options.request_timeout = milliseconds(300);
  world.options.connect_timeout = milliseconds(300);
  world.server.start();
  const auto relay = world.relay();
  require_session(*relay);
  Appender appender(world.log, 3000);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(milliseconds(150));
    world.server.freeze();
    std::this_thread::sleep_for(milliseconds(700));
    world.server.thaw();
  }
  appender.join();
  require_caught_up(*relay, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
  CHECK(relay->status().sessions > 1);
}

TEST_CASE("stop is quick while NATS hangs", "[relay][nats]") {
  World world;
  world.options.connect_timeout = milliseconds(500);
  world.options.request_timeout = milliseconds(500);
  world.server.start();
  world.log.add(2000);
  const auto relay = world.relay();
  REQUIRE(eventually([&] { return relay->status().sessions == 1; }));
  world.server.freeze();
  const auto begun = std::chrono::steady_clock::now();
  relay->stop();
  CHECK(std::chrono::steady_clock::now() - begun < seconds(5));
  world.server.thaw();
  relay->start();
  require_caught_up(*relay, world.head());
  require_same(StreamProbe(world.server.url()).all(), expected_events(world.log.feed()));
}

TEST_CASE("rate of the relay", "[.bench]") {
  World world;
  world.server.start();
  constexpr std::size_t kTransactions = 80'000;
  for (std::size_t i = 0; i < kTransactions; ++i) {
    world.log.feed().append("acme", [&](TransactionBuilder& builder) {
      schema::Event event;
      event.mutable_sale_completed()->set_sale_id("sale-" + std::to_string(i));
      event.mutable_sale_completed()->set_employee_id(std::string(300, 'e'));
      for (std::uint64_t e = 0; e < 5; ++e) FakeFeed::add_event(builder, kSaleKind, "sale-1", e, event);
    });
  }
  const auto begun = std::chrono::steady_clock::now();
  const std::clock_t cpu_begun = std::clock();
  const auto relay = world.relay();
  require_caught_up(*relay, world.head());
  const double cpu_us = static_cast<double>(std::clock() - cpu_begun) * 1e6 / CLOCKS_PER_SEC;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  const auto events = static_cast<double>(relay->status().published);
  std::cout << events << " events in " << taken.count() << " s: " << events / taken.count() << " a second, "
            << cpu_us / events << " us of processor time each\n";
}

}  // namespace
}  // namespace till
