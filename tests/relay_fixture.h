// What the relay's tests share: a domain of names, a log with random sales, and a look into the stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/domain.h"
#include "projections/relay/nats_client.h"
#include "projections/relay/relay_options.h"
#include "tests/fake_feed.h"

namespace till {

// Names as retail has them; decides and folds nothing.
class NamesOnly : public Domain {
 public:
  google::protobuf::Message* new_event(google::protobuf::Arena* arena) const override;
  std::string_view event_name(std::uint32_t type) const override;
  std::string_view kind_name(EntityKind kind) const override;
  std::string_view command_name(const google::protobuf::Message&) const override { return {}; }
  std::unique_ptr<google::protobuf::Message> new_state(EntityKind) const override { return nullptr; }
  void needs(const google::protobuf::Message&, std::vector<EntityRef>&) const override {}
  Decision decide(const google::protobuf::Message&, const DecideContext&, BooksReader&) const override {
    return Rejection{};
  }
  void evolve(EntityKind, google::protobuf::Message&, const google::protobuf::Message&,
              const schema::Record&) const override {}
  std::uint32_t fold_version() const override { return 1; }
};

inline constexpr std::uint32_t kSaleKind = 1;
inline constexpr std::uint32_t kStockKind = 2;

// A log of random transactions: none to five events each, of three tenants.
class RandomLog {
 public:
  explicit RandomLog(std::uint8_t log_number = 7, unsigned seed = 42);
  FakeFeed& feed() { return feed_; }
  void add(std::size_t transactions);

 private:
  FakeFeed feed_;
  std::mt19937 random_;
  std::uint64_t version_ = 0;
};

// A message as it stands in the stream.
struct StoredMessage {
  std::uint64_t sequence = 0;
  std::string subject;
  std::string body;
  std::map<std::string, std::string> headers;
};

// Looks into the stream TILL and tampers with it, over a connection of its own.
class StreamProbe {
 public:
  explicit StreamProbe(const std::string& url);
  std::vector<StoredMessage> all();
  std::uint64_t last_sequence() { return info()->State.LastSeq; }
  StreamInfo info();
  // As an operator does by hand.
  void configure(const std::function<void(jsStreamConfig&)>& change);
  void purge();
  void remove_stream();
  void remove_message(std::uint64_t sequence);
  void remove_consumer(const std::string& name);
  // Publishes as a stranger would, and waits for the acknowledgement.
  void publish(const std::string& subject, const std::string& id, const std::string& body);

 private:
  NatsConnection connection_;
  JetStream context_;
};

// Ids and bodies of the log's events in order, from the first event of position `from`.
struct ExpectedEvent {
  std::string id;
  std::string body;
};
std::vector<ExpectedEvent> expected_events(const FakeFeed& feed, std::uint64_t from = 1);

// Fails the test unless `messages` are exactly the `expected` events in order, with dense sequences unless gaps are
// allowed.
enum class Gaps { kNone, kAllowed };
void require_same(const std::vector<StoredMessage>& messages, const std::vector<ExpectedEvent>& expected,
                  Gaps gaps = Gaps::kNone);

}  // namespace till
