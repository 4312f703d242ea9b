#include "projections/effects/export_follower.h"

#include <algorithm>
#include <utility>

namespace till {
namespace {

FollowerOptions follower_options(const ExportOptions& options) {
  FollowerOptions made;
  made.max_batch_transactions = std::clamp<std::size_t>(options.batch_transactions, 1, kExportBatchMost);
  made.max_batch_bytes = options.batch_bytes;
  made.pace = options.interval;
  made.retry_first = options.retry_first;
  made.retry_most = options.retry_most;
  return made;
}

}  // namespace

ExportFollower::ExportFollower(Feed& feed, const Domain& domain, EventJson event_json, ExportOptions options)
    : feed_(feed),
      options_(std::move(options)),
      view_(feed, domain, std::move(event_json), disk_, options_.directory),
      follower_(feed, view_, follower_options(options_)) {}

ExportFollower::~ExportFollower() {
  stop();
}

void ExportFollower::start() {
  started_ = true;
  follower_.start();
}

void ExportFollower::stop() {
  if (!std::exchange(started_, false)) return;
  // A disk that does not take it now will hardly take it within the timeout.
  if (follower_.status().state == FollowerState::kRunning) {
    follower_.wait_for(feed_.durable().position, options_.stop_timeout);
  }
  follower_.stop();
}

ExportStatus ExportFollower::status() const {
  ExportStatus status;
  status.follower = follower_.status();
  const std::uint64_t durable = feed_.durable().position.value();
  const std::uint64_t at = status.follower.at.position.value();
  status.lag = durable > at ? durable - at : 0;
  status.written = view_.counts();
  return status;
}

}  // namespace till
