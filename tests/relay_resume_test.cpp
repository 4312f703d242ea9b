// Where the relay goes on, message ids, acknowledgements and the checkpoint, without a server.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "projections/relay/event_message.h"
#include "projections/relay/publish_ack.h"
#include "projections/relay/relay_checkpoint.h"
#include "projections/relay/resume.h"
#include "tests/relay_fixture.h"

namespace till {
namespace {

constexpr std::chrono::seconds kForEver{0};
constexpr Micros kNow{1'800'000'000'000'000};

// The stream as a relay leaves it once the first `messages` events are in it.
StreamTail tail_after(const FakeFeed& feed, std::size_t messages) {
  const ExpectedEvent last = expected_events(feed)[messages - 1];
  StreamTail tail;
  tail.created_ns = 5;
  tail.last_sequence = messages;
  tail.newest = StreamTail::Message{messages, last.id, last.body};
  return tail;
}

// Number of events before a start: what must equal the messages in the stream.
std::size_t events_before(const FakeFeed& feed, const PublishStart& start) {
  std::size_t events = start.skip;
  for (const TransactionPtr& transaction : feed.all()) {
    if (transaction->position() <= start.after) events += static_cast<std::size_t>(transaction->event_count());
  }
  return events;
}

PublishStart found(Result<PublishStart> start) {
  if (!start.ok()) FAIL(start.error().message);
  return *start;
}

TEST_CASE("publishing goes on behind the stream's last message, wherever it ends", "[relay]") {
  RandomLog log;
  log.add(60);
  const std::size_t events = expected_events(log.feed()).size();
  for (std::size_t n = 1; n <= events; ++n) {
    const StreamTail tail = tail_after(log.feed(), n);
    const PublishStart start = found(find_start(log.feed(), tail, std::nullopt, kForEver, kNow));
    CHECK(events_before(log.feed(), start) == n);
    CHECK(start.last_sequence == n);
  }
}

TEST_CASE("messages deleted from the stream's end count as published where the checkpoint knows them", "[relay]") {
  RandomLog log;
  log.add(60);
  const auto events = expected_events(log.feed());
  for (std::size_t n = 1; n + 20 <= events.size(); n += 3) {
    StreamTail tail = tail_after(log.feed(), n);
    tail.last_sequence = n + 20;
    for (const std::size_t known : {0u, 1u, 7u, 20u}) {
      const RelayCheckpoint checkpoint{*parse_message_id(events[n + known - 1].id), n + known, 5};
      const PublishStart start = found(find_start(log.feed(), tail, checkpoint, kForEver, kNow));
      CHECK(events_before(log.feed(), start) == n + known);
      CHECK(start.last_sequence == n + 20);
    }
    CHECK(events_before(log.feed(), found(find_start(log.feed(), tail, std::nullopt, kForEver, kNow))) == n);
  }
}

TEST_CASE("a stream that lost its end gets it again", "[relay]") {
  RandomLog log;
  log.add(60);
  const auto events = expected_events(log.feed());
  const RelayCheckpoint ahead{*parse_message_id(events[39].id), 40, 5};
  const PublishStart start = found(find_start(log.feed(), tail_after(log.feed(), 25), ahead, kForEver, kNow));
  CHECK(events_before(log.feed(), start) == 25);
  CHECK(start.last_sequence == 25);
}

TEST_CASE("an empty stream that had messages goes on from the checkpoint", "[relay]") {
  RandomLog log;
  log.add(60);
  const auto events = expected_events(log.feed());
  StreamTail tail;
  tail.created_ns = 5;
  tail.last_sequence = 30;
  RelayCheckpoint checkpoint{*parse_message_id(events[27].id), 28, 5};
  CHECK(events_before(log.feed(), found(find_start(log.feed(), tail, checkpoint, kForEver, kNow))) == 28);

  SECTION("not from one of another stream") {
    checkpoint.stream_created_ns = 4;
  }
  SECTION("not from one of another log") {
    checkpoint.event.log_id[0] = 99;
  }
  SECTION("not from one of another epoch") {
    checkpoint.event.epoch = Epoch(9);
  }
  SECTION("not from one ahead of the stream") {
    checkpoint.sequence = 31;
  }
  SECTION("not from one ahead of the log") {
    checkpoint.event.position = Position(61);
  }
  SECTION("not from an event that the log does not have") {
    checkpoint.event.index = 99;
  }
  const PublishStart start = found(find_start(log.feed(), tail, checkpoint, kForEver, kNow));
  const bool untouched = checkpoint.sequence == 28 && checkpoint.stream_created_ns == 5 &&
                         checkpoint.event == *parse_message_id(events[27].id);
  CHECK(events_before(log.feed(), start) == (untouched ? 28u : 0u));
  CHECK(start.last_sequence == 30);
}

TEST_CASE("a new stream is filled from the retention horizon", "[relay]") {
  RandomLog log;
  log.add(100);
  const std::int64_t first = log.feed().all().front()->record().recorded_at_us();
  const auto start_at = [&](std::int64_t age_us) {
    const Micros now(first + age_us + 3600 * std::int64_t{1'000'000});
    return found(find_start(log.feed(), StreamTail{}, std::nullopt, std::chrono::hours(1), now));
  };
  CHECK(start_at(-5).after == Position(0));
  CHECK(start_at(0).after == Position(0));
  CHECK(start_at(1).after == Position(1));
  CHECK(start_at(41'000).after == Position(41));
  CHECK(start_at(10'000'000).after == Position(100));
  CHECK(found(find_start(log.feed(), StreamTail{}, std::nullopt, kForEver, kNow)).after == Position(0));
  FakeFeed empty(LogId{});
  CHECK(found(find_start(empty, StreamTail{}, std::nullopt, std::chrono::hours(1), kNow)).after == Position(0));
}

TEST_CASE("a stream with foreign messages is refused by name", "[relay]") {
  RandomLog log;
  log.add(60);
  StreamTail tail = tail_after(log.feed(), 20);
  std::string named;
  SECTION("another log") {
    RandomLog other(8);
    other.add(60);
    tail = tail_after(other.feed(), 20);
    named = "08080808080808080808080808080808";
  }
  SECTION("another epoch at the same position") {
    EventPlace place = *parse_message_id(tail.newest->id);
    place.epoch = Epoch(2);
    named = tail.newest->id = message_id(place);
  }
  SECTION("beyond the log") {
    EventPlace place = *parse_message_id(tail.newest->id);
    place.position = Position(61);
    named = tail.newest->id = message_id(place);
  }
  SECTION("an event that the transaction does not have") {
    EventPlace place = *parse_message_id(tail.newest->id);
    place.index = 77;
    named = tail.newest->id = message_id(place);
  }
  SECTION("other content") {
    tail.newest->body += "x";
    named = tail.newest->id;
  }
  SECTION("no relay's message") {
    named = tail.newest->id = "hello";
  }
  SECTION("no id at all") {
    tail.newest->id = "";
    named = "not written by a relay";
  }
  const auto refused = find_start(log.feed(), tail, std::nullopt, kForEver, kNow);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kHistoryMismatch);
  CHECK(refused.error().message.find(named) != std::string::npos);
}

TEST_CASE("message ids have one text each", "[relay]") {
  EventPlace place{LogId{1, 0xab}, Epoch(3), Position(18446744073709551615ull), 4294967295u};
  const std::string text = message_id(place);
  CHECK(text == "01ab0000000000000000000000000000.3.18446744073709551615.4294967295");
  CHECK(parse_message_id(text) == place);
  for (const char* bad :
       {"", ".", "01ab0000000000000000000000000000.3.4", "01ab0000000000000000000000000000.3.4.5.",
        "01ab0000000000000000000000000000.3.4.5.6", "01AB0000000000000000000000000000.3.4.5",
        "01ab0000000000000000000000000000.03.4.5", "01ab0000000000000000000000000000.3.0.5", "01ab.3.4.5",
        "01ab0000000000000000000000000000.3.-4.5", "01ab0000000000000000000000000000.3.4.4294967296"}) {
    INFO(bad);
    CHECK_FALSE(parse_message_id(bad).has_value());
  }
}

TEST_CASE("acknowledgements of the server are understood", "[relay]") {
  const PublishAck plain = parse_publish_ack(R"({"stream":"TILL", "seq":42})");
  CHECK((plain.valid && plain.sequence == 42 && plain.error.empty()));
  const PublishAck twice = parse_publish_ack(R"({"stream":"TI\"}LL","domain":"{","seq":7,"duplicate": true})");
  CHECK((twice.valid && twice.sequence == 7 && twice.error.empty()));
  const PublishAck wrong = parse_publish_ack(
      R"({"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"},"stream":"TILL","seq":0})");
  CHECK((wrong.valid && wrong.error == "wrong last sequence: 5"));
  CHECK_FALSE(parse_publish_ack(R"({"error":{"code":500}})").error.empty());
  for (const char* bad :
       {"", "{}", "null", "{\"seq\":", "{\"seq\":}", "{\"seq\":x}", "{\"seq\":1", "{\"a\":[1,2}", "\x01"}) {
    INFO(bad);
    CHECK_FALSE(parse_publish_ack(bad).valid);
  }
}

TEST_CASE("the relay's checkpoint is read back, or not at all", "[relay]") {
  std::string folder = "/tmp/till-relay-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const RelayCheckpoint saved{{LogId{9}, Epoch(2), Position(77), 3}, 123, 456};
  REQUIRE(save_checkpoint(folder, saved).ok());
  const auto loaded = load_checkpoint(folder);
  REQUIRE(loaded.has_value());
  CHECK(loaded->event == saved.event);
  CHECK(loaded->sequence == 123);
  CHECK(loaded->stream_created_ns == 456);
  const std::string path = folder + "/relay.checkpoint";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  for (std::size_t i = 0; i < text.str().size(); ++i) {
    std::string changed = text.str();
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::ofstream(path, std::ios::trunc) << changed;
    CHECK_FALSE(load_checkpoint(folder).has_value());
    std::ofstream(path, std::ios::trunc) << text.str().substr(0, i);
    CHECK_FALSE(load_checkpoint(folder).has_value());
  }
  std::filesystem::remove_all(folder);
  CHECK_FALSE(load_checkpoint(folder).has_value());
}

TEST_CASE("header values and times are as CloudEvents want them", "[relay]") {
  CHECK(rfc3339(Micros(0)) == "1970-01-01T00:00:00.000000Z");
  CHECK(rfc3339(Micros(1'795'422'930'000'001)) == "2026-11-23T08:35:30.000001Z");
  CHECK(header_value("sale/a-1") == "sale/a-1");
  CHECK(header_value("a b\"%\r\n\xc3\xa9") == "a%20b%22%25%0D%0A%C3%A9");
}

}  // namespace
}  // namespace till
