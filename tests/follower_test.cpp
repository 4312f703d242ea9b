// A follower whose view goes away and comes back.
#include "engine/follower.h"

#include <catch2/catch.hpp>

#include "tests/fake_feed.h"

namespace till {
namespace {

constexpr std::chrono::seconds kPatience{20};

class FlakyView : public View {
 public:
  std::string_view name() const override { return "flaky"; }
  Result<LogPoint> checkpoint() override {
    ++checkpoints;
    if (away) return Error{ErrorKind::kUnavailable, "the view is away"};
    return at;
  }
  Status apply(std::span<const TransactionPtr> batch) override {
    if (away) return Error{ErrorKind::kUnavailable, "the view is away"};
    at = batch.back()->point();
    return {};
  }

  std::atomic<bool> away{false};
  std::atomic<int> checkpoints{0};
  LogPoint at;
};

struct Fixture {
  FakeFeed feed{LogId{5}};
  FlakyView view;
  Follower follower{feed, view, {.retry_first = std::chrono::milliseconds(100)}};
  void append() {
    feed.append("acme", [](TransactionBuilder&) {});
  }
};

}  // namespace

TEST_CASE("follower: an action that waits for a view that is away ends with its error", "[follower]") {
  Fixture f;
  f.append();
  f.follower.start();
  REQUIRE(f.follower.wait_for(Position(1), kPatience));
  f.view.away = true;
  f.append();
  const int before = f.view.checkpoints;
  const auto begun = std::chrono::steady_clock::now();
  bool ran = false;
  const std::function<Status(LogPoint)> action = [&](LogPoint) {
    ran = true;
    return Status();
  };
  Status held;
  while (held.ok() && std::chrono::steady_clock::now() < begun + kPatience) held = f.follower.while_held(action);
  REQUIRE_FALSE(held.ok());
  CHECK(held.error().kind == ErrorKind::kUnavailable);
  // One try for the batch, one for the action; no more than the pauses between them allow.
  CHECK(f.view.checkpoints - before <= 4);
  CHECK(f.follower.status().state == FollowerState::kRetrying);

  f.view.away = false;
  REQUIRE(f.follower.wait_for(Position(2), kPatience));
  ran = false;
  CHECK(f.follower.while_held(action).ok());
  CHECK(ran);
  f.follower.stop();
}

TEST_CASE("follower: it tells where the view is known to stand before the view has said so", "[follower]") {
  FakeFeed feed{LogId{5}};
  feed.append("acme", [](TransactionBuilder&) {});
  FlakyView view;
  view.away = true;
  Follower follower(feed, view, {}, feed.durable());
  CHECK(follower.position() == Position(1));
  CHECK(follower.status().at == feed.durable());
  follower.start();
  CHECK(follower.wait_for(Position(1), kPatience));
  follower.stop();
  CHECK(follower.status().at == feed.durable());
}

TEST_CASE("follower: behind a batch that is full by its bytes the next one is not put off", "[follower]") {
  FakeFeed feed{LogId{5}};
  for (int i = 0; i < 5; ++i) feed.append("acme", [](TransactionBuilder&) {});
  FlakyView view;
  Follower follower(feed, view, {.max_batch_bytes = 1, .pace = std::chrono::hours(1)});
  follower.start();
  const auto begun = std::chrono::steady_clock::now();
  while (follower.position() < Position(5) && std::chrono::steady_clock::now() < begun + kPatience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(follower.position() == Position(5));
  follower.stop();
}

}  // namespace till
