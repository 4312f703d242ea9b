// One nats-server, one log, relays that come and go.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "projections/relay/relay.h"
#include "tests/nats_server.h"
#include "tests/relay_fixture.h"

namespace till::relay_test {

inline constexpr std::chrono::seconds kPatience{30};

// Server, log and the folder of the checkpoint; relays come and go.
struct World {
  World() {
    std::string name = "/tmp/till-relay-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    options.url = server.url();
    options.directory = name;
    options.retry_first = std::chrono::milliseconds(20);
    options.retry_most = std::chrono::milliseconds(200);
    options.refused_again = std::chrono::milliseconds(200);
    options.idle_check = std::chrono::milliseconds(200);
  }
  ~World() { std::filesystem::remove_all(options.directory); }

  std::unique_ptr<Relay> relay() {
    auto made = std::make_unique<Relay>(log.feed(), names, options);
    made->start();
    return made;
  }
  Position head() { return log.feed().durable().position; }

  NatsServer server;
  RandomLog log;
  NamesOnly names;
  RelayOptions options;
};

inline void require_caught_up(Relay& relay, Position head) {
  if (relay.wait_for(head, kPatience)) return;
  const RelayStatus status = relay.status();
  FAIL("the relay stands at " << status.follower.at.position.value() << " of " << head.value() << ": "
                              << status.follower.error);
}

inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// What befalls the server from now on befalls a session.
inline void require_session(Relay& relay) {
  REQUIRE(eventually([&] { return relay.status().sessions > 0; }));
}

inline bool reports(Relay& relay, FollowerState state, const std::string& text) {
  return eventually([&] {
    const RelayStatus status = relay.status();
    return status.follower.state == state && status.follower.error.find(text) != std::string::npos;
  });
}

// Adds transactions to a log in the background, a few at a time.
class Appender {
 public:
  Appender(RandomLog& log, int transactions)
      : thread_([&log, transactions] {
          for (int added = 0; added < transactions; added += 5) {
            log.add(5);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}
  void join() { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace till::relay_test
