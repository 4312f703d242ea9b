#include "projections/effects/log_source.h"

#include <limits>
#include <utility>

namespace till {
namespace {

// Handed out and not acknowledged; the log waits meanwhile.
constexpr std::size_t kOpenMost = 4096;

}  // namespace

LogSource::LogSource(Feed& feed, EffectLog& log, Position finished) : feed_(feed), log_(log), read_(finished) {}

Status LogSource::fetch(std::size_t, std::chrono::milliseconds wait, std::vector<Arrival>& out) {
  out.clear();
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint64_t token : std::exchange(again_, {})) out.push_back({open_.at(token), token});
    full = open_.size() >= kOpenMost;
  }
  if (!out.empty()) return {};
  if (full || !feed_.wait(read_, wait)) return {};
  std::vector<EffectMessage> messages;
  Position reached = read_;
  if (Status read = log_.read(read_, feed_.durable().position, messages, reached); !read.ok()) return read;
  read_ = reached;
  const std::lock_guard lock(mutex_);
  for (EffectMessage& message : messages) {
    last_ = message.event;
    const std::uint64_t token = ++last_token_;
    open_.emplace(token, message);
    out.push_back({std::move(message), token});
  }
  return {};
}

void LogSource::acknowledge(std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  open_.erase(token);
  again_.erase(token);
}

void LogSource::give_up(std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  if (open_.contains(token)) again_.insert(token);
}

Result<EffectSource::Extent> LogSource::extent() {
  const std::lock_guard lock(mutex_);
  Extent extent;
  if (last_token_ == 0) return extent;
  if (open_.empty()) {
    extent.acknowledged = last_;
    return extent;
  }
  // Whole transactions before the first event that is open.
  const Position before(open_.begin()->second.event.position.value() - 1);
  if (before.value() > 0) extent.acknowledged = EventRef{before, std::numeric_limits<std::uint32_t>::max()};
  return extent;
}

}  // namespace till
