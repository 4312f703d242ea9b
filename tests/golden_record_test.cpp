// The record as the first version wrote it: the worked example of engine/LOG_FORMAT.md, byte for byte.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "commands/retail_domain.h"
#include "engine/control_record.h"
#include "engine/transaction.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

LogId example_log_id() {
  LogId log_id;
  for (std::size_t i = 0; i < log_id.size(); ++i) log_id[i] = static_cast<std::uint8_t>(i);
  return log_id;
}

ChainedRecord first_record() {
  LogPoint genesis;
  genesis.log_id = example_log_id();
  genesis.hash = genesis_chain(genesis.log_id);
  schema::Control control;
  control.mutable_log_created()->set_oldest_reader_version(1);
  return make_control_record(genesis, Epoch(1), Micros(1'764'000'000'000'000), control);
}

std::string second_record(const ChainedRecord& first) {
  TransactionBuilder builder;
  schema::Record& record = builder.record();
  record.set_version(1);
  record.set_log_id(std::string(as_bytes(example_log_id())));
  record.set_epoch(1);
  record.set_position(2);
  record.set_tenant("acme");
  record.set_tenant_seq(1);
  record.set_prev_tenant_hash(std::string(as_bytes(kZeroHash)));
  record.set_recorded_at_us(1'764'000'000'000'001);
  record.set_command_id("k1");
  record.set_fingerprint(std::string(16, '\x11'));
  record.set_command("UpsertStore");
  record.set_actor("key-1");
  auto* const event = google::protobuf::Arena::CreateMessage<schema::Event>(&builder.arena());
  event->mutable_store_upserted()->set_store_id("s1");
  event->mutable_store_upserted()->set_name("One");
  schema::RecordedEvent& header = builder.add_event(*event);
  header.set_type(schema::Event::kStoreUpserted);
  header.set_stream_kind(schema::STORE);
  header.set_stream_id("s1");
  header.set_stream_version(1);
  record.set_answer(std::string("\x0a\x02s1", 4));
  std::string stored;
  builder.finish(first.point.hash, stored);
  return stored;
}

// The hexadecimal lines of the document's block under `title`, joined.
std::string documented(const std::string& title) {
  std::ifstream file(std::string(TILL_SOURCE_DIR) + "/engine/LOG_FORMAT.md");
  std::string line;
  std::string hex;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "    # " + title) {
      inside = true;
    } else if (inside && line.rfind("    ", 0) == 0 && line.rfind("    #", 0) != 0) {
      hex += line.substr(4);
    } else if (inside) {
      break;
    }
  }
  return hex;
}

TEST_CASE("golden: the worked example of the log format", "[golden]") {
  const ChainedRecord first = first_record();
  const std::string second = second_record(first);
  CHECK(to_hex(first.stored.bytes) == documented("position 1"));
  CHECK(to_hex(second) == documented("position 2"));
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  const Result<TransactionPtr> decoded = Transaction::decode(second, domain);
  REQUIRE(decoded.ok());
  CHECK(static_cast<const schema::Event&>(decoded.value()->event(0)).store_upserted().name() == "One");
  CHECK(check_record(second, first.point, nullptr).value() == decoded.value()->point());
}

TEST_CASE("a changed byte of a record breaks its chain, an unknown event is an error") {
  const ChainedRecord first = first_record();
  std::string second = second_record(first);
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  for (std::size_t i = 0; i < second.size(); ++i) {
    second[i] = static_cast<char>(second[i] ^ 1);
    CHECK_FALSE(check_record(second, first.point, nullptr).ok());
    second[i] = static_cast<char>(second[i] ^ 1);
  }
  schema::Record record;
  REQUIRE(record.ParseFromString(second.substr(kStoredPrefix)));
  record.mutable_events(0)->set_type(4000);
  const std::string unknown = second.substr(0, kStoredPrefix) + record.SerializeAsString();
  CHECK(Transaction::decode(unknown, domain).error().kind == ErrorKind::kInvalid);
}

}  // namespace
}  // namespace till
