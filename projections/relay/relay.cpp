#include "projections/relay/relay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/named_thread.h"
#include "projections/relay/session.h"

namespace till {
namespace {

constexpr std::size_t kLookBytes = 1u << 20;

// Trouble that only an operator can end.
bool refuses(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kCorrupt:
    case ErrorKind::kHistoryMismatch:
    case ErrorKind::kInvalid:
    case ErrorKind::kPoison:
      return true;
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotFound:
    case ErrorKind::kOutcomeUnknown:
    case ErrorKind::kCancelled:
      return false;
  }
  return false;
}

// How far the log was in the stream when the checkpoint was saved; nothing where it is not of this log.
std::optional<LogPoint> reached_by(Feed& feed, const RelayCheckpoint& checkpoint) {
  const EventPlace& event = checkpoint.event;
  std::vector<TransactionPtr> found;
  const Position before(event.position.value() - 1);
  if (!feed.read(before, 1, kLookBytes, found).ok() || found.empty()) return std::nullopt;
  const LogPoint point = found.front()->point();
  if (point.log_id != event.log_id || point.epoch != event.epoch) return std::nullopt;
  if (event.index + 1 == static_cast<std::uint32_t>(found.front()->event_count())) return point;
  Result<LogPoint> former = feed.point_at(before);
  return former.ok() ? std::optional<LogPoint>(*former) : std::nullopt;
}

}  // namespace

Relay::Relay(Feed& feed, const Domain& domain, RelayOptions options)
    : feed_(feed), domain_(domain), options_(std::move(options)) {
  status_.follower = {FollowerState::kStopped, {}, "not started"};
  status_.follower.at.log_id = feed_.durable().log_id;
}

Relay::~Relay() {
  stop();
}

void Relay::start() {
  if (thread_.joinable()) return;
  stopping_ = false;
  set_state(FollowerState::kRetrying, "not yet connected to NATS");
  thread_ = named_thread("relay", [this] { run(); });
}

void Relay::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  feed_.wake();
  thread_.join();
  set_state(FollowerState::kStopped, "stopped on request");
}

RelayStatus Relay::status() const {
  const std::uint64_t durable = feed_.durable().position.value();
  const std::lock_guard lock(mutex_);
  RelayStatus status = status_;
  const std::uint64_t at = status.follower.at.position.value();
  status.lag = durable > at ? durable - at : 0;
  return status;
}

bool Relay::wait_for(Position target, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return status_.follower.at.position >= target; });
}

void Relay::set_state(FollowerState state, std::string error) {
  {
    const std::lock_guard lock(mutex_);
    status_.follower.state = state;
    status_.follower.error = std::move(error);
  }
  changed_.notify_all();
}

void Relay::run() {
  checkpoint_ = load_checkpoint(options_.directory);
  if (checkpoint_) {
    if (const std::optional<LogPoint> at = reached_by(feed_, *checkpoint_)) {
      const std::lock_guard lock(mutex_);
      status_.follower.at = *at;
      status_.stream_sequence = checkpoint_->sequence;
    }
  }
  std::chrono::milliseconds delay = options_.retry_first;
  std::string told;
  while (!stopping_) {
    const std::uint64_t before = status().published;
    const Status ended = run_session();
    save_checkpoint();
    if (stopping_ || ended.ok()) break;
    const Error& error = ended.error();
    if (status().published > before) delay = options_.retry_first;
    if (error.message != told) spdlog::warn("relay: {}", error.message);
    told = error.message;
    set_state(refuses(error) ? FollowerState::kStopped : FollowerState::kRetrying, error.message);
    pause(refuses(error) ? options_.refused_again : delay);
    delay = std::min(delay * 2, options_.retry_most);
  }
}

Status Relay::run_session() {
  SessionReports reports;
  reports.started = [this](const LogPoint& at, std::uint64_t sequence, const std::optional<RelayCheckpoint>& last) {
    spdlog::info("relay: stream {} ends at sequence {}, going on behind position {}", options_.stream, sequence,
                 at.position.value());
    {
      const std::lock_guard lock(mutex_);
      status_.follower = {FollowerState::kRunning, at, ""};
      status_.stream_sequence = sequence;
      ++status_.sessions;
    }
    checkpoint_ = last;
    checkpoint_saved_ = !last.has_value();
    changed_.notify_all();
  };
  reports.advanced = [this](const RelayAdvance& advance) { advanced(advance); };
  Session session(feed_, domain_, options_, stopping_, std::move(reports));
  const std::optional<RelayCheckpoint> known = checkpoint_;
  return session.run(known);
}

void Relay::advanced(const RelayAdvance& advance) {
  if (advance.event || advance.at) {
    const std::lock_guard lock(mutex_);
    if (advance.at) status_.follower.at = *advance.at;
    if (advance.event) status_.stream_sequence = advance.event->sequence;
    status_.published += advance.messages;
  }
  if (advance.at) changed_.notify_all();
  if (advance.event) {
    checkpoint_ = advance.event;
    checkpoint_saved_ = false;
  }
  if (std::chrono::steady_clock::now() >= checkpoint_due_) save_checkpoint();
}

void Relay::save_checkpoint() {
  if (checkpoint_saved_) return;
  checkpoint_due_ = std::chrono::steady_clock::now() + options_.checkpoint_every;
  const Status saved = till::save_checkpoint(options_.directory, *checkpoint_);
  // Publishing goes on without it: the stream itself is the first witness of where it ends.
  if (!saved.ok()) spdlog::warn("relay: {}", saved.error().message);
  checkpoint_saved_ = saved.ok();
}

void Relay::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, duration, [this] { return stopping_.load(); });
}

}  // namespace till
