#include "projections/effects/effect_actions.h"

#include <algorithm>

#include "commands/effect_action.h"
#include "engine/watermark.h"
#include "projections/relay/message_id.h"

namespace till {
namespace {

using schema::EffectAction;

constexpr std::chrono::milliseconds kActionsPace{50};
// A start reads so much of the log again at most.
constexpr std::uint64_t kSaveEvery = 50'000;

EffectActionResult failed_action(Error error) {
  EffectActionResult result;
  result.status = std::move(error);
  return result;
}

EffectActionResult done_with(const Status& status, std::uint64_t deliveries) {
  EffectActionResult result;
  result.status = status;
  result.deliveries = status.ok() ? deliveries : 0;
  return result;
}

}  // namespace

EffectActions::EffectActions(Feed& feed, EffectHost& host, std::string path, const LogPoint& at)
    : host_(host),
      path_(std::move(path)),
      at_(at),
      saved_(at.position),
      follower_(feed, *this, FollowerOptions{.pace = kActionsPace}) {}

EffectActions::~EffectActions() {
  stop();
}

Result<std::unique_ptr<EffectActions>> EffectActions::open(Feed& feed, EffectHost& host, std::string directory) {
  const std::string path = directory + "/actions";
  Result<std::optional<LogPoint>> saved = read_watermark(path);
  if (!saved.ok()) return saved.error();
  LogPoint at = feed.durable();
  if (saved->has_value() && (*saved)->position <= at.position) {
    const Result<LogPoint> there = feed.point_at((*saved)->position);
    if (there.ok() && there.value() == **saved) at = **saved;
  }
  // From now on nothing that is asked for is forgotten.
  if (Status written = write_watermark(path, at); !written.ok()) return written.error();
  return std::unique_ptr<EffectActions>(new EffectActions(feed, host, path, at));
}

void EffectActions::stop() {
  stopping_ = true;
  follower_.stop();
}

Result<LogPoint> EffectActions::checkpoint() {
  const std::lock_guard lock(mutex_);
  return at_;
}

std::optional<EffectActionResult> EffectActions::result_of(Position position) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [at, result] : results_) {
    if (at == position) return result;
  }
  return std::nullopt;
}

// What is done is remembered with its transaction, so that none is done again for the sake of a later one.
Status EffectActions::apply(std::span<const TransactionPtr> batch) {
  for (const TransactionPtr& transaction : batch) {
    bool acted = false;
    for (int i = 0; i < transaction->event_count(); ++i) {
      if (transaction->record().events(i).type() != schema::Event::kEffectActionAskedFieldNumber) continue;
      const auto& event = static_cast<const schema::Event&>(transaction->event(i));
      const EffectAction& action = event.effect_action_asked().action();
      const std::string& tenant = transaction->record().tenant();
      EffectActionResult result = act(action, tenant == kServerTenant ? action.tenant() : tenant);
      const bool again = !result.status.ok() && (result.status.error().kind == ErrorKind::kUnavailable ||
                                                 result.status.error().kind == ErrorKind::kCancelled);
      if (again) return Error{ErrorKind::kUnavailable, result.status.error().message};
      acted = true;
      const std::lock_guard lock(mutex_);
      results_.emplace_back(transaction->position(), std::move(result));
      if (results_.size() > kResultsKept) results_.pop_front();
    }
    const LogPoint at = transaction->point();
    if (acted || at.position.value() - saved_.value() >= kSaveEvery) {
      if (Status saved = write_watermark(path_, at); !saved.ok()) return saved;
      saved_ = at.position;
    }
    const std::lock_guard lock(mutex_);
    at_ = at;
  }
  return {};
}

EffectActionResult EffectActions::act(const EffectAction& action, const std::string& tenant) {
  if (action.kind() == EffectAction::PAUSE) return done_with(host_.set_paused(action.effect(), true), 0);
  if (action.kind() == EffectAction::RESUME) return done_with(host_.set_paused(action.effect(), false), 0);
  if (action.kind() == EffectAction::REPLAY) return replay(action, tenant);
  if (action.kind() == EffectAction::REDRIVE) return redrive(action, tenant);
  if (action.kind() == EffectAction::DISCARD) {
    const std::optional<DeliveryName> name = read_delivery_text(action.delivery());
    if (!name) return failed_action({ErrorKind::kNotFound, "effects: not the id of a dead letter"});
    const Result<DeadLetter> letter = host_.dead_letter(*name, tenant);
    return letter.ok() ? done_with(host_.discard(*name), 1) : failed_action(letter.error());
  }
  if (action.kind() == EffectAction::RESEND) {
    const std::optional<EventPlace> place = parse_message_id(action.event_id());
    if (!place) return failed_action({ErrorKind::kNotFound, "effects: not the id of an event"});
    const DeliveryName name{action.effect(), {{place->position, place->index}, action.target()}};
    return done_with(host_.send_again(name, action.event_id(), tenant), 1);
  }
  return failed_action({ErrorKind::kInvalid, "effects: an action that is not known"});
}

EffectActionResult EffectActions::replay(const EffectAction& action, const std::string& tenant) {
  ReplayRange range;
  range.from = Position(action.from());
  range.to = Position(action.to());
  range.tenant = tenant;
  range.ignore_ledger = action.ignore_ledger();
  Result<ReplayReport> report = host_.replay(action.effect(), range, stopping_);
  if (!report.ok()) return failed_action(report.error());
  EffectActionResult result = done_with({}, report->deliveries);
  result.replay = std::move(*report);
  return result;
}

EffectActionResult EffectActions::redrive(const EffectAction& action, const std::string& tenant) {
  if (action.has_delivery()) {
    const std::optional<DeliveryName> name = read_delivery_text(action.delivery());
    if (!name) return failed_action({ErrorKind::kNotFound, "effects: not the id of a dead letter"});
    const Result<DeadLetter> letter = host_.dead_letter(*name, tenant);
    return letter.ok() ? done_with(host_.redrive(*name), 1) : failed_action(letter.error());
  }
  const DeadLetterFilter filter{action.effect(), tenant, action.target(), action.event_name()};
  const std::uint32_t rate = std::clamp(action.has_rate() ? action.rate() : kRedriveRateDefault, 1u, kRedriveRateMost);
  const Result<std::uint64_t> redriven = host_.redrive(filter, std::chrono::microseconds(1'000'000 / rate), false);
  return redriven.ok() ? done_with({}, *redriven) : failed_action(redriven.error());
}

}  // namespace till
