// What ends by itself, with a clock that the test moves: every kind, crashes between, a full index.
#include "api/timers.h"

#include <atomic>
#include <future>
#include <thread>

#include <google/protobuf/text_format.h>
#include <catch2/catch.hpp>

#include "api/validation.h"
#include "commands/retail_domain.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "engine/transaction.h"
#include "tests/memory_books.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

using testing::kTestStartUs;

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kHourUs = 60 * kMinuteUs;
constexpr std::chrono::seconds kPatience{20};

std::string at_text(std::int64_t offset_us) {
  return std::to_string(kTestStartUs + offset_us);
}

// A server's parts with a clock of their own. The log and the books outlive each run of it.
class TimerWorld {
 public:
  TimerWorld() { open(); }
  ~TimerWorld() { close(); }

  void open() {
    EngineOptions options;
    options.clock = [this] { return Micros(now_us_.load()); };
    options.clock_jump_most = std::chrono::hours(24 * 4000);
    auto engine = Engine::open(log_, store_, domain_, options);
    REQUIRE(engine.ok());
    engine_ = std::move(*engine);
    ReadCacheOptions cache_options;
    cache_options.directory = directory_.path() + "/cache";
    cache_options.domain = &domain_;
    auto cache = ReadCache::open(engine_->feed(), cache_options);
    REQUIRE(cache.ok());
    cache_ = std::move(*cache);
    cache_->start();
  }

  void close() {
    timers_.reset();
    if (engine_) engine_->stop();
    if (cache_) cache_->stop();
    cache_.reset();
    engine_.reset();
  }

  Timers& start_timers(TimersOptions options = {}) {
    options.clock = [this] { return Micros(now_us_.load()); };
    options.pause = std::chrono::milliseconds(1);
    timers_ = std::make_unique<Timers>(*engine_, *cache_, domain_.zones(), MasterSecret{3}, options);
    return *timers_;
  }

  void pass(std::int64_t us) { now_us_ += us; }

