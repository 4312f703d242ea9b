// The ways by which alerts leave: an incoming webhook as Slack has it, and mail.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "engine/effect.h"
#include "engine/result.h"
#include "projections/effects/http_sender.h"

namespace till {

// http_post(), or what a test has in its place. Thread safe.
using PostHttp = std::function<Result<OutboundAnswer>(const OutboundPost& request)>;

// Sends one mail of plain text. The same `message_id`, visible ASCII without white space, is the same mail: a sender
// makes its Message-ID of it. What the attempt says of an error names no address. Thread safe.
using SendMail = std::function<DeliveryAttempt(const std::string& to, const std::string& subject,
                                               const std::string& text, const std::string& message_id)>;

struct SlackPost {
  std::string url;   // a secret: it is in no error
  std::string body;  // of slack_body()
  std::chrono::milliseconds timeout{10'000};
  bool allow_private_addresses = false;
};

// Sent where the receiver answers 2xx. Refused: the URL is no good, or the receiver says that it never will be (4xx but
// 408, 425 and 429, and redirects, which are not followed).
DeliveryAttempt send_slack(const PostHttp& post, const SlackPost& message);

}  // namespace till
