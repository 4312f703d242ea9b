// The write side on the memory log and store: register, order, loading, recovery, failure of the log.
#include <catch2/catch.hpp>

#include <future>
#include <random>

#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "tests/stock_domain.h"
#include "tests/test_seed.h"

namespace till {
namespace {

std::vector<Outcome> submit(Engine& engine, std::vector<CommandRequest> commands) {
  std::promise<std::vector<Outcome>> promise;
  engine.submit(std::move(commands), [&](std::vector<Outcome>&& outcomes) { promise.set_value(std::move(outcomes)); });
  return promise.get_future().get();
}

Outcome submit_one(Engine& engine, CommandRequest command) {
  std::vector<CommandRequest> commands;
  commands.push_back(std::move(command));
  return submit(engine, std::move(commands)).front();
}

struct World {
  MemoryLog log{LogId{7}};
  MemoryBooksStore store;
  StockDomain domain;
  std::unique_ptr<Engine> engine;

  explicit World(EngineOptions options = {}) { open(std::move(options)); }
  void open(EngineOptions options = {}) {
    engine.reset();
    Result<std::unique_ptr<Engine>> opened = Engine::open(log, store, domain, std::move(options));
    REQUIRE(opened.ok());
    engine = std::move(*opened);
  }
  std::string dump() {
    engine->stop();
    std::string bytes;
    REQUIRE(store.dump([&](std::string_view key, std::string_view image) { bytes.append(key).append(image); }).ok());
    return bytes;
  }
};

TEST_CASE("an accepted command is one transaction with its answer") {
  World world;
  const Outcome outcome = submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 500));
  CHECK(outcome.kind == OutcomeKind::kAccepted);
  CHECK(outcome.position == Position(2));
  CHECK(world.log.head().position == Position(2));
  CHECK(world.engine->answer_at("acme", Position(2)).value() == outcome.answer);
  CHECK(world.engine->answer_at("other", Position(2)).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("the register answers a key once used, and refuses another request under it") {
  World world;
  submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 5));
  const Outcome replay = submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 5));
  CHECK(replay.kind == OutcomeKind::kReplayed);
  CHECK(replay.position == Position(2));
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 6)).kind == OutcomeKind::kKeyReused);
  CHECK(submit_one(*world.engine, adjust_stock("other", "k1", "apple", 6)).kind == OutcomeKind::kAccepted);
}

TEST_CASE("the same key twice in one submission: the second is a replay") {
  World world;
  std::vector<CommandRequest> commands;
  for (int i = 0; i < 2; ++i) commands.push_back(adjust_stock("acme", "k1", "apple", 5));
  const auto outcomes = submit(*world.engine, std::move(commands));
  CHECK(outcomes[0].kind == OutcomeKind::kAccepted);
  CHECK(outcomes[1].kind == OutcomeKind::kReplayed);
  CHECK(outcomes[1].position == outcomes[0].position);
}

TEST_CASE("a rejection is not remembered and uses no position") {
  World world;
  const Outcome no = submit_one(*world.engine, adjust_stock("acme", "k1", "apple", -5));
  CHECK(no.kind == OutcomeKind::kRejected);
  CHECK(no.rejection.code == "INSUFFICIENT_STOCK");
  submit_one(*world.engine, adjust_stock("acme", "k2", "apple", 5));
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k1", "apple", -5)).kind == OutcomeKind::kAccepted);
  CHECK(world.log.head().position == Position(3));
}

TEST_CASE("a key expires after its lifetime") {
  std::atomic<std::int64_t> now{1'000'000'000'000};
  EngineOptions options;
  options.clock = [&] { return Micros(now); };
  options.clock_jump_most = std::chrono::hours(24 * 365);
  World world(options);
  submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 5));
  now += 29ll * 24 * 3600 * 1'000'000;
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 5)).kind == OutcomeKind::kReplayed);
  now += 2ll * 24 * 3600 * 1'000'000;
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k1", "apple", 5)).kind == OutcomeKind::kAccepted);
}

TEST_CASE("books far larger than their memory give the same results") {
  const unsigned seed = testing::test_seed();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  EngineOptions small;
  small.books_bytes = 64 * 1024;
  small.flush_transactions = 16;
  World world(small);
  std::map<std::string, std::int64_t> expected;
  for (int round = 0; round < 200; ++round) {
    std::vector<CommandRequest> commands;
    std::vector<std::pair<std::string, std::int64_t>> wishes;
    for (int i = 0; i < 40; ++i) {
      const std::string sku = "sku" + std::to_string(random() % 3000);
      const auto delta = static_cast<std::int64_t>(random() % 100) - 30;
      wishes.emplace_back(sku, delta);
      commands.push_back(adjust_stock("acme", "k" + std::to_string(round) + "-" + std::to_string(i), sku, delta));
    }
    const auto outcomes = submit(*world.engine, std::move(commands));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      auto& [sku, delta] = wishes[i];
      const bool possible = expected[sku] + delta >= 0;
      REQUIRE((outcomes[i].kind == OutcomeKind::kAccepted) == possible);
      if (possible) expected[sku] += delta;
    }
  }
  CHECK(world.engine->stats().books_loads > 0);
  std::map<std::string, std::int64_t> found;
  world.engine->stop();
  REQUIRE(world.engine
              ->scan(EntityKind(schema::STOCK),
                     [&](std::string_view, std::string_view id, const auto& state) {
                       found[std::string(id.substr(3))] = static_cast<const schema::StockState&>(state).on_hand_e5();
                     })
              .ok());
  for (const auto& [sku, on_hand] : expected) {
    if (on_hand != 0) REQUIRE(found[sku] == on_hand);
  }
}

