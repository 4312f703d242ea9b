#include "tests/relay_fixture.h"

#include <catch2/catch.hpp>

#include "projections/relay/message_id.h"

namespace till {
namespace {

const char* const kStream = "TILL";
constexpr int kBodyMost = 600;

schema::Event random_event(std::mt19937& random, std::uint64_t version) {
  schema::Event event;
  if (random() % 2 == 0) {
    event.mutable_sale_completed()->set_sale_id("sale-" + std::to_string(version));
    event.mutable_sale_completed()->set_employee_id(std::string(random() % kBodyMost, 'e'));
  } else {
    event.mutable_stock_issued()->set_sku("sku-" + std::to_string(version));
    event.mutable_stock_issued()->set_quantity_e5(static_cast<std::int64_t>(random() % 1'000'000));
  }
  return event;
}

LogId numbered_log(std::uint8_t number) {
  LogId id{};
  id.fill(number);
  return id;
}

StoredMessage stored(natsMsg* message) {
  StoredMessage result;
  result.sequence = natsMsg_GetSequence(message);
  result.subject = natsMsg_GetSubject(message);
  result.body.assign(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
  const char** keys = nullptr;
  int count = 0;
  REQUIRE(natsMsgHeader_Keys(message, &keys, &count) == NATS_OK);
  for (int i = 0; i < count; ++i) {
    const char* value = nullptr;
    REQUIRE(natsMsgHeader_Get(message, keys[i], &value) == NATS_OK);
    result.headers[keys[i]] = value;
  }
  std::free(keys);
  return result;
}

}  // namespace

google::protobuf::Message* NamesOnly::new_event(google::protobuf::Arena* arena) const {
  return google::protobuf::Arena::CreateMessage<schema::Event>(arena);
}

std::string_view NamesOnly::event_name(std::uint32_t type) const {
  const auto* const field = schema::Event::descriptor()->FindFieldByNumber(static_cast<int>(type));
  return field == nullptr ? std::string_view() : std::string_view(field->message_type()->name());
}

std::string_view NamesOnly::kind_name(EntityKind kind) const {
  return kind.value() == kSaleKind ? "sale" : kind.value() == kStockKind ? "stock" : "";
}

RandomLog::RandomLog(std::uint8_t log_number, unsigned seed) : feed_(numbered_log(log_number)), random_(seed) {}

void RandomLog::add(std::size_t transactions) {
  const std::string tenants[] = {"acme", "zeta-2", "m"};
  for (std::size_t i = 0; i < transactions; ++i) {
    const std::size_t events = random_() % 6;
    feed_.append(events == 0 ? "" : tenants[random_() % 3], [&](TransactionBuilder& builder) {
      for (std::size_t e = 0; e < events; ++e) {
        const schema::Event event = random_event(random_, ++version_);
        const std::uint32_t kind = event.has_sale_completed() ? kSaleKind : kStockKind;
        FakeFeed::add_event(builder, kind, "stream " + std::to_string(version_), version_, event);
      }
    });
  }
}

StreamProbe::StreamProbe(const std::string& url) {
  RelayOptions options;
  options.url = url;
  Result<NatsConnection> connection = nats_connect(options);
  if (!connection.ok()) FAIL(connection.error().message);
  connection_ = std::move(*connection);
  jsCtx* context = nullptr;
  REQUIRE(natsConnection_JetStream(&context, connection_.get(), nullptr) == NATS_OK);
  context_.reset(context);
}

StreamInfo StreamProbe::info() {
  jsStreamInfo* found = nullptr;
  REQUIRE(js_GetStreamInfo(&found, context_.get(), kStream, nullptr, nullptr) == NATS_OK);
  return StreamInfo(found);
}

void StreamProbe::configure(const std::function<void(jsStreamConfig&)>& change) {
  const StreamInfo found = info();
  jsStreamConfig config = *found->Config;
  change(config);
  REQUIRE(js_UpdateStream(nullptr, context_.get(), &config, nullptr, nullptr) == NATS_OK);
}

std::vector<StoredMessage> StreamProbe::all() {
  const StreamInfo state = info();
  std::vector<StoredMessage> messages;
  for (std::uint64_t sequence = state->State.FirstSeq; sequence <= state->State.LastSeq; ++sequence) {
    natsMsg* found = nullptr;
    const natsStatus status = js_GetMsg(&found, context_.get(), kStream, sequence, nullptr, nullptr);
    if (status == NATS_NOT_FOUND || sequence == 0) continue;
    REQUIRE(status == NATS_OK);
    const NatsMessage owner(found);
    messages.push_back(stored(found));
  }
  return messages;
}

void StreamProbe::purge() {
  REQUIRE(js_PurgeStream(context_.get(), kStream, nullptr, nullptr) == NATS_OK);
}

void StreamProbe::remove_consumer(const std::string& name) {
  REQUIRE(js_DeleteConsumer(context_.get(), kStream, name.c_str(), nullptr, nullptr) == NATS_OK);
}

void StreamProbe::remove_stream() {
  REQUIRE(js_DeleteStream(context_.get(), kStream, nullptr, nullptr) == NATS_OK);
}

void StreamProbe::remove_message(std::uint64_t sequence) {
  REQUIRE(js_DeleteMsg(context_.get(), kStream, sequence, nullptr, nullptr) == NATS_OK);
}

void StreamProbe::publish(const std::string& subject, const std::string& id, const std::string& body) {
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.empty() ? nullptr : id.c_str();
  REQUIRE(js_Publish(nullptr, context_.get(), subject.c_str(), body.data(), static_cast<int>(body.size()), &options,
                     nullptr) == NATS_OK);
}

std::vector<ExpectedEvent> expected_events(const FakeFeed& feed, std::uint64_t from) {
  std::vector<ExpectedEvent> events;
  for (const TransactionPtr& transaction : feed.all()) {
    const LogPoint point = transaction->point();
    if (point.position.value() < from) continue;
    for (int i = 0; i < transaction->event_count(); ++i) {
      events.push_back({message_id({point.log_id, point.epoch, point.position, static_cast<std::uint32_t>(i)}),
                        transaction->record().events(i).payload()});
    }
  }
  return events;
}

void require_same(const std::vector<StoredMessage>& messages, const std::vector<ExpectedEvent>& expected, Gaps gaps) {
  REQUIRE(messages.size() == expected.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    INFO("message " << i);
    if (messages[i].headers.at("Nats-Msg-Id") != expected[i].id) {
      FAIL("found event " << messages[i].headers.at("Nats-Msg-Id") << " instead of " << expected[i].id);
    }
    if (messages[i].body != expected[i].body) FAIL("another body in event " << expected[i].id);
    const bool dense = messages[i].sequence == messages[0].sequence + i;
    if (gaps == Gaps::kNone && !dense) FAIL("a gap before event " << expected[i].id);
  }
}

}  // namespace till
