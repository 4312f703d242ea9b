#include "projections/effects/alert_effect.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "commands/alert_policy.h"
#include "projections/effects/alert_rules.h"
#include "projections/effects/attempts.h"

namespace till {
namespace {

using namespace std::chrono_literals;
using schema::AlertPolicyState;

constexpr std::array<std::chrono::milliseconds, 4> kAlertFirstWaits{10s, 1min, 5min, 30min};
constexpr std::chrono::milliseconds kAlertLaterWait{1h};
constexpr std::uint32_t kAlertAttemptsMost = 12;
constexpr std::string_view kSlackTarget = "slack";
constexpr std::string_view kMailTarget = "mail.";

// "acme.slack": a name over all tenants.
std::string target_of(const std::string& tenant, std::string_view receiver) {
  return tenant + "." + std::string(receiver);
}

// Without the tenant's name; empty where it is not one of this tenant.
std::string_view local_target(const std::string& tenant, std::string_view target) {
  if (!target.starts_with(tenant) || target.substr(tenant.size(), 1) != ".") return {};
  return target.substr(tenant.size() + 1);
}

// Where a target leads to today; empty where it leads nowhere any more.
std::string receiver_of(const AlertPolicyState& policy, std::string_view target) {
  if (target == kSlackTarget) return policy.slack_url();
  if (!target.starts_with(kMailTarget)) return {};
  target.remove_prefix(kMailTarget.size());
  int index = -1;
  const auto parsed = std::from_chars(target.data(), target.data() + target.size(), index);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == target.data() + target.size();
  return whole && index >= 0 && index < policy.mail_to_size() ? policy.mail_to(index) : std::string();
}

AlertPace pace_of(const AlertPolicyState& policy, schema::Alert::Kind kind) {
  const auto found = std::ranges::find_if(policy.rates(), [kind](const auto& rate) { return rate.kind() == kind; });
  if (found == policy.rates().end()) {
    return {.most = kAlertRateDefault, .interval = std::chrono::seconds(kAlertIntervalDefault)};
  }
  return {.most = found->most(), .interval = std::chrono::seconds(found->interval_seconds())};
}

// Until a later moment, rounded up: what comes a little too early would only be put off once more.
DeliveryAttempt postponed(Micros now, Micros until) {
  DeliveryAttempt attempt;
  attempt.kind = DeliveryAttempt::Kind::kPostponed;
  const std::chrono::microseconds wait(std::max<std::int64_t>(until.value() - now.value(), 0));
  attempt.not_before = std::chrono::ceil<std::chrono::milliseconds>(wait) + 1ms;
  return attempt;
}

// What no further try makes readable becomes a delivery, which fails where an operator sees it.
Result<std::vector<std::string>> or_unreadable(const std::string& tenant, const Error& error) {
  if (error.kind == ErrorKind::kUnavailable) return error;
  return std::vector<std::string>{target_of(tenant, kSlackTarget)};
}

}  // namespace

AlertEffect::AlertEffect(FindAlertPolicy find_policy, FindVarianceLimit find_variance_limit, PostHttp post,
                         SendMail mail, const ZoneTables& zones, Clock clock, AlertEffectOptions options)
    : find_policy_(std::move(find_policy)),
      find_variance_limit_(std::move(find_variance_limit)),
      post_(std::move(post)),
      mail_(std::move(mail)),
      zones_(zones),
      clock_(std::move(clock)),
      options_(options) {}

std::string_view AlertEffect::name() const {
  return "alerts";
}

bool AlertEffect::wants(std::string_view event_name) const {
  return may_alert(event_name);
}

Result<std::optional<Alert>> AlertEffect::find_alert(const EffectMessage& message,
                                                     const AlertPolicyState& policy) const {
  const auto limit = [&](const std::string& store_id) -> Result<std::optional<schema::Money>> {
    if (policy.has_over_short_limit()) return std::optional(policy.over_short_limit());
    return find_variance_limit_(message.tenant, store_id);
  };
  Result<std::optional<Alert>> alert = alert_of(message, limit);
  if (!alert.ok() || !alert->has_value()) return alert;
  const auto& muted = policy.muted();
  if (std::find(muted.begin(), muted.end(), (*alert)->kind) != muted.end()) return std::optional<Alert>();
  return alert;
}

Result<std::vector<std::string>> AlertEffect::targets(const EffectMessage& message) {
  std::vector<std::string> targets;
  if (clock_().value() - message.recorded_at.value() > std::chrono::microseconds(options_.age_most).count()) {
    return targets;
  }
  const Result<AlertPolicyState> policy = find_policy_(message.tenant);
  if (!policy.ok()) return or_unreadable(message.tenant, policy.error());
  const Result<std::optional<Alert>> alert = find_alert(message, *policy);
  if (!alert.ok()) return or_unreadable(message.tenant, alert.error());
  if (!alert->has_value()) return targets;
  if (!policy->slack_url().empty()) targets.push_back(target_of(message.tenant, kSlackTarget));
  for (int i = 0; mail_ && i < policy->mail_to_size(); ++i) {
    targets.push_back(target_of(message.tenant, std::string(kMailTarget) + std::to_string(i)));
  }
  return targets;
}

DeliveryAttempt AlertEffect::deliver(const EffectMessage& message, const std::string& target) {
  const Result<AlertPolicyState> policy = find_policy_(message.tenant);
  if (!policy.ok()) return not_delivered({ErrorKind::kUnavailable, policy.error().message});
  const Result<std::optional<Alert>> alert = find_alert(message, *policy);
  if (!alert.ok()) return not_delivered(alert.error());
  const std::string_view local = local_target(message.tenant, target);
  const std::string receiver = receiver_of(*policy, local);
  // Nobody wants it any more.
  if (!alert->has_value() || receiver.empty()) return {};
  const Micros now = clock_();
  if (const auto end = quiet_until(policy->quiet_hours(), now, zones_)) return postponed(now, *end);
  const AlertLane lane{.tenant = message.tenant, .kind = (*alert)->kind, .target = target};
  const AlertTurn turn = limiter_.take(lane, message.event, (*alert)->subject, pace_of(*policy, (*alert)->kind), now);
  if (turn.kind == AlertTurn::Kind::kWait) return postponed(now, turn.until);
  if (turn.kind == AlertTurn::Kind::kCounted) return {};
  DeliveryAttempt attempt = send(message, local, receiver, words_of(**alert, turn.more));
  if (attempt.kind != DeliveryAttempt::Kind::kDone) limiter_.give_back(lane, message.event, turn);
  return attempt;
}

DeliveryAttempt AlertEffect::send(const EffectMessage& message, std::string_view target, const std::string& receiver,
                                  const AlertWords& words) const {
  if (target != kSlackTarget) {
    // A mail sender that went away with the configuration is no reason to keep the mail.
    if (!mail_) return {};
    return mail_(receiver, words.title, words.text,
                 "alerts." + message.id + "." + std::string(target.substr(kMailTarget.size())));
  }
  SlackPost post;
  post.url = receiver;
  post.body = slack_body(words.title, words.text);
  post.timeout = options_.timeout;
  post.allow_private_addresses = options_.allow_private_addresses;
  return send_slack(post_, post);
}

std::optional<std::chrono::milliseconds> AlertEffect::wait_after(std::uint32_t attempts) const {
  return wait_of(kAlertFirstWaits, kAlertLaterWait, kAlertAttemptsMost, attempts);
}

}  // namespace till
