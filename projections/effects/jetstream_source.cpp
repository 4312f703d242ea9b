#include "projections/effects/jetstream_source.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "projections/relay/event_message.h"
#include "projections/relay/message_id.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kAnswerLate{2000};
// What could not be taken care of comes again after this.
constexpr std::chrono::milliseconds kGivenUpFor{5000};
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr int kNoLimit = -1;
// Of a pull: nothing came in its time, or not all that was asked for.
constexpr std::string_view kNothingCame = "404";
constexpr std::string_view kTimePassed = "408";

std::string_view header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : std::string_view();
}

// As after a repair of the log: the relay says what is to be done.
Error another_history() {
  return Error{ErrorKind::kHistoryMismatch, "the stream has events that are not in this log"};
}

}  // namespace

JetStreamSource::JetStreamSource(JetStreamSourceOptions options, std::function<Position()> from, InLog in_log)
    : options_(std::move(options)), from_(std::move(from)), in_log_(std::move(in_log)) {}

JetStreamSource::~JetStreamSource() = default;

Status JetStreamSource::connect() {
  auto session = std::make_shared<Session>();
  Result<NatsConnection> connection = nats_connect(options_.stream);
  if (!connection.ok()) return connection.error();
  session->connection = std::move(*connection);
  jsOptions settings;
  jsOptions_Init(&settings);
  settings.Wait = options_.stream.request_timeout.count();
  jsCtx* context = nullptr;
  natsStatus status = natsConnection_JetStream(&context, session->connection.get(), &settings);
  session->context.reset(context);
  if (status != NATS_OK) return nats_error("cannot use JetStream", status);
  if (Status bound = bind(*session); !bound.ok()) return bound;
  natsInbox* inbox = nullptr;
  status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return nats_error("cannot make an inbox", status);
  session->inbox = inbox;
  natsInbox_Destroy(inbox);
  natsSubscription* arrivals = nullptr;
  status = natsConnection_SubscribeSync(&arrivals, session->connection.get(), session->inbox.c_str());
  session->arrivals.reset(arrivals);
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(arrivals, kNoLimit, kNoLimit);
  if (status != NATS_OK) return nats_error("cannot subscribe to consumer " + options_.consumer, status);
  const std::lock_guard lock(mutex_);
  session_ = std::move(session);
  replies_.clear();
  return {};
}

// A consumer that is ahead of its stream is of a stream that lost its end: it would not see what comes again.
Status JetStreamSource::bind(Session& session) {
  // The consumer first: it may go on meanwhile, and the stream is then ahead of what was seen.
  jsConsumerInfo* info = nullptr;
  const natsStatus consumer_status = js_GetConsumerInfo(&info, session.context.get(), options_.stream.stream.c_str(),
                                                        options_.consumer.c_str(), nullptr, nullptr);
  const ConsumerInfo consumer(info);
  jsStreamInfo* found = nullptr;
  const natsStatus status =
      js_GetStreamInfo(&found, session.context.get(), options_.stream.stream.c_str(), nullptr, nullptr);
  const StreamInfo stream(found);
  if (status == NATS_NOT_FOUND) return Error{ErrorKind::kUnavailable, "there is no stream yet"};
  if (status != NATS_OK) return nats_error("cannot read the state of stream " + options_.stream.stream, status);
  if (consumer_status != NATS_OK && consumer_status != NATS_NOT_FOUND) {
    return nats_error("cannot read the state of consumer " + options_.consumer, consumer_status);
  }
  if (stream->State.LastSeq > 0) {
    const Result<std::optional<EventPlace>> last = place_at(session, stream->State.LastSeq);
    if (!last.ok()) return last.error();
    if (last->has_value() && !in_log_(**last)) return another_history();
  }
  if (consumer_status == NATS_OK && consumer->Delivered.Stream <= stream->State.LastSeq) return {};
  if (consumer_status == NATS_OK) {
    const natsStatus gone = js_DeleteConsumer(session.context.get(), options_.stream.stream.c_str(),
                                              options_.consumer.c_str(), nullptr, nullptr);
    if (gone != NATS_OK) return nats_error("cannot delete consumer " + options_.consumer, gone);
  }
  const Result<std::uint64_t> sequence = sequence_of(session, from_(), stream->State.FirstSeq, stream->State.LastSeq);
  if (!sequence.ok()) return sequence.error();
  return make_consumer(session, *sequence);
}

