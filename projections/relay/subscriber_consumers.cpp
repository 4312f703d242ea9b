#include "projections/relay/subscriber_consumers.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "projections/relay/nats_client.h"

namespace till {
namespace {

// Of a partner whose program is restarted while messages are under way.
constexpr std::chrono::seconds kAnswerWithin{60};
constexpr std::int64_t kUnacknowledgedMost = 1024;
constexpr std::int64_t kPullsMost = 64;
constexpr int kDeliveriesUnlimited = -1;

// A connection and the JetStream of its account.
struct StreamAccess {
  NatsConnection connection;
  JetStream context;
};

Result<StreamAccess> open_stream(const RelayOptions& stream) {
  StreamAccess access;
  Result<NatsConnection> connection = nats_connect(stream);
  if (!connection.ok()) return connection.error();
  access.connection = std::move(*connection);
  jsOptions settings;
  jsOptions_Init(&settings);
  settings.Wait = stream.request_timeout.count();
  jsCtx* context = nullptr;
  const natsStatus status = natsConnection_JetStream(&context, access.connection.get(), &settings);
  access.context.reset(context);
  if (status != NATS_OK) return nats_error("cannot use JetStream", status);
  return access;
}

// Null where there is none.
Result<ConsumerInfo> consumer_info(StreamAccess& access, const RelayOptions& stream, const std::string& consumer) {
  jsConsumerInfo* found = nullptr;
  const natsStatus status =
      js_GetConsumerInfo(&found, access.context.get(), stream.stream.c_str(), consumer.c_str(), nullptr, nullptr);
  ConsumerInfo info(found);
  if (status != NATS_OK && status != NATS_NOT_FOUND) {
    return nats_error("cannot read the state of consumer " + consumer, status);
  }
  return info;
}

Status delete_consumer(StreamAccess& access, const RelayOptions& stream, const std::string& consumer) {
  const natsStatus status =
      js_DeleteConsumer(access.context.get(), stream.stream.c_str(), consumer.c_str(), nullptr, nullptr);
  if (status == NATS_OK || status == NATS_NOT_FOUND) return {};
  return nats_error("cannot delete consumer " + consumer, status);
}

Result<std::uint64_t> end_of_stream(StreamAccess& access, const RelayOptions& stream) {
  jsStreamInfo* found = nullptr;
  const natsStatus status = js_GetStreamInfo(&found, access.context.get(), stream.stream.c_str(), nullptr, nullptr);
  const StreamInfo info(found);
  if (status == NATS_NOT_FOUND) return Error{ErrorKind::kUnavailable, "there is no stream yet"};
  if (status != NATS_OK) return nats_error("cannot read the state of stream " + stream.stream, status);
  return info->State.LastSeq;
}

// `behind`: the sequence that it has read already; nothing: as `start` says.
Status make_subscriber_consumer(StreamAccess& access, const RelayOptions& stream, const Subscriber& subscriber,
                                SubscriberStart start, std::optional<std::uint64_t> behind) {
  const std::string consumer = subscriber_name(subscriber);
  const std::string subjects = stream.subject_prefix + "." + subscriber.tenant + ".>";
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = consumer.c_str();
  config.Description = "A subscriber outside of Till";
  config.DeliverPolicy = start == SubscriberStart::kNew ? js_DeliverNew : js_DeliverAll;
  if (behind) {
    config.DeliverPolicy = js_DeliverByStartSequence;
    config.OptStartSeq = *behind + 1;
  }
  config.AckPolicy = js_AckExplicit;
  config.AckWait = std::chrono::nanoseconds(kAnswerWithin).count();
  config.MaxDeliver = kDeliveriesUnlimited;
  config.MaxAckPending = kUnacknowledgedMost;
  config.MaxWaiting = kPullsMost;
  config.FilterSubject = subjects.c_str();
  const natsStatus status =
      js_AddConsumer(nullptr, access.context.get(), stream.stream.c_str(), &config, nullptr, nullptr);
  if (status != NATS_OK) return nats_error("cannot make consumer " + consumer, status);
  return {};
}

Status ensure_consumer(StreamAccess& access, const RelayOptions& stream, const Subscriber& subscriber,
                       SubscriberStart start) {
  const std::string consumer = subscriber_name(subscriber);
  Result<ConsumerInfo> info = consumer_info(access, stream, consumer);
  if (!info.ok()) return info.error();
  // Read after the consumer: what is published meanwhile cannot make it look ahead.
  const Result<std::uint64_t> end = end_of_stream(access, stream);
  if (!end.ok()) return end.error();
  if (*info == nullptr) return make_subscriber_consumer(access, stream, subscriber, start, std::nullopt);
  if ((*info)->Delivered.Stream <= *end) return {};
  if (Status gone = delete_consumer(access, stream, consumer); !gone.ok()) return gone;
  return make_subscriber_consumer(access, stream, subscriber, start, *end);
}

// `url` with this user instead of its own.
std::string url_of_user(const std::string& url, const std::string& user, const std::string& password) {
  constexpr std::string_view kSchemeEnd = "://";
  const std::size_t scheme = url.find(kSchemeEnd);
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + kSchemeEnd.size();
  const std::size_t at = url.rfind('@');
  const std::size_t address = at == std::string::npos ? host : at + 1;
  return url.substr(0, host) + user + ":" + password + "@" + url.substr(address);
}

}  // namespace

Status ensure_consumers(const RelayOptions& stream, std::span<const Subscriber> subscribers, SubscriberStart start) {
  Result<StreamAccess> access = open_stream(stream);
  if (!access.ok()) return access.error();
  for (const Subscriber& subscriber : subscribers) {
    if (Status ensured = ensure_consumer(*access, stream, subscriber, start); !ensured.ok()) return ensured;
  }
  return {};
}

Status remove_consumer(const RelayOptions& stream, const Subscriber& subscriber) {
  Result<StreamAccess> access = open_stream(stream);
  if (!access.ok()) return access.error();
  return delete_consumer(*access, stream, subscriber_name(subscriber));
}

Result<std::vector<std::optional<SubscriberLag>>> read_lags(const RelayOptions& stream,
                                                            std::span<const Subscriber> subscribers) {
  Result<StreamAccess> access = open_stream(stream);
  if (!access.ok()) return access.error();
  std::vector<std::optional<SubscriberLag>> lags;
  for (const Subscriber& subscriber : subscribers) {
    Result<ConsumerInfo> info = consumer_info(*access, stream, subscriber_name(subscriber));
    if (!info.ok()) return info.error();
    std::optional<SubscriberLag>& lag = lags.emplace_back();
    if (*info == nullptr) continue;
    lag = SubscriberLag{(*info)->NumPending, static_cast<std::uint64_t>((*info)->NumAckPending)};
  }
  return lags;
}

Status try_subscriber(const RelayOptions& stream, const Subscriber& subscriber, const std::string& password) {
  const std::string consumer = subscriber_name(subscriber);
  RelayOptions own = stream;
  own.url = url_of_user(stream.url, consumer, password);
  Result<NatsConnection> connection = nats_connect(own);
  if (!connection.ok()) return connection.error();
  jsOptions settings;
  jsOptions_Init(&settings);
  settings.Wait = stream.request_timeout.count();
  const std::string domain(kSubscriberDomain);
  settings.Domain = domain.c_str();
  jsCtx* context = nullptr;
  natsStatus status = natsConnection_JetStream(&context, connection->get(), &settings);
  const JetStream jetstream(context);
  jsConsumerInfo* found = nullptr;
  if (status == NATS_OK) {
    status = js_GetConsumerInfo(&found, context, stream.stream.c_str(), consumer.c_str(), nullptr, nullptr);
  }
  const ConsumerInfo info(found);
  if (status != NATS_OK) return nats_error(consumer + " does not reach its consumer", status);
  return {};
}

}  // namespace till
