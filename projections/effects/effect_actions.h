// Does what the log says that people asked of effects, in its order, once; what was under way when the process died is
// done again, which changes nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/follower.h"
#include "projections/effects/effect_host.h"
#include "schemas/events.pb.h"

namespace till {

// What became of an action.
struct EffectActionResult {
  Status status;                 // kNotFound: there was nothing to act on
  std::uint64_t deliveries = 0;  // that it let go, or gave up
  ReplayReport replay;           // of a replay
};

// Thread safe apart from the View calls, which its own follower makes.
class EffectActions final : public View {
 public:
  static constexpr std::size_t kResultsKept = 64;

  // `directory` exists and keeps the checkpoint. Where there is none, or one of another history, only what is asked
  // from now on is done. Feed and host outlive the result.
  static Result<std::unique_ptr<EffectActions>> open(Feed& feed, EffectHost& host, std::string directory);
  ~EffectActions() override;
  void start() { follower_.start(); }
  void stop();

  // Waits until the action that was asked for at `position` is done.
  bool wait_for(Position position, std::chrono::milliseconds timeout) { return follower_.wait_for(position, timeout); }
  // Of one of the latest actions; nothing where it is not known any more.
  std::optional<EffectActionResult> result_of(Position position) const;
  FollowerStatus status() const { return follower_.status(); }

  std::string_view name() const override { return "effect_actions"; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

 private:
  EffectActions(Feed& feed, EffectHost& host, std::string path, const LogPoint& at);
  // `tenant`: whose effects it is about; empty: all.
  EffectActionResult act(const schema::EffectAction& action, const std::string& tenant);
  EffectActionResult replay(const schema::EffectAction& action, const std::string& tenant);
  EffectActionResult redrive(const schema::EffectAction& action, const std::string& tenant);

  EffectHost& host_;
  const std::string path_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  LogPoint at_;
  std::deque<std::pair<Position, EffectActionResult>> results_;
  Position saved_;
  Follower follower_;
};

}  // namespace till