  Outcome send(const std::string& text) {
    auto command = std::make_unique<schema::Command>();
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, command.get()));
    CommandRequest request;
    request.tenant = "acme";
    request.key = "k" + std::to_string(++keys_);
    request.body = std::move(command);
    std::vector<CommandRequest> commands;
    commands.push_back(std::move(request));
    std::promise<Outcome> promise;
    engine_->submit(std::move(commands),
                    [&](std::vector<Outcome>&& outcomes) { promise.set_value(std::move(outcomes.front())); });
    return promise.get_future().get();
  }

  void given(const std::string& text) {
    const Outcome outcome = send(text);
    INFO(text << ": " << outcome.rejection.code << " " << outcome.rejection.detail);
    REQUIRE(outcome.kind == OutcomeKind::kAccepted);
  }

  void set_up_store() {
    given("create_tenant { name: 'Acme' }");
    given("upsert_store { store_id: 'S1' name: 'High Street' }");
    given("set_store_policy { store_id: 'S1' stock: DENY time_zone: 'Europe/Berlin' business_day_cutoff_hour: 4 }");
    given(
        "upsert_product { sku: 'MILK' name: 'Milk' category: 'Dairy' tax_code: 'FOOD' "
        "unit_price { amount: 100 currency: 'EUR' } }");
    given("receive_stock { receipt_id: 'R1' store_id: 'S1' lines { sku: 'MILK' quantity_e5: 100000000 } }");
  }

  void reserve(const std::string& id, std::int64_t lasts_us) {
    given("reserve_stock { reservation_id: '" + id + "' store_id: 'S1' lines { sku: 'MILK' quantity_e5: 100000 } " +
          "expires_at_us: " + std::to_string(now_us_ + lasts_us) + " }");
  }

  template <class Pending>
  void step_while(const Pending& pending) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (pending() && std::chrono::steady_clock::now() < deadline) {
      timers_->step();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // Steps the timers until the event stands in the log so often, or patience is over.
  std::size_t step_until(schema::Event::EventCase event, std::size_t times) {
    step_while([&] { return count(event) < times; });
    return count(event);
  }

  // Lets the timers see all that happened, and answers come back.
  void settle() {
    for (int i = 0; i < 50; ++i) {
      timers_->step();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::size_t count(schema::Event::EventCase event) { return records_of(event).size(); }

  // The records with such an event.
  std::vector<schema::Record> records_of(schema::Event::EventCase event) {
    std::vector<schema::Record> found;
    std::vector<TransactionPtr> batch;
    Position at;
    while (engine_->feed().read(at, 1000, 1u << 20, batch).ok() && !batch.empty()) {
      for (const TransactionPtr& transaction : batch) {
        for (const auto& header : transaction->record().events()) {
          if (header.type() == static_cast<std::uint32_t>(event)) found.push_back(transaction->record());
        }
      }
      at = batch.back()->position();
    }
    return found;
  }

  Engine& engine() { return *engine_; }

 private:
  TemporaryDirectory directory_;
  std::atomic<std::int64_t> now_us_{kTestStartUs};
  MemoryLog log_{LogId{9}};
  MemoryBooksStore store_;
  RetailDomain domain_{testing::test_zones()};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ReadCache> cache_;
  std::unique_ptr<Timers> timers_;
  int keys_ = 0;
};

}  // namespace

TEST_CASE("a reservation whose time is over is ended by a timer, and not before", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  world.reserve("B1", kHourUs);
  world.settle();
  CHECK(world.count(schema::Event::kReservationExpired) == 0);
  world.pass(kHourUs);
  REQUIRE(world.step_until(schema::Event::kReservationExpired, 1) == 1);
  const schema::Record record = world.records_of(schema::Event::kReservationExpired).front();
  CHECK(record.actor() == "timer");
  CHECK(record.command_id() == own_key({"timer", "reservation", "B1", at_text(kHourUs)}));
  CHECK(record.tenant() == "acme");
}

TEST_CASE("a coupon held for a sale is let go by a timer", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  world.given("define_coupon { coupon_id: 'ONCE' single_use: true amount { amount: 500 currency: 'EUR' } }");
  world.given("reserve_coupon { coupon_id: 'ONCE' sale_id: 'V1' }");
  world.settle();
  world.pass(24 * kHourUs);
  CHECK(world.step_until(schema::Event::kCouponReleased, 1) == 1);
}

TEST_CASE("a hold on a gift card is let go by a timer", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  world.given("activate_gift_card { gift_card_id: 'G1' store_id: 'S1' amount { amount: 5000 currency: 'EUR' } }");
  world.given(
      "hold_gift_card { gift_card_id: 'G1' hold_id: 'H1' store_id: 'S1' amount { amount: 2000 currency: 'EUR' } "
      "expires_at_us: " +
      at_text(kHourUs) + " }");
  world.settle();
  CHECK(world.count(schema::Event::kGiftCardHoldReleased) == 0);
  world.pass(kHourUs);
  CHECK(world.step_until(schema::Event::kGiftCardHoldReleased, 1) == 1);
}

TEST_CASE("points are booked away by a timer, also those of before its start", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.given(
      "set_loyalty_program { points_per_unit_e5: 100000 point_value { amount: 1 currency: 'EUR' } expiry_days: 1 }");
  world.given("register_customer { customer_id: 'C1' }");
  world.given("adjust_points { customer_id: 'C1' movement_id: 'M1' store_id: 'S1' delta: 100 reason: 'welcome' }");
  world.start_timers();
  world.settle();
  world.pass(24 * kHourUs);
  world.settle();
  CHECK(world.count(schema::Event::kPointsExpired) == 0);
  // Whole days of UTC after the day of earning.
  world.pass(14 * kHourUs);
  CHECK(world.step_until(schema::Event::kPointsExpired, 1) == 1);
}

TEST_CASE("store credit is booked away by a timer, each amount at its own moment", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.given("register_customer { customer_id: 'C1' }");
  const auto issue = [&](const std::string& id, const std::string& expiry) {
    world.given("issue_store_credit { customer_id: 'C1' movement_id: '" + id +
                "' store_id: 'S1' amount { amount: 500 currency: 'EUR' } reason: 'goodwill'" + expiry + " }");
  };
  issue("M1", " expires_at_us: " + at_text(kHourUs));
  world.start_timers();
  issue("M2", " expires_at_us: " + at_text(2 * kHourUs));
  issue("M3", "");
  world.settle();
  CHECK(world.count(schema::Event::kStoreCreditExpired) == 0);
  world.pass(kHourUs);
  REQUIRE(world.step_until(schema::Event::kStoreCreditExpired, 1) == 1);
  CHECK(world.records_of(schema::Event::kStoreCreditExpired).front().command_id() ==
        own_key({"timer", "store_credit", "C1", at_text(kHourUs)}));
  world.pass(kHourUs);
  CHECK(world.step_until(schema::Event::kStoreCreditExpired, 2) == 2);
  world.pass(48 * kHourUs);
  world.settle();
  CHECK(world.count(schema::Event::kStoreCreditExpired) == 2);
}

TEST_CASE("who forgets to clock out is clocked out when the store's day ends", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  world.given("upsert_employee { employee_id: 'E1' }");
  world.given("clock_in { employee_id: 'E1' store_id: 'S1' }");
  world.settle();
  // It is 11:00 in Berlin; the day ends at 4:00.
  constexpr std::int64_t kDayLeftUs = 17 * kHourUs;
  world.pass(kDayLeftUs - 1);
  world.settle();
  CHECK(world.count(schema::Event::kTimecardClosed) == 0);
  world.pass(kMinuteUs);
  REQUIRE(world.step_until(schema::Event::kTimecardClosed, 1) == 1);
  CHECK(world.records_of(schema::Event::kTimecardClosed).front().command_id() ==
        own_key({"timer", "timecard", "E1", at_text(kDayLeftUs)}));
  // The card of the next day is another one.
  world.given("clock_in { employee_id: 'E1' store_id: 'S1' }");
  world.settle();
  CHECK(world.count(schema::Event::kTimecardClosed) == 1);
  world.pass(24 * kHourUs);
  CHECK(world.step_until(schema::Event::kTimecardClosed, 2) == 2);
}

TEST_CASE("what was over while nobody looked is ended after a restart, once", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  for (int i = 0; i < 20; ++i) world.reserve("B" + std::to_string(i), kHourUs + i);
  world.settle();
  world.close();
  world.pass(2 * kHourUs);
  world.open();
  world.start_timers();
  CHECK(world.step_until(schema::Event::kReservationExpired, 20) == 20);
  // One that is taken down with its commands on their way, and one that knows nothing of it.
  for (int i = 20; i < 40; ++i) world.reserve("B" + std::to_string(i), kHourUs);
  world.settle();
  world.pass(kHourUs);
  world.start_timers().step();
  world.start_timers();
  CHECK(world.step_until(schema::Event::kReservationExpired, 40) == 40);
  world.settle();
  CHECK(world.count(schema::Event::kReservationExpired) == 40);
}

TEST_CASE("a timer does nothing to what has ended before", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  Timers& timers = world.start_timers();
  world.reserve("B1", kHourUs);
  world.settle();
  world.given("release_reservation { reservation_id: 'B1' }");
  world.pass(kHourUs);
  world.step_while([&] { return timers.counts().refused == 0; });
  CHECK(world.count(schema::Event::kReservationExpired) == 0);
  CHECK(timers.counts().refused == 1);
  CHECK(timers.counts().waiting == 0);
}

TEST_CASE("what could not be decided is tried again", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  world.start_timers();
  world.reserve("B1", kHourUs);
  world.engine().set_disk_reserve_reached(true);
  world.pass(kHourUs);
  world.settle();
  CHECK(world.count(schema::Event::kReservationExpired) == 0);
  world.engine().set_disk_reserve_reached(false);
  CHECK(world.step_until(schema::Event::kReservationExpired, 1) == 1);
}

TEST_CASE("an index that is too small ends all the same", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  TimersOptions options;
  options.index_most = 3;
  options.in_flight_most = 2;
  for (int i = 0; i < 10; ++i) world.reserve("B" + std::to_string(i), kHourUs + i * kMinuteUs);
  world.start_timers(options);
  for (int i = 10; i < 20; ++i) world.reserve("B" + std::to_string(i), kHourUs + i * kMinuteUs);
  world.settle();
  world.pass(2 * kHourUs);
  CHECK(world.step_until(schema::Event::kReservationExpired, 20) == 20);
}

TEST_CASE("what lies beyond the horizon comes with a later round", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  Timers& timers = world.start_timers();
  world.reserve("B1", 100 * kHourUs);
  world.settle();
  CHECK(timers.counts().waiting == 0);
  for (int day = 0; day < 4; ++day) {
    world.settle();
    CHECK(world.count(schema::Event::kReservationExpired) == 0);
    world.pass(24 * kHourUs);
  }
  world.settle();
  world.pass(5 * kHourUs);
  CHECK(world.step_until(schema::Event::kReservationExpired, 1) == 1);
}

TEST_CASE("a thread of its own ends what is over", "[timers]") {
  TimerWorld world;
  world.set_up_store();
  Timers& timers = world.start_timers();
  timers.start();
  world.reserve("B1", kHourUs);
  world.pass(kHourUs);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (world.count(schema::Event::kReservationExpired) == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  timers.stop();
  CHECK(world.count(schema::Event::kReservationExpired) == 1);
  CHECK(timers.status().state == FollowerState::kRunning);
}

TEST_CASE("the index of moments is in order and bounded", "[timers]") {
  DueIndex index(2);
  index.open(Micros(100));
  const auto due = [](std::int64_t at) { return Due{Micros(at), DueKind::kPoints, "acme", std::to_string(at), {}}; };
  index.add(due(100));
  CHECK(index.size() == 0);
  index.add(due(30));
  index.add(due(20));
  index.add(due(20));
  CHECK(index.size() == 2);
  CHECK(index.horizon() == Micros(100));
  index.add(due(10));
  CHECK(index.horizon() == Micros(30));
  index.add(due(30));
  CHECK(index.size() == 2);
  CHECK_FALSE(index.take(Micros(9)));
  CHECK(index.take(Micros(10))->id == "10");
  CHECK(index.take(Micros(50))->id == "20");
  CHECK_FALSE(index.take(Micros(50)));
}

}  // namespace till
