// The effect that tells a tenant: where to, when not, how often, and what is done with what could not be sent.
#include "projections/effects/alert_effect.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "commands/alert_policy.h"
#include "projections/effects/alert_receivers.h"
#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"
#include "tests/memory_books.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryAttempt::Kind;
using Targets = std::vector<std::string>;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr Micros kMorning{1'772'445'600'000'000};  // 2026-03-02 10:00 UTC
constexpr const char* kChat = "https://hooks.slack.com/services/T0/B0/secret";

struct Mailed {
  std::string to;
  std::string subject;
  std::string text;
  std::string message_id;
};

// The effect with a policy, a chat, a mail server and a clock that are made up.
class AlertDesk {
 public:
  AlertDesk() {
    policy.set_slack_url(kChat);
    policy.add_mail_to("ann@example.org");
    policy.add_mail_to("bob@example.org");
  }

  void pass(std::chrono::seconds time) { now = Micros(now.value() + time.count() * kSecondUs); }
  void set_rate(schema::Alert::Kind kind, std::uint32_t most, std::uint32_t seconds) {
    auto& rate = *policy.add_rates();
    rate.set_kind(kind);
    rate.set_most(most);
    rate.set_interval_seconds(seconds);
  }
  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target = "acme.slack") {
    return effect.deliver(message, target);
  }
  // When it comes again.
  std::chrono::milliseconds wait_of(const EffectMessage& message, const std::string& target = "acme.slack") {
    const DeliveryAttempt attempt = deliver(message, target);
    REQUIRE(attempt.kind == Kind::kPostponed);
    REQUIRE(attempt.not_before.has_value());
    return *attempt.not_before;
  }

  schema::AlertPolicyState policy;
  std::optional<Error> policy_trouble;
  std::optional<schema::Money> variance_limit;
  Result<OutboundAnswer> answer{OutboundAnswer{.status = 200, .body = "ok", .retry_after = {}}};
  DeliveryAttempt mail_attempt;
  Micros now = kMorning;
  std::vector<OutboundPost> posts;
  std::vector<Mailed> mails;
  const ZoneTables zones = test_zones();

  AlertEffect effect{
      [this](const std::string&) -> Result<schema::AlertPolicyState> {
        if (policy_trouble) return *policy_trouble;
        return policy;
      },
      [this](const std::string&, const std::string&) -> Result<std::optional<schema::Money>> { return variance_limit; },
      [this](const OutboundPost& post) {
        posts.push_back(post);
        return answer;
      },
      [this](const std::string& to, const std::string& subject, const std::string& text,
             const std::string& message_id) {
        mails.push_back({to, subject, text, message_id});
        return mail_attempt;
      },
      zones,
      [this] { return now; },
      {}};
};

EffectMessage message_of(std::uint64_t position, const std::string& name, const schema::Event& event) {
  EffectMessage message;
  message.event = {Position(position), 0};
  message.id = "0123456789abcdef0123456789abcdef.1." + std::to_string(position) + ".0";
  message.tenant = "acme";
  message.event_name = name;
  message.recorded_at = kMorning;
  message.payload = event.SerializeAsString();
  return message;
}

// Each of another item.
EffectMessage low_stock(std::uint64_t position) {
  schema::Event event;
  auto& fact = *event.mutable_low_stock_detected();
  fact.set_store_id("s1");
  fact.set_sku("sku-" + std::to_string(position));
  EffectMessage message = message_of(position, "LowStockDetected", event);
  message.stream_id = "s1/" + fact.sku();
  return message;
}

EffectMessage quarantined(std::uint64_t position, const std::string& terminal = "t1") {
  schema::Event event;
  auto& fact = *event.mutable_offline_entry_quarantined();
  fact.set_terminal_id(terminal);
  fact.set_client_seq(position);
  fact.set_code(schema::PRODUCT_NOT_FOUND);
  return message_of(position, "OfflineEntryQuarantined", event);
}

EffectMessage closed_shift(std::uint64_t position, std::int64_t over_short) {
  schema::Event event;
  auto& fact = *event.mutable_shift_closed();
  fact.set_shift_id("sh1");
  fact.set_store_id("s1");
  fact.set_currency("EUR");
  fact.set_over_short(over_short);
  return message_of(position, "ShiftClosed", event);
}

