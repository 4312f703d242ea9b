// Deliveries of a runner: what is tried, and what comes of it.
#include <absl/hash/hash.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/effect_runner.h"

namespace till {
namespace {

Micros after(Micros now, std::chrono::milliseconds wait, double scale) {
  const double scaled = std::max(1.0, std::floor(static_cast<double>(wait.count()) * 1000 * scale));
  return Micros(now.value() + static_cast<std::int64_t>(scaled));
}

// Waits of deliveries that failed together end apart: each is up to a tenth longer or shorter.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait, const DeliveryRef& delivery,
                                      std::uint32_t attempts) {
  constexpr std::uint64_t kParts = 201;
  const std::uint64_t hash =
      absl::HashOf(delivery.event.position.value(), delivery.event.index, delivery.target, attempts);
  const auto permille = 900 + static_cast<std::int64_t>(hash % kParts);
  return std::chrono::milliseconds(wait.count() * permille / 1000);
}

}  // namespace

void EffectRunner::pass(const EffectSource::Arrival& arrival) {
  desk_.release(effect_.name(), arrival.message.event);
  source_.acknowledge(arrival.token);
  const std::lock_guard lock(mutex_);
  tokens_.erase(arrival.token);
  events_.erase(arrival.message.event);
  ++status_.passed;
}

void EffectRunner::let_go(const EffectSource::Arrival& arrival, const Error& error) {
  desk_.release(effect_.name(), arrival.message.event);
  if (arrival.token != 0) source_.give_up(arrival.token);
  const std::lock_guard lock(mutex_);
  tokens_.erase(arrival.token);
  events_.erase(arrival.message.event);
  status_.delivery_error = error.message;
}

void EffectRunner::run(const EffectSource::Arrival& arrival, const std::string& order_key) {
  const EffectMessage& message = arrival.message;
  const Result<std::vector<std::string>> targets = effect_.targets(message);
  if (!targets.ok()) return let_go(arrival, targets.error());
  if (targets->empty() && order_key.empty() && arrival.token != 0) return pass(arrival);
  std::vector<DeliveryOutcome> outcomes;
  for (const std::string& target : *targets) outcomes.push_back(attempt(message, target, 0));
  desk_.finish(effect_.name(), message.event, label_of(message, order_key), outcomes, clock_(),
               once_durable(arrival.token, message.event));
}

void EffectRunner::run(const ParkedRow& row) {
  const Result<EffectMessage> message = log_.find(row.delivery.event);
  DeliveryOutcome outcome;
  if (message.ok()) {
    outcome = attempt(*message, row.delivery.target, row.parked.attempts());
  } else {
    outcome.kind = DeliveryOutcome::Kind::kPostponed;
    outcome.delivery = row.delivery;
    outcome.due = after(clock_(), options_.retry_most, 1);
    outcome.error = message.error().message;
  }
  desk_.settle(effect_.name(), outcome, clock_(), once_durable(row.delivery));
}

DeliveryOutcome EffectRunner::attempt(const EffectMessage& message, const std::string& target,
                                      std::uint32_t attempts_before) {
  DeliveryOutcome outcome;
  outcome.delivery = {message.event, target};
  if (stopping_ || !lanes_.enter(target)) {
    // Its turn comes among the parked ones, where it keeps no thread and nobody else waiting.
    outcome.kind = DeliveryOutcome::Kind::kPostponed;
    outcome.due = clock_();
    return outcome;
  }
  const auto begun = std::chrono::steady_clock::now();
  DeliveryAttempt made = effect_.deliver(message, target);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  lanes_.leave(target, took);
  outcome.error = std::move(made.error);
  const std::chrono::milliseconds asked = made.not_before.value_or(std::chrono::milliseconds(0));
  switch (made.kind) {
    case DeliveryAttempt::Kind::kDone:
    case DeliveryAttempt::Kind::kErased:
      break;
    case DeliveryAttempt::Kind::kFailed: {
      const std::optional<std::chrono::milliseconds> wait = effect_.wait_after(attempts_before + 1);
      outcome.kind = wait ? DeliveryOutcome::Kind::kRetry : DeliveryOutcome::Kind::kDead;
      if (wait) {
        const std::chrono::milliseconds longer = with_jitter(*wait, outcome.delivery, attempts_before);
        outcome.due = after(clock_(), std::max(longer, asked), options_.time_scale);
      }
      break;
    }
    case DeliveryAttempt::Kind::kRefused:
      outcome.kind = DeliveryOutcome::Kind::kDead;
      break;
    case DeliveryAttempt::Kind::kPostponed:
      outcome.kind = DeliveryOutcome::Kind::kPostponed;
      outcome.due = after(clock_(), asked, 1);
      break;
  }
  count(made, outcome);
  write_down(message, made, outcome, attempts_before + 1, took);
  return outcome;
}

void EffectRunner::count(const DeliveryAttempt& made, const DeliveryOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  const bool postponed = outcome.kind == DeliveryOutcome::Kind::kPostponed;
  status_.postponed += postponed ? 1 : 0;
  if (postponed) return;
  const bool done = outcome.kind == DeliveryOutcome::Kind::kDone;
  status_.erased += made.kind == DeliveryAttempt::Kind::kErased ? 1 : 0;
  if (done) status_.delivery_error.clear();
  status_.done += done ? 1 : 0;
  status_.failed += done ? 0 : 1;
  status_.dead += outcome.kind == DeliveryOutcome::Kind::kDead ? 1 : 0;
}

void EffectRunner::write_down(const EffectMessage& message, const DeliveryAttempt& made, const DeliveryOutcome& outcome,
                              std::uint32_t attempt, std::chrono::milliseconds took) {
  if (options_.journal == nullptr || outcome.delivery.target.empty()) return;
  schema::AttemptRecord record;
  record.set_at_us(clock_().value());
  record.set_event_id(message.id);
  record.set_event_name(message.event_name);
  record.set_position(message.event.position.value());
  record.set_index(message.event.index);
  record.set_attempt(attempt);
  switch (outcome.kind) {
    case DeliveryOutcome::Kind::kDone:
      record.set_outcome(made.kind == DeliveryAttempt::Kind::kErased ? schema::AttemptRecord::ERASED
                                                                     : schema::AttemptRecord::DONE);
      break;
    case DeliveryOutcome::Kind::kRetry:
      record.set_outcome(schema::AttemptRecord::FAILED);
      break;
    case DeliveryOutcome::Kind::kPostponed:
      return;
    case DeliveryOutcome::Kind::kDead:
      record.set_outcome(schema::AttemptRecord::DEAD);
      break;
  }
  record.set_answer(made.answer);
  record.set_error(outcome.error.substr(0, kEffectErrorMost));
  record.set_took_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(0, took.count())));
  const Status added = options_.journal->add(effect_.name(), outcome.delivery.target, record);
  if (added.ok()) return;
  const std::lock_guard lock(mutex_);
  status_.delivery_error = added.error().message;
}

}  // namespace till
