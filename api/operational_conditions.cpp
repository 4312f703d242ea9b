#include "api/operational_conditions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace till {
namespace {

constexpr std::uint64_t kPpm = 1'000'000;
// Steps that a window is remembered in.
constexpr std::int64_t kWindowSteps = 60;

std::uint64_t ratio_ppm(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * kPpm / whole;
}

// "5.2 %".
std::string percent_words(std::uint64_t ppm) {
  constexpr std::uint64_t kTenth = 1'000;
  return std::to_string(ppm / (10 * kTenth)) + "." + std::to_string(ppm / kTenth % 10) + " %";
}

std::int64_t micros_of(std::chrono::seconds duration) {
  return std::chrono::microseconds(duration).count();
}

bool has_passed(Micros since, std::chrono::seconds duration, Micros now) {
  return now.value() - since.value() >= micros_of(duration);
}

}  // namespace

OperationalConditions::OperationalConditions(OperationalLimits limits) : limits_(std::move(limits)) {}

std::vector<OperationalNotice> OperationalConditions::observe(const OperationalSample& sample, Micros now) {
  ++sample_;
  now_ = std::max(now, now_);
  notices_.clear();
  for (const FollowerSample& view : sample.views) look_at_view(view, sample.durable);
  for (const EffectSample& effect : sample.effects) look_at_effect(effect);
  for (const GroupCounts& group : sample.groups) look_at_group(group);
  Finding disk;
  disk.key = "disk/reserve";
  disk.health = sample.disk_reserve_reached ? Health::kBad : Health::kGood;
  disk.title = "The disk is full up to its reserve";
  disk.text = "Commands are refused until there is space.";
  note(std::move(disk));
  // What is not looked at any more is well.
  for (auto at = conditions_.begin(); at != conditions_.end();) {
    auto& [key, condition] = *at;
    if (condition.seen != sample_) note_good(key, condition);
    at = condition.raised || condition.bad_since ? std::next(at) : conditions_.erase(at);
  }
  return std::move(notices_);
}

std::size_t OperationalConditions::lasting() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(conditions_, [](const auto& entry) { return entry.second.raised; }));
}

void OperationalConditions::look_at_view(const FollowerSample& view, Position durable) {
  const FollowerState state = view.status.state;
  Finding stopped;
  stopped.key = "view/" + view.view + "/stopped";
  stopped.health = state == FollowerState::kStopped ? Health::kBad : Health::kGood;
  stopped.title = view.view + " has stopped";
  stopped.text = view.status.error;
  note(std::move(stopped));
  Finding retrying;
  retrying.key = "view/" + view.view + "/retrying";
  retrying.health = state == FollowerState::kRetrying ? Health::kBad : Health::kGood;
  retrying.after = limits_.raise_after;
  retrying.title = view.view + " cannot go on";
  retrying.text = view.status.error;
  note(std::move(retrying));
  const Position at = view.status.at.position;
  const std::uint64_t lag = durable > at ? durable.value() - at.value() : 0;
  Finding behind;
  behind.key = "view/" + view.view + "/behind";
  behind.health = lag > limits_.lag_most ? Health::kBad : lag > limits_.lag_most / 2 ? Health::kBetween : Health::kGood;
  behind.after = limits_.behind_after;
  behind.weight = lag;
  behind.title = view.view + " is behind";
  behind.text = std::to_string(lag) + " transactions are durable in the log and not there.";
  note(std::move(behind));
}

void OperationalConditions::look_at_effect(const EffectSample& effect) {
  Finding dead;
  dead.key = "effect/" + effect.effect + "/dead";
  dead.health = effect.dead > 0 ? Health::kBad : Health::kGood;
  dead.weight = effect.dead;
  dead.title = "Effect " + effect.effect + " has dead letters";
  dead.text = std::to_string(effect.dead) + " deliveries wait for somebody to redrive or discard them.";
  note(std::move(dead));
  Finding stuck;
  stuck.key = "effect/" + effect.effect + "/stuck";
  stuck.health = effect.error.empty() ? Health::kGood : Health::kBad;
  stuck.after = limits_.raise_after;
  stuck.title = "Effect " + effect.effect + " cannot go on";
  stuck.text = effect.error;
  note(std::move(stuck));
}

