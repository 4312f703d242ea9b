#include "projections/effects/alert_channels.h"

#include <algorithm>
#include <array>
#include <utility>

#include "projections/effects/attempts.h"

namespace till {
namespace {

// Of the client's statuses: timeout, too early, too many.
constexpr std::array kSlackAskAgain{408, 425, 429};

bool is_for_good(int status) {
  return status >= 300 && status < 500 && std::ranges::find(kSlackAskAgain, status) == kSlackAskAgain.end();
}

}  // namespace

DeliveryAttempt send_slack(const PostHttp& post, const SlackPost& message) {
  OutboundPost request;
  request.url = message.url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = message.body;
  request.timeout = message.timeout;
  request.allow_private_addresses = message.allow_private_addresses;
  const Result<OutboundAnswer> answer = post(request);
  if (!answer.ok()) return not_delivered(answer.error());
  DeliveryAttempt attempt;
  if (answer->status >= 200 && answer->status < 300) return attempt;
  attempt.kind = is_for_good(answer->status) ? DeliveryAttempt::Kind::kRefused : DeliveryAttempt::Kind::kFailed;
  attempt.error = "slack: HTTP status " + std::to_string(answer->status);
  if (answer->retry_after) attempt.not_before = *answer->retry_after;
  return attempt;
}

}  // namespace till
