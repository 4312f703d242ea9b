// What an operator is told: conditions that begin, last and end, and the messages that say so while receivers fail.
#include "api/operational_alerts.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace till::testing {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr Micros kStart{1'772'445'600'000'000};  // 2026-03-02 10:00 UTC

std::string line_of(const OperationalNotice& notice) {
  const char* phase = notice.phase == OperationalNotice::Phase::kRaised  ? "raised "
                      : notice.phase == OperationalNotice::Phase::kStill ? "still "
                                                                         : "over ";
  return phase + notice.key;
}

// Conditions with a sample that a test changes and a clock that it moves.
class Watch {
 public:
  explicit Watch(OperationalLimits limits = {}) : conditions_(std::move(limits)) {
    sample.views = {{"read_cache", {FollowerState::kRunning, {}, ""}}, {"relay", {FollowerState::kRunning, {}, ""}}};
    sample.effects = {{"webhooks", "", 0}, {"alerts", "", 0}};
    sample.groups = {{"sales", 0, 0}, {"reports", 0, 0}};
  }

  FollowerStatus& relay() { return sample.views[1].status; }
  void count(std::uint64_t requests, std::uint64_t errors) {
    sample.groups[0].requests += requests;
    sample.groups[0].server_errors += errors;
  }
  // A sample every 5 seconds until `time` has passed, at least one.
  Lines pass(std::chrono::seconds time) {
    Lines lines;
    for (std::chrono::seconds left = time;; left -= 5s) {
      const auto step = std::min<std::chrono::seconds>(left, 5s);
      now_ = Micros(now_.value() + step.count() * kSecondUs);
      for (const OperationalNotice& notice : conditions_.observe(sample, now_)) {
        lines.push_back(line_of(notice));
        last = notice;
      }
      if (left <= 5s) return lines;
    }
  }

  OperationalSample sample;
  OperationalNotice last;
  std::size_t lasting() const { return conditions_.lasting(); }

 private:
  OperationalConditions conditions_;
  Micros now_ = kStart;
};

}  // namespace