// Counts are kept in steps, so that the window is as long as it says and its memory bounded however often one samples.
void OperationalConditions::look_at_group(const GroupCounts& group) {
  std::deque<Counted>& counted = counted_[group.group];
  if (counted.empty()) counted.push_back({now_, 0, 0});
  // The last one before the window is what its counts are held against.
  const auto is_out = [&](const Counted& one) { return has_passed(one.at, limits_.error_window, now_); };
  while (counted.size() > 1 && is_out(counted[1])) counted.pop_front();
  const Counted& from = counted.front();
  const std::uint64_t requests = group.requests - std::min(group.requests, from.requests);
  const std::uint64_t errors = group.server_errors - std::min(group.server_errors, from.errors);
  const bool step = now_.value() - counted.back().at.value() >= micros_of(limits_.error_window) / kWindowSteps;
  if (step) counted.push_back({now_, group.requests, group.server_errors});
  const auto own = limits_.group_errors_most_ppm.find(group.group);
  const std::uint64_t most = own == limits_.group_errors_most_ppm.end() ? limits_.errors_most_ppm : own->second;
  const std::uint64_t share = ratio_ppm(errors, requests);
  Finding errored;
  errored.key = "errors/" + group.group;
  if (requests >= limits_.requests_least && share > most / 2) {
    errored.health = share > most ? Health::kBad : Health::kBetween;
  }
  errored.weight = std::max<std::uint64_t>(share, 1);
  errored.title = "Requests of the group " + group.group + " fail";
  errored.text = percent_words(share) + " of " + std::to_string(requests) + " requests were answered 5xx.";
  note(std::move(errored));
}

void OperationalConditions::note(Finding finding) {
  const auto found = conditions_.find(finding.key);
  if (found == conditions_.end() && finding.health != Health::kBad) return;
  Condition& condition = found == conditions_.end() ? conditions_[finding.key] : found->second;
  condition.seen = sample_;
  switch (finding.health) {
    case Health::kBad:
      return note_bad(finding, condition);
    case Health::kGood:
      return note_good(finding.key, condition);
    case Health::kBetween:
      // Neither begins a condition nor ends one.
      condition.good_since.reset();
      if (!condition.raised) condition.bad_since.reset();
      return;
  }
}

void OperationalConditions::note_bad(const Finding& finding, Condition& condition) {
  condition.good_since.reset();
  if (!condition.bad_since) condition.bad_since = now_;
  OperationalNotice::Phase phase = OperationalNotice::Phase::kRaised;
  if (!condition.raised) {
    if (!has_passed(*condition.bad_since, finding.after, now_)) return;
    condition.began = *condition.bad_since;
  } else {
    const bool grown = finding.weight / 2 >= std::max<std::uint64_t>(condition.told_weight, 1);
    if (!has_passed(condition.told_at, grown ? limits_.grown_after : limits_.repeat_after, now_)) return;
    phase = OperationalNotice::Phase::kStill;
  }
  condition.raised = true;
  condition.told_at = now_;
  condition.told_weight = finding.weight;
  condition.title = finding.title;
  tell(phase, finding.key, condition, finding.text);
}

void OperationalConditions::note_good(const std::string& key, Condition& condition) {
  condition.bad_since.reset();
  if (!condition.raised) return;
  if (!condition.good_since) condition.good_since = now_;
  if (!has_passed(*condition.good_since, limits_.clear_after, now_)) return;
  condition.raised = false;
  tell(OperationalNotice::Phase::kOver, key, condition, {});
}

void OperationalConditions::tell(OperationalNotice::Phase phase, const std::string& key, const Condition& condition,
                                 std::string text) {
  OperationalNotice& notice = notices_.emplace_back();
  notice.phase = phase;
  notice.key = key;
  notice.title = condition.title;
  notice.text = std::move(text);
  notice.since = condition.began;
  notice.at = now_;
}

}  // namespace till
