#include "projections/relay/session.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace till {
namespace {

constexpr std::chrono::milliseconds kAckSlice{20};
constexpr std::chrono::microseconds kGather{500};
constexpr std::chrono::milliseconds kIdleSlice{250};
constexpr std::chrono::milliseconds kNoWait{0};

Micros wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Micros(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Session::Session(Feed& feed, const Domain& domain, const RelayOptions& options, const std::atomic<bool>& stopping,
                 SessionReports reports)
    : feed_(feed),
      options_(options),
      stopping_(stopping),
      reports_(std::move(reports)),
      messages_(domain, options.stream, options.subject_prefix) {}

Status Session::run(const std::optional<RelayCheckpoint>& checkpoint) {
  if (Status connected = connect(checkpoint); !connected.ok()) return connected;
  return pump();
}

Status Session::connect(const std::optional<RelayCheckpoint>& checkpoint) {
  Result<NatsConnection> connection = nats_connect(options_);
  if (!connection.ok()) return connection.error();
  connection_ = std::move(*connection);
  Result<Stream> stream = Stream::ensure(connection_.get(), options_);
  if (!stream.ok()) return stream.error();
  stream_ = std::move(*stream);
  Result<std::unique_ptr<PublishWindow>> window = PublishWindow::open(connection_.get(), options_);
  if (!window.ok()) return window.error();
  window_ = std::move(*window);
  Result<StreamTail> tail = stream_->tail();
  if (!tail.ok()) return tail.error();
  Result<PublishStart> start = find_start(feed_, *tail, checkpoint, options_.max_age, wall_clock());
  if (!start.ok()) return start.error();
  Result<LogPoint> at = feed_.point_at(start->after);
  if (!at.ok()) return at.error();
  stream_created_ns_ = tail->created_ns;
  sequence_ = start->last_sequence;
  after_ = start->after;
  event_ = static_cast<int>(start->skip);
  check_due_ = std::chrono::steady_clock::now() + options_.idle_check;
  std::optional<RelayCheckpoint> last;
  if (start->skip > 0) {
    Result<LogPoint> in = feed_.point_at(after_.next());
    if (!in.ok()) return in.error();
    last = RelayCheckpoint{{in->log_id, in->epoch, in->position, start->skip - 1}, sequence_, stream_created_ns_};
  }
  reports_.started(*at, sequence_, last);
  return {};
}

Status Session::pump() {
  while (!stopping_) {
    if (Status sent = burst(); !sent.ok()) return sent;
    if (window_->full()) {
      // Waking for each acknowledgement would cost more than the acknowledgement itself.
      if (Status settled = settle(kAckSlice); !settled.ok()) return settled;
      std::this_thread::sleep_for(kGather);
    }
    if (Status settled = settle(kNoWait); !settled.ok()) return settled;
    if (!batch_done()) continue;
    if (Status read = read_more(); !read.ok()) return read;
    if (!batch_done()) continue;
    const Status waited = window_->empty() ? idle() : settle(kAckSlice);
    if (!waited.ok()) return waited;
  }
  return drain();
}

Status Session::read_more() {
  transaction_ = 0;
  if (Status read = feed_.read(after_, options_.read_transactions, options_.read_bytes, batch_); !read.ok())
    return read;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const Status checked = messages_.check(*batch_[i]);
    if (checked.ok()) continue;
    batch_.resize(i);
    if (i > 0) break;  // what stands before it goes out first
    static_cast<void>(drain());
    return checked;
  }
  events_left_ = 0;
  for (const TransactionPtr& transaction : batch_) events_left_ += static_cast<std::size_t>(transaction->event_count());
  if (batch_.empty()) return {};
  after_ = batch_.back()->position();
  events_left_ -= static_cast<std::size_t>(event_);
  return {};
}

// The last message of a burst asks for its acknowledgement, so that between bursts none is left without.
Status Session::burst() {
  const std::size_t most = std::min({options_.ack_messages, window_->room(), events_left_});
  pass_finished();
  for (std::size_t i = 0; i < most; ++i) {
    if (Status sent = publish_event(i + 1 == most); !sent.ok()) return sent;
    pass_finished();
  }
  return {};
}

Status Session::publish_event(bool asks) {
  const Transaction& transaction = *batch_[transaction_];
  const std::uint64_t next = sequence_ + 1;
  const std::string reply = asks ? window_->reply_to(next) : std::string();
  Result<NatsMessage> message = messages_.make(transaction, event_, sequence_, reply);
  if (!message.ok()) return message.error();
  const LogPoint point = transaction.point();
  Published entry;
  entry.event = {point.log_id, point.epoch, point.position, static_cast<std::uint32_t>(event_)};
  entry.sequence = next;
  entry.asks = asks;
  if (Status sent = window_->publish(std::move(*message), entry); !sent.ok()) return sent;
  sequence_ = next;
  ++event_;
  --events_left_;
  return {};
}

// Moves on from transactions without a further event.
void Session::pass_finished() {
  while (!batch_done() && event_ >= batch_[transaction_]->event_count()) {
    reach(batch_[transaction_]->point());
    ++transaction_;
    event_ = 0;
  }
}

void Session::reach(const LogPoint& point) {
  // Behind what is under way, or at once where nothing is.
  if (!window_->empty()) {
    window_->newest().reached = point;
    return;
  }
  RelayAdvance advance;
  advance.at = point;
  reports_.advanced(advance);
}

Status Session::settle(std::chrono::milliseconds wait) {
  acknowledged_.clear();
  const Status taken = window_->take(wait, acknowledged_);
  if (acknowledged_.empty()) return taken;
  RelayAdvance advance;
  for (const Published& published : acknowledged_) {
    if (published.reached) advance.at = published.reached;
  }
  const Published& last = acknowledged_.back();
  advance.event = RelayCheckpoint{last.event, last.sequence, stream_created_ns_};
  advance.messages = acknowledged_.size();
  reports_.advanced(advance);
  check_due_ = std::chrono::steady_clock::now() + options_.idle_check;
  return taken;
}

Status Session::idle() {
  reports_.advanced({});
  if (feed_.wait(after_, kIdleSlice)) return {};
  if (natsConnection_Status(connection_.get()) != NATS_CONN_STATUS_CONNECTED) {
    return Error{ErrorKind::kUnavailable, "the connection to NATS was lost"};
  }
  if (std::chrono::steady_clock::now() < check_due_) return {};
  // A stream that was deleted or written by others is seen here, not only with the next event.
  Result<std::uint64_t> last = stream_->last_sequence();
  if (!last.ok()) return last.error();
  if (*last != sequence_) {
    return Error{ErrorKind::kUnavailable,
                 "the stream ends at sequence " + std::to_string(*last) + ", expected " + std::to_string(sequence_)};
  }
  check_due_ = std::chrono::steady_clock::now() + options_.idle_check;
  return {};
}

Status Session::drain() {
  const auto deadline = std::chrono::steady_clock::now() + options_.stop_timeout;
  while (!window_->empty() && std::chrono::steady_clock::now() < deadline) {
    if (Status settled = settle(kAckSlice); !settled.ok()) return settled;
  }
  return {};
}

}  // namespace till