std::chrono::seconds wait_rounded_up(std::chrono::milliseconds wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait);
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an alert goes to the chat and to every address", "[effects][alerts]") {
  AlertDesk desk;
  const EffectMessage message = low_stock(7);
  CHECK(desk.effect.name() == "alerts");
  CHECK(desk.effect.wants("LowStockDetected"));
  CHECK_FALSE(desk.effect.wants("SaleCompleted"));
  CHECK(desk.effect.order_key(message).empty());
  REQUIRE(*desk.effect.targets(message) == Targets{"acme.slack", "acme.mail.0", "acme.mail.1"});
  for (const char* target : {"acme.slack", "acme.mail.0", "acme.mail.1"})
    CHECK(desk.deliver(message, target).kind == Kind::kDone);
  REQUIRE(desk.posts.size() == 1);
  CHECK(desk.posts[0].url == kChat);
  CHECK_FALSE(desk.posts[0].allow_private_addresses);
  CHECK(desk.posts[0].body.starts_with(R"({"text":"*Low stock of sku-7 at s1*\n)"));
  REQUIRE(desk.mails.size() == 2);
  CHECK(desk.mails[0].to == "ann@example.org");
  CHECK(desk.mails[1].to == "bob@example.org");
  CHECK(desk.mails[0].subject == "Low stock of sku-7 at s1");
  CHECK(desk.mails[0].message_id == "alerts.0123456789abcdef0123456789abcdef.1.7.0.0");
  CHECK(desk.mails[1].message_id == "alerts.0123456789abcdef0123456789abcdef.1.7.0.1");
}

TEST_CASE("what nobody asked for has no receivers", "[effects][alerts]") {
  AlertDesk desk;
  desk.policy.add_muted(schema::Alert::LOW_STOCK);
  CHECK(desk.effect.targets(low_stock(7))->empty());
  CHECK(desk.effect.targets(quarantined(8))->size() == 3);
  desk.policy.clear_slack_url();
  CHECK(*desk.effect.targets(quarantined(8)) == Targets{"acme.mail.0", "acme.mail.1"});
  desk.policy.Clear();
  CHECK(desk.effect.targets(quarantined(8))->empty());
}

