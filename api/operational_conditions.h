// What an operator is told of by itself: conditions of the server that come and go, each told when it begins and when
// it is over. Samples in, notices out: no clock, no threads, nothing is sent here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/latency.h"
#include "api/metrics.h"
#include "engine/vocabulary.h"

namespace till {

struct EffectSample {
  std::string effect;
  std::string error;       // of its source or its ledger, empty where all is well
  std::uint64_t dead = 0;  // deliveries that are given up
};

// The server at a moment.
struct OperationalSample {
  std::vector<FollowerSample> views;  // and what else follows the log: the relay
  Position durable;                   // of the log
  std::vector<EffectSample> effects;
  std::vector<GroupCounts> groups;  // since the start of the process
  bool disk_reserve_reached = false;
};

struct OperationalLimits {
  std::chrono::seconds raise_after{60};         // so long a view or an effect may try again without a word
  std::chrono::seconds behind_after{300};       // so long a view may be behind
  std::chrono::seconds clear_after{60};         // so long all has to be well before a condition is over
  std::chrono::seconds repeat_after{6 * 3600};  // of a condition that lasts
  std::chrono::seconds grown_after{600};        // of one that is twice as bad as it was told
  std::uint64_t lag_most = 10'000;              // transactions; below half of them a view is not behind any more
  std::chrono::seconds error_window{300};       // that a share of errors is of
  std::uint64_t requests_least = 20;            // in the window; fewer say nothing
  std::uint32_t errors_most_ppm = 50'000;       // of the requests of a group; below half of it all is well
  std::map<std::string, std::uint32_t> group_errors_most_ppm;  // of single groups
};

struct OperationalNotice {
  enum class Phase : std::uint8_t { kRaised, kStill, kOver };
  Phase phase = Phase::kRaised;
  std::string key;  // of the condition: "view/reporting/stopped"
  std::string title;
  std::string text;
  Micros since;  // when it began
  Micros at;
};

// One thread.
class OperationalConditions {
 public:
  explicit OperationalConditions(OperationalLimits limits);

  // What is to be told after one more sample. `now` does not go back; where it does, that counts as no time.
  std::vector<OperationalNotice> observe(const OperationalSample& sample, Micros now);
  // Conditions that are told and not over.
  std::size_t lasting() const;

 private:
  enum class Health : std::uint8_t { kGood, kBetween, kBad };
  // What one sample says of one condition.
  struct Finding {
    std::string key;
    Health health = Health::kGood;
    std::chrono::seconds after{0};  // bad for so long before it is told
    std::uint64_t weight = 1;       // how bad; twice as much is told again
    std::string title;
    std::string text;
  };
  struct Condition {
    bool raised = false;
    std::optional<Micros> bad_since;
    std::optional<Micros> good_since;
    Micros began;
    Micros told_at;
    std::uint64_t told_weight = 0;
    std::uint64_t seen = 0;  // number of the last sample that found it
    std::string title;       // as it was told
  };
  struct Counted {
    Micros at;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
  };

  void look_at_view(const FollowerSample& view, Position durable);
  void look_at_effect(const EffectSample& effect);
  void look_at_group(const GroupCounts& group);
  void note(Finding finding);
  void note_bad(const Finding& finding, Condition& condition);
  void note_good(const std::string& key, Condition& condition);
  void tell(OperationalNotice::Phase phase, const std::string& key, const Condition& condition, std::string text);

  const OperationalLimits limits_;
  std::map<std::string, Condition> conditions_;  // bad ones, and those that are not over; at most some for each name
  std::map<std::string, std::deque<Counted>> counted_;  // by group, of the window
  // Of the sample in hand.
  std::uint64_t sample_ = 0;
  Micros now_;
  std::vector<OperationalNotice> notices_;
};

}  // namespace till
