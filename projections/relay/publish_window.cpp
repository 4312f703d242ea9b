#include "projections/relay/publish_window.h"

#include <algorithm>
#include <iterator>

#include "projections/relay/publish_ack.h"

namespace till {
namespace {

constexpr int kNoLimit = -1;  // the window bounds the answers

Error window_error(const std::string& what) {
  return {ErrorKind::kUnavailable, what};
}

}  // namespace

PublishWindow::PublishWindow(natsConnection* connection, const RelayOptions& options)
    : connection_(connection), limit_(options.window_messages), ack_timeout_(options.ack_timeout) {}

Result<std::unique_ptr<PublishWindow>> PublishWindow::open(natsConnection* connection, const RelayOptions& options) {
  std::unique_ptr<PublishWindow> window(new PublishWindow(connection, options));
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return nats_error("cannot make an inbox", status);
  window->inbox_ = std::string(inbox) + ".";
  natsInbox_Destroy(inbox);
  natsSubscription* answers = nullptr;
  status = natsConnection_SubscribeSync(&answers, connection, (window->inbox_ + "*").c_str());
  window->answers_.reset(answers);
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(answers, kNoLimit, kNoLimit);
  if (status != NATS_OK) return nats_error("cannot subscribe to acknowledgements", status);
  return window;
}

Status PublishWindow::publish(NatsMessage message, Published entry) {
  const natsStatus status = natsConnection_PublishMsg(connection_, message.get());
  if (status != NATS_OK) return nats_error("cannot publish event " + message_id(entry.event), status);
  entry.sent = std::chrono::steady_clock::now();
  sent_.push_back(entry);
  return {};
}

Status PublishWindow::take(std::chrono::milliseconds wait, std::vector<Published>& out) {
  std::int64_t wait_ms = wait.count();
  while (!sent_.empty()) {
    natsMsg* answer = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&answer, answers_.get(), wait_ms);
    const NatsMessage owner(answer);
    if (status == NATS_TIMEOUT) break;
    if (status == NATS_NO_RESPONDERS) return window_error("no stream takes the messages");
    if (status != NATS_OK) return nats_error("lost the acknowledgements", status);
    if (Status accepted = accept(answer, out); !accepted.ok()) return accepted;
    wait_ms = 0;
  }
  if (!sent_.empty() && std::chrono::steady_clock::now() - sent_.front().sent > ack_timeout_) {
    return window_error("no acknowledgement of event " + message_id(sent_.front().event));
  }
  return {};
}

Status PublishWindow::accept(natsMsg* answer, std::vector<Published>& out) {
  const auto asking = std::find_if(sent_.begin(), sent_.end(), [](const Published& sent) { return sent.asks; });
  if (asking == sent_.end()) return window_error("an acknowledgement came that no message asked for");
  const std::string what = "event " + message_id(asking->event) + " at sequence " + std::to_string(asking->sequence);
  if (natsMsg_GetSubject(answer) != reply_to(asking->sequence)) {
    return window_error("an acknowledgement came out of order before the one of " + what);
  }
  const PublishAck ack =
      parse_publish_ack({natsMsg_GetData(answer), static_cast<std::size_t>(natsMsg_GetDataLength(answer))});
  if (!ack.valid) return window_error("the acknowledgement of " + what + " cannot be read");
  if (!ack.error.empty()) return window_error("the stream refused " + what + ": " + ack.error);
  // Also of a duplicate: the same event at another sequence is another stream than the one that was looked at.
  if (ack.sequence != asking->sequence) {
    return window_error("the stream has " + what + " at sequence " + std::to_string(ack.sequence) + " instead");
  }
  const auto end = asking + 1;
  out.insert(out.end(), std::make_move_iterator(sent_.begin()), std::make_move_iterator(end));
  sent_.erase(sent_.begin(), end);
  return {};
}

}  // namespace till