TEST_CASE("operator: while all is well nothing is told", "[alerts][operator]") {
  Watch watch;
  watch.sample.durable = Position(1'000);
  watch.count(1'000, 10);
  CHECK(watch.pass(3600s).empty());
  CHECK(watch.lasting() == 0);
}

TEST_CASE("operator: a view that stops is told at once, and again when it goes on", "[alerts][operator]") {
  Watch watch;
  auto& cache = watch.sample.views[0].status;
  cache = {FollowerState::kStopped, {}, "position 7: does not read"};
  CHECK(watch.pass(0s) == Lines{"raised view/read_cache/stopped"});
  CHECK(watch.last.title == "read_cache has stopped");
  CHECK(watch.last.text == "position 7: does not read");
  CHECK(watch.last.since == kStart);
  CHECK(watch.pass(3600s).empty());
  CHECK(watch.lasting() == 1);
  cache.state = FollowerState::kRunning;
  CHECK(watch.pass(60s).empty());
  CHECK(watch.pass(5s) == Lines{"over view/read_cache/stopped"});
  CHECK(watch.last.since == kStart);
  CHECK(watch.lasting() == 0);
}

TEST_CASE("operator: a broker that is away is told after a minute, one that flickers is not", "[alerts][operator]") {
  Watch watch;
  for (int i = 0; i < 10; ++i) {
    watch.relay() = {FollowerState::kRetrying, {}, "NATS does not answer"};
    CHECK(watch.pass(55s).empty());
    watch.relay() = {FollowerState::kRunning, {}, ""};
    CHECK(watch.pass(5s).empty());
  }
  watch.relay() = {FollowerState::kRetrying, {}, "NATS does not answer"};
  CHECK(watch.pass(60s).empty());
  CHECK(watch.pass(5s) == Lines{"raised view/relay/retrying"});
  // Short recoveries do not end it.
  for (int i = 0; i < 10; ++i) {
    watch.relay().state = FollowerState::kRunning;
    CHECK(watch.pass(30s).empty());
    watch.relay().state = FollowerState::kRetrying;
    CHECK(watch.pass(30s).empty());
  }
  watch.relay().state = FollowerState::kRunning;
  CHECK(watch.pass(70s) == Lines{"over view/relay/retrying"});
}

TEST_CASE("operator: what lasts is told again after a long while", "[alerts][operator]") {
  OperationalLimits limits;
  limits.repeat_after = 3600s;
  Watch watch(limits);
  watch.sample.disk_reserve_reached = true;
  CHECK(watch.pass(0s) == Lines{"raised disk/reserve"});
  CHECK(watch.pass(3595s).empty());
  CHECK(watch.pass(5s) == Lines{"still disk/reserve"});
  CHECK(watch.pass(3600s) == Lines{"still disk/reserve"});
}

TEST_CASE("operator: a view is behind where it stays behind, and is not any more below half of that",
          "[alerts][operator]") {
  OperationalLimits limits;
  limits.lag_most = 100;
  Watch watch(limits);
  watch.sample.views.pop_back();
  watch.sample.durable = Position(1'101);
  watch.sample.views[0].status.at.position = Position(1'000);
  CHECK(watch.pass(300s).empty());
  CHECK(watch.pass(5s) == Lines{"raised view/read_cache/behind"});
  CHECK(watch.last.text == "101 transactions are durable in the log and not there.");
  watch.sample.views[0].status.at.position = Position(1'050);
  CHECK(watch.pass(3600s).empty());
  watch.sample.views[0].status.at.position = Position(1'051);
  CHECK(watch.pass(65s) == Lines{"over view/read_cache/behind"});
  // Ahead of what was asked for: the view is newer than the sample of the log.
  watch.sample.views[0].status.at.position = Position(2'000);
  CHECK(watch.pass(3600s).empty());
}

TEST_CASE("operator: dead letters are told, and that they are many more", "[alerts][operator]") {
  Watch watch;
  watch.sample.effects[0].dead = 1;
  CHECK(watch.pass(0s) == Lines{"raised effect/webhooks/dead"});
  CHECK(watch.last.text == "1 deliveries wait for somebody to redrive or discard them.");
  watch.sample.effects[0].dead = 500;
  CHECK(watch.pass(595s).empty());
  CHECK(watch.pass(5s) == Lines{"still effect/webhooks/dead"});
  watch.sample.effects[0].dead = 999;
  CHECK(watch.pass(3600s).empty());
  watch.sample.effects[0].dead = 0;
  CHECK(watch.pass(65s) == Lines{"over effect/webhooks/dead"});
}

TEST_CASE("operator: an effect whose source fails is told after a while", "[alerts][operator]") {
  Watch watch;
  watch.sample.effects[1].error = "the source is down";
  CHECK(watch.pass(60s).empty());
  CHECK(watch.pass(5s) == Lines{"raised effect/alerts/stuck"});
  // An effect that is not there any more is no trouble.
  watch.sample.effects.pop_back();
  CHECK(watch.pass(65s) == Lines{"over effect/alerts/stuck"});
}

TEST_CASE("operator: a group fails where the share of its errors in the window is above its threshold",
          "[alerts][operator]") {
  Watch watch;
  watch.count(1'000, 50);  // 5 %
  CHECK(watch.pass(5s).empty());
  watch.count(100, 6);  // 5.09 % together
  CHECK(watch.pass(5s) == Lines{"raised errors/sales"});
  CHECK(watch.last.text == "5.0 % of 1100 requests were answered 5xx.");
  // Neither as bad nor well.
  watch.count(300, 0);
  CHECK(watch.pass(200s).empty());
  watch.count(5'000, 0);
  CHECK(watch.pass(65s) == Lines{"over errors/sales"});
}

TEST_CASE("operator: few requests say nothing, and old ones are forgotten", "[alerts][operator]") {
  Watch watch;
  watch.count(19, 19);
  CHECK(watch.pass(60s).empty());
  watch.count(1, 1);
  CHECK(watch.pass(5s) == Lines{"raised errors/sales"});
  CHECK(watch.pass(295s).empty());
  CHECK(watch.pass(120s) == Lines{"over errors/sales"});
  watch.count(19, 19);
  CHECK(watch.pass(600s).empty());
}

TEST_CASE("operator: a group may have a threshold of its own", "[alerts][operator]") {
  OperationalLimits limits;
  limits.group_errors_most_ppm["sales"] = 500'000;
  limits.group_errors_most_ppm["reports"] = 0;
  Watch watch(limits);
  watch.count(1'000, 400);
  CHECK(watch.pass(60s).empty());
  watch.sample.groups[1] = {"reports", 1'000, 1};
  CHECK(watch.pass(5s) == Lines{"raised errors/reports"});
}

TEST_CASE("operator: a clock that is set back and counts that begin anew are borne", "[alerts][operator]") {
  OperationalConditions conditions{OperationalLimits()};
  OperationalSample sample;
  sample.groups = {{"sales", 1'000, 0}};
  CHECK(conditions.observe(sample, kStart).empty());
  sample.groups = {{"sales", 10, 10}};
  sample.disk_reserve_reached = true;
  const auto notices = conditions.observe(sample, Micros(kStart.value() - 3600 * kSecondUs));
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].at == kStart);
}

namespace {

struct Mailed {
  std::string to;
  std::string subject;
  std::string text;
  std::string message_id;
};

OperationalAlertsOptions desk_options() {
  OperationalAlertsOptions options;
  options.server = "till-1";
  options.slack_url = "https://hooks.slack.com/services/secret";
  options.mail_to = {"ops@example.org"};
  return options;
}

// The watcher without its thread, with receivers that are made up.
class OperatorDesk {
 public:
  explicit OperatorDesk(const OperationalAlertsOptions& options = desk_options())
      : alerts(
            options, [this] { return sample; }, [this] { return now; },
            [this](const OutboundPost& post) {
              posts.push_back(post);
              return answer;
            },
            [this](const std::string& to, const std::string& subject, const std::string& text,
                   const std::string& message_id) {
              mails.push_back({to, subject, text, message_id});
              return DeliveryAttempt();
            }) {}

  void step_after(std::chrono::seconds time) {
    now = Micros(now.value() + time.count() * kSecondUs);
    alerts.step();
  }
  void add_dead_letters(std::size_t effects) {
    for (std::size_t i = 0; i < effects; ++i) {
      sample.effects.push_back({"e" + std::to_string(sample.effects.size()), "", 1});
    }
  }

  OperationalSample sample;
  Micros now = kStart;
  Result<OutboundAnswer> answer{OutboundAnswer{.status = 200, .body = "ok", .retry_after = {}}};
  std::vector<OutboundPost> posts;
  std::vector<Mailed> mails;
  OperationalAlerts alerts;
};

}  // namespace

TEST_CASE("operator: a crossing is sent once to every receiver", "[alerts][operator]") {
  OperatorDesk desk;
  desk.step_after(0s);
  CHECK(desk.posts.empty());
  desk.add_dead_letters(1);
  for (int i = 0; i < 10; ++i) desk.step_after(5s);
  REQUIRE(desk.posts.size() == 1);
  CHECK(desk.posts[0].allow_private_addresses);
  CHECK(desk.posts[0].body.starts_with(R"({"text":"*till-1: Effect e0 has dead letters*\n1 deliveries)"));
  REQUIRE(desk.mails.size() == 1);
  CHECK(desk.mails[0].to == "ops@example.org");
  CHECK(desk.mails[0].subject == "till-1: Effect e0 has dead letters");
  CHECK(desk.mails[0].text ==
        "1 deliveries wait for somebody to redrive or discard them.\n"
        "Since 2026-03-02 10:00 UTC, effect/e0/dead");
  CHECK(desk.mails[0].message_id == "operator.1772445605000000.1");
  desk.sample.effects[0].dead = 0;
  for (int i = 0; i < 20; ++i) desk.step_after(5s);
  REQUIRE(desk.mails.size() == 2);
  CHECK(desk.mails[1].subject == "till-1: Over: Effect e0 has dead letters (1 min)");
  CHECK(desk.alerts.status().sent == 4);
  CHECK(desk.alerts.status().lasting == 0);
}

TEST_CASE("operator: what comes soon after a message goes together", "[alerts][operator]") {
  OperatorDesk desk;
  desk.add_dead_letters(1);
  desk.step_after(0s);
  desk.add_dead_letters(2);
  desk.step_after(5s);
  desk.add_dead_letters(1);
  for (int i = 0; i < 4; ++i) desk.step_after(5s);
  CHECK(desk.mails.size() == 1);
  desk.step_after(5s);
  REQUIRE(desk.mails.size() == 2);
  CHECK(desk.mails[1].subject == "till-1: Effect e1 has dead letters and 2 more");
  CHECK(desk.mails[1].text.find("effect/e3/dead") != std::string::npos);
}

TEST_CASE("operator: a receiver that fails is tried again, ever more seldom, and keeps no other from its message",
          "[alerts][operator]") {
  OperatorDesk desk;
  desk.answer = Error{ErrorKind::kUnavailable, "away"};
  desk.add_dead_letters(1);
  desk.step_after(0s);
  CHECK(desk.mails.size() == 1);
  CHECK(desk.posts.size() == 1);
  CHECK(desk.alerts.status().error.empty());  // the mail went well after it
  CHECK(desk.alerts.status().failed == 1);
  std::vector<std::int64_t> tries;
  std::size_t known = desk.posts.size();
  for (int second = 1; second <= 1'200; ++second) {
    desk.step_after(1s);
    if (desk.posts.size() == known) continue;
    known = desk.posts.size();
    tries.push_back(second);
  }
  CHECK(tries == std::vector<std::int64_t>{5, 15, 35, 75, 155, 315, 615, 915});
  CHECK(desk.alerts.status().error == "away");
  desk.answer = OutboundAnswer{.status = 200, .body = {}, .retry_after = {}};
  desk.step_after(300s);
  CHECK(desk.posts.size() == known + 1);
  CHECK(desk.mails.size() == 1);
  desk.step_after(300s);
  CHECK(desk.posts.size() == known + 1);
}

TEST_CASE("operator: a receiver may ask for a longer wait", "[alerts][operator]") {
  OperatorDesk desk;
  desk.answer = OutboundAnswer{.status = 429, .body = {}, .retry_after = 120s};
  desk.add_dead_letters(1);
  desk.step_after(0s);
  for (int i = 0; i < 119; ++i) desk.step_after(1s);
  CHECK(desk.posts.size() == 1);
  desk.step_after(1s);
  CHECK(desk.posts.size() == 2);
}

TEST_CASE("operator: a queue that is full loses its oldest notices and says how many", "[alerts][operator]") {
  OperatorDesk desk;
  desk.answer = Error{ErrorKind::kUnavailable, "away"};
  desk.add_dead_letters(OperationalAlerts::kQueuedMost + 10);
  desk.step_after(0s);
  // Ten of the chat and, before their first message, ten of the mail.
  CHECK(desk.alerts.status().dropped == 20);
  CHECK(desk.mails.at(0).subject == "till-1: Effect e10 has dead letters and 19 more");
  for (int i = 0; i < 100; ++i) desk.step_after(30s);
  CHECK(desk.mails.size() == 4);
}

TEST_CASE("operator: without receivers nothing is sent, and what lasts is known", "[alerts][operator]") {
  OperationalAlertsOptions options = desk_options();
  options.slack_url.clear();
  options.mail_to.clear();
  OperatorDesk desk(options);
  desk.add_dead_letters(3);
  desk.step_after(0s);
  CHECK(desk.posts.empty());
  CHECK(desk.mails.empty());
  CHECK(desk.alerts.status().lasting == 3);
}

TEST_CASE("operator: the thread samples until it is stopped", "[alerts][operator]") {
  std::atomic<int> samples{0};
  OperationalAlertsOptions options;
  options.sample_every = 1ms;
  OperationalAlerts alerts(
      options,
      [&] {
        ++samples;
        return OperationalSample();
      },
      [] { return kStart; }, http_post, nullptr);
  alerts.start();
  while (samples < 3) std::this_thread::sleep_for(1ms);
  alerts.stop();
  const int at_stop = samples;
  alerts.stop();
  CHECK(samples == at_stop);
}

}  // namespace till::testing