Status JetStreamSource::make_consumer(Session& session, std::uint64_t sequence) {
  const std::string subjects = options_.stream.subject_prefix + ".>";
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = options_.consumer.c_str();
  config.Description = "An effect of Till";
  config.DeliverPolicy = js_DeliverByStartSequence;
  config.OptStartSeq = sequence;
  config.AckPolicy = js_AckExplicit;
  config.AckWait = std::chrono::nanoseconds(options_.patience).count();
  config.MaxDeliver = kNoLimit;
  config.MaxAckPending = options_.in_hand_most;
  config.FilterSubject = subjects.c_str();
  const natsStatus status =
      js_AddConsumer(nullptr, session.context.get(), options_.stream.stream.c_str(), &config, nullptr, nullptr);
  if (status != NATS_OK) return nats_error("cannot make consumer " + options_.consumer, status);
  return {};
}

// Events lie in the stream in the log's order.
Result<std::uint64_t> JetStreamSource::sequence_of(Session& session, Position position, std::uint64_t first,
                                                   std::uint64_t last) {
  std::uint64_t low = std::max<std::uint64_t>(first, 1);
  std::uint64_t high = last + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const Result<std::optional<EventPlace>> at = place_at(session, middle);
    if (!at.ok()) return at.error();
    if (at->has_value() && (*at)->position < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Nothing where the message is gone.
Result<std::optional<EventPlace>> JetStreamSource::place_at(Session& session, std::uint64_t sequence) {
  natsMsg* found = nullptr;
  const natsStatus status =
      js_GetMsg(&found, session.context.get(), options_.stream.stream.c_str(), sequence, nullptr, nullptr);
  const NatsMessage message(found);
  if (status == NATS_NOT_FOUND) return std::optional<EventPlace>();
  if (status != NATS_OK) return nats_error("cannot read a message of stream " + options_.stream.stream, status);
  const std::optional<EventPlace> place = parse_message_id(header(found, "Nats-Msg-Id"));
  if (!place || place->log_id != options_.log_id) {
    return Error{ErrorKind::kInvalid, "the stream has a message of another log"};
  }
  return place;
}

Status JetStreamSource::ask(Session& session, std::chrono::milliseconds wait) {
  const std::string subject = "$JS.API.CONSUMER.MSG.NEXT." + options_.stream.stream + "." + options_.consumer;
  const std::string body = "{\"batch\":" + std::to_string(options_.pull) +
                           ",\"expires\":" + std::to_string(wait.count() * kNanosPerMilli) + "}";
  const natsStatus status = natsConnection_PublishRequest(
      session.connection.get(), subject.c_str(), session.inbox.c_str(), body.data(), static_cast<int>(body.size()));
  if (status != NATS_OK) return nats_error("cannot ask for events", status);
  session.asked = options_.pull;
  return {};
}

Status JetStreamSource::fetch(std::size_t most, std::chrono::milliseconds wait, std::vector<Arrival>& out) {
  out.clear();
  if (session_ == nullptr) {
    if (Status connected = connect(); !connected.ok()) return connected;
  }
  const std::shared_ptr<Session> session = session_;
  const Status fetched = fetch_from(*session, most, wait, out);
  if (!fetched.ok()) {
    const std::lock_guard lock(mutex_);
    session_.reset();
    replies_.clear();
  }
  return fetched;
}

Status JetStreamSource::fetch_from(Session& session, std::size_t most, std::chrono::milliseconds wait,
                                   std::vector<Arrival>& out) {
  if (session.asked == 0) {
    if (Status asked = ask(session, wait); !asked.ok()) return asked;
  }
  // A little longer than the server waits, so that its answer is seen.
  std::int64_t wait_ms = wait.count() + kAnswerLate.count();
  while (out.size() < most) {
    natsMsg* got = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&got, session.arrivals.get(), wait_ms);
    const NatsMessage message(got);
    if (status == NATS_TIMEOUT && out.empty() && wait_ms > 0) {
      return Error{ErrorKind::kUnavailable, "consumer " + options_.consumer + " does not answer"};
    }
    if (status == NATS_TIMEOUT) return {};
    if (status != NATS_OK) return nats_error("lost consumer " + options_.consumer, status);
    const std::string_view code = header(got, "Status");
    if (code == kNothingCame || code == kTimePassed) {
      session.asked = 0;
      return {};
    }
    if (!code.empty()) {
      return Error{ErrorKind::kUnavailable,
                   "consumer " + options_.consumer + ": " + std::string(header(got, "Description"))};
    }
    if (Status taken = take(got, out); !taken.ok()) return taken;
    if (--session.asked == 0) return {};
    wait_ms = 0;
  }
  return {};
}

Status JetStreamSource::take(natsMsg* message, std::vector<Arrival>& out) {
  Result<EffectMessage> event = read_event_message(message);
  if (!event.ok()) return event.error();
  const std::optional<EventPlace> place = parse_message_id(event->id);
  if (!place || place->log_id != options_.log_id) {
    return Error{ErrorKind::kInvalid, "the stream has a message of another log"};
  }
  event->event = {place->position, place->index};
  const char* reply = natsMsg_GetReply(message);
  const std::lock_guard lock(mutex_);
  replies_.emplace(next_token_, reply == nullptr ? "" : reply);
  out.push_back({std::move(*event), next_token_++});
  return {};
}

void JetStreamSource::answer(std::uint64_t token, const char* text, bool last) {
  std::shared_ptr<Session> session;
  std::string reply;
  {
    const std::lock_guard lock(mutex_);
    const auto found = replies_.find(token);
    if (found == replies_.end()) return;
    session = session_;
    reply = found->second;
    if (last) replies_.erase(found);
  }
  // What is lost comes again.
  if (session) static_cast<void>(natsConnection_PublishString(session->connection.get(), reply.c_str(), text));
}

void JetStreamSource::acknowledge(std::uint64_t token) {
  answer(token, "+ACK", true);
}

void JetStreamSource::keep(std::uint64_t token) {
  answer(token, "+WPI", false);
}

void JetStreamSource::give_up(std::uint64_t token) {
  static const std::string kLater = "-NAK {\"delay\": " + std::to_string(kGivenUpFor.count() * kNanosPerMilli) + "}";
  answer(token, kLater.c_str(), true);
}

Result<EffectSource::Extent> JetStreamSource::extent() {
  Extent extent;
  if (session_ == nullptr) return extent;
  jsConsumerInfo* found = nullptr;
  natsStatus status = js_GetConsumerInfo(&found, session_->context.get(), options_.stream.stream.c_str(),
                                         options_.consumer.c_str(), nullptr, nullptr);
  const ConsumerInfo info(found);
  if (status != NATS_OK) return nats_error("cannot read the state of consumer " + options_.consumer, status);
  jsStreamInfo* seen = nullptr;
  status = js_GetStreamInfo(&seen, session_->context.get(), options_.stream.stream.c_str(), nullptr, nullptr);
  const StreamInfo stream(seen);
  if (status != NATS_OK) return nats_error("cannot read the state of stream " + options_.stream.stream, status);
  if (stream->State.Msgs == 0) return extent;
  const Result<std::optional<EventPlace>> first = place_at(*session_, stream->State.FirstSeq);
  if (!first.ok()) return first.error();
  if (first->has_value()) {
    const bool whole = (*first)->index == 0;
    extent.first = whole ? (*first)->position : (*first)->position.next();
  }
  if (info->AckFloor.Stream == 0) return extent;
  const Result<std::optional<EventPlace>> acknowledged = place_at(*session_, info->AckFloor.Stream);
  if (!acknowledged.ok()) return acknowledged.error();
  if (!acknowledged->has_value()) return extent;
  if (!in_log_(**acknowledged)) return another_history();
  extent.acknowledged = EventRef{(*acknowledged)->position, (*acknowledged)->index};
  return extent;
}

}  // namespace till