TEST_CASE("folding the log again gives the same bytes") {
  World world;
  for (int i = 0; i < 500; ++i) {
    submit_one(*world.engine, adjust_stock("t" + std::to_string(i % 3), "k" + std::to_string(i), "a", i % 7 - 2));
  }
  const std::string live = world.dump();
  for (int turn = 0; turn < 2; ++turn) {
    REQUIRE(world.store.reset(0).ok());
    world.open();
    CHECK(world.engine->stats().recovered_transactions == world.log.head().position.value());
    CHECK(world.dump() == live);
  }
}

TEST_CASE("a stop and a start go on from the store without replay; another fold version refolds") {
  World world;
  for (int i = 0; i < 50; ++i) submit_one(*world.engine, adjust_stock("acme", "k" + std::to_string(i), "a", 1));
  world.engine->stop();
  world.open();
  CHECK(world.engine->stats().recovered_transactions == 0);
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k7", "a", 1)).kind == OutcomeKind::kReplayed);
  world.engine->stop();
  const StockDomain newer(2);
  Result<std::unique_ptr<Engine>> refolded = Engine::open(world.log, world.store, newer, {});
  REQUIRE(refolded.ok());
  CHECK((*refolded)->stats().recovered_transactions == 51);
}

TEST_CASE("when the log fails nobody is told success, and the engine is not ready any more") {
  std::promise<Error> failure;
  EngineOptions options;
  options.on_failure = [&](const Error& error) { failure.set_value(error); };
  World world(options);
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k1", "a", 1)).kind == OutcomeKind::kAccepted);
  world.log.fail_append(1);
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k2", "a", 1)).kind == OutcomeKind::kOutcomeUnknown);
  CHECK(failure.get_future().get().kind == ErrorKind::kOutcomeUnknown);
  CHECK_FALSE(world.engine->ready());
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k3", "a", 1)).kind == OutcomeKind::kNotReady);
}

TEST_CASE("a jump of the clock stops commands until it is confirmed") {
  std::atomic<std::int64_t> now{1'000'000'000'000};
  EngineOptions options;
  options.clock = [&] { return Micros(now); };
  World world(options);
  submit_one(*world.engine, adjust_stock("acme", "k1", "a", 1));
  now += 48ll * 3600 * 1'000'000;
  while (world.engine->ready()) std::this_thread::yield();
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k2", "a", 1)).kind == OutcomeKind::kNotReady);
  world.engine->confirm_clock();
  while (!world.engine->ready()) std::this_thread::yield();
  CHECK(submit_one(*world.engine, adjust_stock("acme", "k2", "a", 1)).kind == OutcomeKind::kAccepted);
}

TEST_CASE("a full queue refuses at once, and only that tenant's") {
  EngineOptions options;
  options.tenant_queue_commands = 10;
  World world(options);
  std::atomic<int> overloaded{0};
  std::atomic<int> answered{0};
  for (int i = 0; i < 300; ++i) {
    std::vector<CommandRequest> commands;
    for (int c = 0; c < 8; ++c) commands.push_back(adjust_stock("flood", std::to_string(i * 8 + c), "a", 1));
    world.engine->submit(std::move(commands), [&](std::vector<Outcome>&& outcomes) {
      if (outcomes.front().kind == OutcomeKind::kOverloaded) ++overloaded;
      ++answered;
    });
  }
  CHECK(submit_one(*world.engine, adjust_stock("quiet", "k", "a", 1)).kind == OutcomeKind::kAccepted);
  while (answered < 300) std::this_thread::yield();
  CHECK(world.log.head().position.value() == 2 + 8u * static_cast<unsigned>(300 - overloaded));
}

TEST_CASE("the feed gives every transaction once, in order, from the ring and from the log") {
  EngineOptions options;
  options.ring_transactions = 64;
  World world(options);
  for (int i = 0; i < 300; ++i) submit_one(*world.engine, adjust_stock("acme", std::to_string(i), "a", 1));
  Position at;
  std::vector<TransactionPtr> batch;
  while (at < world.log.head().position) {
    REQUIRE(world.engine->feed().read(at, 50, 1u << 20, batch).ok());
    for (const TransactionPtr& transaction : batch) {
      REQUIRE(transaction->position() == at.next());
      at = transaction->position();
    }
  }
  CHECK(world.engine->feed().durable() == world.log.head());
}

TEST_CASE("a flush of the books that fails at a stop is reported, and the stop goes on") {
  class FullStore : public MemoryBooksStore {
    Status make_durable(bool) override { return Error{ErrorKind::kUnavailable, "no space is left"}; }
  };
  MemoryLog log(LogId{7});
  FullStore store;
  const StockDomain domain;
  std::string reported;
  EngineOptions options;
  options.on_failure = [&](const Error& error) { reported = error.message; };
  Result<std::unique_ptr<Engine>> engine = Engine::open(log, store, domain, options);
  REQUIRE(engine.ok());
  CHECK(submit_one(**engine, adjust_stock("acme", "k1", "apple", 5)).kind == OutcomeKind::kAccepted);
  (*engine)->stop();
  CHECK(reported == "no space is left");
}

}  // namespace
}  // namespace till
