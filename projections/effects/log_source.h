// The events of the log itself as a source of one effect: for one that keeps an order, which a stream that delivers
// some of them again, later than what follows, cannot give.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "engine/effect_runner.h"
#include "engine/follower.h"

namespace till {

class LogSource final : public EffectSource {
 public:
  // Begins behind `finished`. Feed and log outlive it.
  LogSource(Feed& feed, EffectLog& log, Position finished);

  Status fetch(std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out) override;
  void acknowledge(std::uint64_t token) override;
  void keep(std::uint64_t) override {}
  // It comes again at once, before what follows it.
  void give_up(std::uint64_t token) override;
  Result<Extent> extent() override;

 private:
  Feed& feed_;
  EffectLog& log_;
  Position read_;  // up to here; the thread of fetch()
  std::mutex mutex_;
  std::map<std::uint64_t, EffectMessage> open_;  // by token, in the order of the log
  std::set<std::uint64_t> again_;                // of them, those that were given up
  std::uint64_t last_token_ = 0;
  EventRef last_;  // that was handed out
};

}  // namespace till