TEST_CASE("a drawer is held against the policy's limit, or its store's", "[effects][alerts]") {
  AlertDesk desk;
  const auto told = [&desk](std::int64_t over_short) {
    return !desk.effect.targets(closed_shift(7, over_short))->empty();
  };
  CHECK_FALSE(told(-5'000));
  desk.variance_limit.emplace().set_amount(1'000);
  desk.variance_limit->set_currency("EUR");
  CHECK_FALSE(told(-1'000));
  CHECK(told(-1'001));
  desk.policy.mutable_over_short_limit()->set_amount(10);
  desk.policy.mutable_over_short_limit()->set_currency("EUR");
  CHECK(told(11));
  CHECK_FALSE(told(10));
}

TEST_CASE("receivers are those of the policy when a message is sent", "[effects][alerts]") {
  AlertDesk desk;
  desk.policy.set_slack_url("https://chat.example/new");
  desk.policy.mutable_mail_to()->RemoveLast();
  CHECK(desk.deliver(low_stock(7)).kind == Kind::kDone);
  CHECK(desk.posts.at(0).url == "https://chat.example/new");
  // Gone, or never a target of this effect.
  for (const char* target : {"acme.mail.1", "acme.mail.", "acme.mail.x", "acme.mail.-1", "acme.mail.0x", "", "pager"}) {
    CAPTURE(target);
    CHECK(desk.deliver(low_stock(8), target).kind == Kind::kDone);
  }
  desk.policy.add_muted(schema::Alert::LOW_STOCK);
  CHECK(desk.deliver(low_stock(9)).kind == Kind::kDone);
  CHECK(desk.posts.size() == 1);
  CHECK(desk.mails.empty());
}

TEST_CASE("in quiet hours an alert waits for their end", "[effects][alerts]") {
  AlertDesk desk;
  auto& quiet = *desk.policy.mutable_quiet_hours();
  quiet.set_from("22:00");
  quiet.set_to("07:00");
  quiet.set_time_zone("Europe/Berlin");
  CHECK(desk.deliver(low_stock(7)).kind == Kind::kDone);
  desk.pass(11h);  // 22:00 in Berlin
  const auto wait = desk.wait_of(low_stock(8));
  CHECK(wait >= 9h);
  CHECK(wait < 9h + 1s);
  desk.pass(9h);
  CHECK(desk.deliver(low_stock(8)).kind == Kind::kDone);
  CHECK(desk.posts.size() == 2);
}

TEST_CASE("above its rate alerts of a kind are counted, and one comes back to say so", "[effects][alerts]") {
  AlertDesk desk;
  desk.set_rate(schema::Alert::LOW_STOCK, 2, 600);
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kDone);
  desk.pass(100s);
  CHECK(desk.deliver(low_stock(2)).kind == Kind::kDone);
  const auto wait = desk.wait_of(low_stock(3));
  CHECK(wait >= 500s);
  CHECK(wait < 501s);
  for (std::uint64_t position = 4; position <= 15; ++position) {
    CHECK(desk.deliver(low_stock(position)).kind == Kind::kDone);
  }
  CHECK(desk.posts.size() == 2);
  // Each receiver and each kind is counted by itself.
  CHECK(desk.deliver(low_stock(3), "acme.mail.0").kind == Kind::kDone);
  CHECK(desk.deliver(quarantined(16)).kind == Kind::kDone);
  CHECK(desk.mails.size() == 1);
  CHECK(desk.posts.size() == 3);
  desk.pass(wait_rounded_up(wait));
  CHECK(desk.deliver(low_stock(3)).kind == Kind::kDone);
  REQUIRE(desk.posts.size() == 4);
  CHECK(says(desk.posts[3].body, "sku-3"));
  CHECK(says(desk.posts[3].body, "And 12 more of this kind"));
  // The count is told once.
  desk.pass(600s);
  CHECK(desk.deliver(low_stock(17)).kind == Kind::kDone);
  CHECK_FALSE(says(desk.posts.back().body, "more of this kind"));
}

TEST_CASE("one trouble is told once in an interval", "[effects][alerts]") {
  AlertDesk desk;
  CHECK(desk.deliver(quarantined(1)).kind == Kind::kDone);
  const auto wait = desk.wait_of(quarantined(2));
  CHECK(wait >= std::chrono::seconds(kAlertIntervalDefault));
  for (std::uint64_t position = 3; position <= 500; ++position) {
    CHECK(desk.deliver(quarantined(position)).kind == Kind::kDone);
  }
  // Another terminal is another trouble.
  CHECK(desk.deliver(quarantined(501, "t2")).kind == Kind::kDone);
  CHECK(desk.posts.size() == 2);
  desk.pass(wait_rounded_up(wait));
  CHECK(desk.deliver(quarantined(2)).kind == Kind::kDone);
  REQUIRE(desk.posts.size() == 3);
  CHECK(says(desk.posts[1].body, "And 498 more of this kind"));
  CHECK_FALSE(says(desk.posts[2].body, "more of this kind"));
}

TEST_CASE("the default rate is five messages of a kind in ten minutes", "[effects][alerts]") {
  AlertDesk desk;
  for (std::uint64_t position = 1; position <= 5; ++position) {
    CHECK(desk.deliver(low_stock(position)).kind == Kind::kDone);
  }
  const auto wait = desk.wait_of(low_stock(6));
  CHECK(wait >= 600s);
  CHECK(wait < 601s);
  CHECK(desk.posts.size() == 5);
}

TEST_CASE("an event that comes again after it was told is not told again", "[effects][alerts]") {
  AlertDesk desk;
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kDone);
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kDone);
  CHECK(desk.posts.size() == 1);
}

TEST_CASE("what could not be sent has used up nothing", "[effects][alerts]") {
  AlertDesk desk;
  desk.set_rate(schema::Alert::LOW_STOCK, 1, 600);
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kDone);
  const auto wait = desk.wait_of(low_stock(2));
  CHECK(desk.deliver(low_stock(3)).kind == Kind::kDone);
  desk.pass(wait_rounded_up(wait));
  desk.answer = Error{ErrorKind::kUnavailable, "away"};
  CHECK(desk.deliver(low_stock(2)).kind == Kind::kFailed);
  desk.answer = OutboundAnswer{.status = 200, .body = {}, .retry_after = {}};
  CHECK(desk.deliver(low_stock(2)).kind == Kind::kDone);
  CHECK(says(desk.posts.back().body, "And 1 more of this kind"));
}

TEST_CASE("what a chat answers", "[effects][alerts]") {
  AlertDesk desk;
  std::uint64_t position = 0;
  const auto kind_for = [&](int status) {
    desk.answer = OutboundAnswer{.status = status, .body = {}, .retry_after = {}};
    desk.pass(3600s);
    return desk.deliver(low_stock(++position)).kind;
  };
  for (const int status : {200, 201, 204}) CHECK(kind_for(status) == Kind::kDone);
  for (const int status : {301, 400, 403, 404, 410}) CHECK(kind_for(status) == Kind::kRefused);
  for (const int status : {100, 408, 425, 429, 500, 503}) CHECK(kind_for(status) == Kind::kFailed);
  desk.answer = OutboundAnswer{.status = 429, .body = {}, .retry_after = 30s};
  const DeliveryAttempt asked = desk.deliver(low_stock(100));
  CHECK(asked.not_before == 30s);
  CHECK(asked.error == "slack: HTTP status 429");
  desk.answer = Error{ErrorKind::kInvalid, "http: the address is not of the public internet"};
  CHECK(desk.deliver(low_stock(101)).kind == Kind::kRefused);
  desk.mail_attempt.kind = Kind::kFailed;
  desk.mail_attempt.error = "smtp";
  CHECK(desk.deliver(low_stock(102), "acme.mail.0").error == "smtp");
}

TEST_CASE("no error and no log line tells where a chat is", "[effects][alerts]") {
  AlertDesk desk;
  desk.answer = OutboundAnswer{.status = 404, .body = "no_service", .retry_after = {}};
  CHECK_FALSE(says(desk.deliver(low_stock(1)).error, "hooks.slack.com"));
}

TEST_CASE("a policy that cannot be read is waited for, what never reads becomes a dead letter", "[effects][alerts]") {
  AlertDesk desk;
  desk.policy_trouble = Error{ErrorKind::kUnavailable, "the cache is away"};
  CHECK(desk.effect.targets(low_stock(1)).error().kind == ErrorKind::kUnavailable);
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kFailed);
  desk.policy_trouble = Error{ErrorKind::kCorrupt, "sealed by another key"};
  CHECK(*desk.effect.targets(low_stock(1)) == Targets{"acme.slack"});
  CHECK(desk.deliver(low_stock(1)).kind == Kind::kFailed);
  desk.policy_trouble.reset();
  EffectMessage unreadable = low_stock(1);
  unreadable.payload = "\xff";
  CHECK(*desk.effect.targets(unreadable) == Targets{"acme.slack"});
  CHECK(desk.deliver(unreadable).kind == Kind::kRefused);
  CHECK(desk.posts.empty());
}

TEST_CASE("what happened days ago is not told", "[effects][alerts]") {
  AlertDesk desk;
  desk.pass(72h);
  CHECK_FALSE(desk.effect.targets(low_stock(1))->empty());
  desk.pass(1s);
  CHECK(desk.effect.targets(low_stock(1))->empty());
}

TEST_CASE("a chat that is away is asked less and less often, for half a day", "[effects][alerts]") {
  const AlertDesk desk;
  CHECK(desk.effect.wait_after(1) == 10s);
  CHECK(desk.effect.wait_after(2) == 1min);
  CHECK(desk.effect.wait_after(4) == 30min);
  CHECK(desk.effect.wait_after(5) == 1h);
  CHECK(desk.effect.wait_after(11) == 1h);
  CHECK_FALSE(desk.effect.wait_after(12).has_value());
}

TEST_CASE("receivers are opened with the tenant's key, and are gone with it", "[effects][alerts]") {
  const TemporaryDirectory directory;
  auto opened = PersonKeys::open(directory.path() + "/keys", Secret{1, 2, 3}, IfMissing::kMake);
  REQUIRE(opened.ok());
  PersonKeys& keys = **opened;
  schema::PersonalData receivers;
  receivers.set_slack_url(kChat);
  receivers.add_mail_to("ann@example.org");
  schema::AlertPolicyState policy;
  REQUIRE(open_alert_receivers(keys, "acme", policy).ok());
  CHECK(policy.mail_to().empty());
  policy.set_sealed(*keys.seal("acme", kAlertPerson, receivers.SerializeAsString()));
  CHECK_FALSE(says(policy.SerializeAsString(), "slack.com"));
  REQUIRE(open_alert_receivers(keys, "acme", policy).ok());
  CHECK(policy.slack_url() == kChat);
  CHECK(policy.mail_to(0) == "ann@example.org");
  REQUIRE(open_alert_receivers(keys, "acme", policy).ok());
  CHECK(policy.mail_to_size() == 1);
  policy.mutable_sealed()->push_back('x');
  CHECK(open_alert_receivers(keys, "acme", policy).error().kind == ErrorKind::kCorrupt);
  policy.mutable_sealed()->pop_back();
  REQUIRE(keys.erase("acme", kAlertPerson).ok());
  REQUIRE(open_alert_receivers(keys, "acme", policy).ok());
  CHECK(policy.slack_url().empty());
  CHECK(policy.mail_to().empty());
}

}  // namespace till::testing
