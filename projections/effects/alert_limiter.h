// How many alerts are sent: of a kind so many in an interval, and of one trouble one. What is above that is counted,
// and one of them stays behind to say the count when the interval is over.
//
// The counts are in memory. After a restart alerts that wait are still sent, each at its time; only how many others
// were counted beside them is not known any more.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/effect_ledger.h"
#include "engine/vocabulary.h"
#include "schemas/values.pb.h"

namespace till {

// Each is counted by itself.
struct AlertLane {
  std::string tenant;
  schema::Alert::Kind kind{};
  std::string target;
  friend auto operator<=>(const AlertLane&, const AlertLane&) = default;
};

struct AlertPace {
  std::size_t most = 1;
  std::chrono::seconds interval{60};
};

struct AlertTurn {
  enum class Kind : std::uint8_t {
    kSend,     // now, and it says that there were `more`
    kWait,     // it comes again after `until`
    kCounted,  // another one tells of it
  };
  Kind kind = Kind::kSend;
  std::uint64_t more = 0;
  Micros until;
};

// Thread safe.
class AlertLimiter {
 public:
  // Lanes that are kept; idle ones go first, then all.
  static constexpr std::size_t kLanesMost = 10'000;

  // What is to be done with the alert of an event now.
  AlertTurn take(const AlertLane& lane, const EventRef& event, const std::string& subject, AlertPace pace, Micros now);
  // The turn that take() gave was not used: the message could not be sent.
  void give_back(const AlertLane& lane, const EventRef& event, const AlertTurn& turn);

 private:
  struct Sent {
    Micros at;
    EventRef event;
    std::string subject;
  };
  struct Lane {
    std::deque<Sent> sent;  // in the interval, at most AlertPace::most
    std::uint64_t more = 0;
    std::optional<EventRef> carrier;  // waits to say how many more there were
    Micros carrier_until;
    Micros idle_from;  // from then on nothing of it matters
  };

  Lane& lane_of(const AlertLane& lane, Micros now);

  std::mutex mutex_;
  std::map<AlertLane, Lane> lanes_;
};

}  // namespace till
