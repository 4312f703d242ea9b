#include "projections/effects/alert_limiter.h"

#include <algorithm>
#include <utility>

namespace till {
namespace {

// A carrier that is so late was discarded, or its receiver is down: another one takes its place.
constexpr std::chrono::minutes kCarrierPatience{10};

Micros alert_time_after(Micros at, std::chrono::microseconds wait) {
  return Micros(at.value() + wait.count());
}

}  // namespace

AlertLimiter::Lane& AlertLimiter::lane_of(const AlertLane& lane, Micros now) {
  const auto found = lanes_.find(lane);
  if (found != lanes_.end()) return found->second;
  if (lanes_.size() >= kLanesMost) {
    std::erase_if(lanes_, [now](const auto& entry) { return entry.second.idle_from <= now; });
    if (lanes_.size() >= kLanesMost) lanes_.clear();
  }
  return lanes_[lane];
}

AlertTurn AlertLimiter::take(const AlertLane& lane, const EventRef& event, const std::string& subject, AlertPace pace,
                             Micros now) {
  const std::lock_guard lock(mutex_);
  Lane& of = lane_of(lane, now);
  std::erase_if(of.sent, [&](const Sent& sent) { return alert_time_after(sent.at, pace.interval) <= now; });
  of.idle_from = alert_time_after(std::max(now, of.carrier_until), pace.interval + kCarrierPatience);
  AlertTurn turn;
  const auto told =
      std::ranges::find_if(of.sent, [&](const Sent& sent) { return sent.event == event || sent.subject == subject; });
  if (told != of.sent.end() && told->event == event) {
    turn.kind = AlertTurn::Kind::kCounted;
    return turn;
  }
  if (told == of.sent.end() && of.sent.size() < std::max<std::size_t>(pace.most, 1)) {
    if (of.carrier == event) of.carrier.reset();
    of.sent.push_back({now, event, subject});
    turn.more = std::exchange(of.more, 0);
    return turn;
  }
  const bool carried = of.carrier && of.carrier != event && now <= alert_time_after(of.carrier_until, kCarrierPatience);
  if (carried) {
    ++of.more;
    turn.kind = AlertTurn::Kind::kCounted;
    return turn;
  }
  turn.kind = AlertTurn::Kind::kWait;
  turn.until = alert_time_after(told != of.sent.end() ? told->at : of.sent.front().at, pace.interval);
  of.carrier = event;
  of.carrier_until = turn.until;
  return turn;
}

void AlertLimiter::give_back(const AlertLane& lane, const EventRef& event, const AlertTurn& turn) {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return;
  std::erase_if(found->second.sent, [&](const Sent& sent) { return sent.event == event; });
  found->second.more += turn.more;
}

}  // namespace till
