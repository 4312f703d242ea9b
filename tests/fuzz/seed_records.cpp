#include <fstream>

#include "engine/control_record.h"
#include "engine/transaction.h"
#include "schemas/state.pb.h"
#include "tests/fuzz/record_text.h"
#include "tests/fuzz/seeds.h"
#include "tests/memory_books.h"

namespace till::fuzz {
namespace {

constexpr std::size_t kRecordsMost = 8;

// The chain value does not count: the target sets it.
std::string stored_form(const schema::Record& record) {
  std::string stored(kStoredPrefix, '\0');
  stored[0] = kStoredFormat;
  return stored + record.SerializeAsString();
}

// What the engine adds to a record beside its events.
void complete(std::vector<schema::Record>& log) {
  std::map<testing::EntityKey, std::uint64_t> versions;
  for (schema::Record& record : log) {
    record.set_version(kRecordVersion);
    record.set_log_id(std::string(LogId().size(), '\0'));
    record.set_epoch(1);
    record.set_tenant_seq(record.position());
    record.set_command_id("k" + std::to_string(record.position()));
    for (schema::RecordedEvent& event : *record.mutable_events()) {
      const testing::EntityKey stream{static_cast<std::uint16_t>(event.stream_kind()), event.stream_id()};
      event.set_stream_version(++versions[stream]);
    }
  }
}

std::string log_of(const testing::Scenario& scenario) {
  testing::MemoryTill till;
  for (const testing::TimedCommand& given : scenario.given) {
    till.set_now(given.at_us);
    till.send(given.command);
  }
  till.set_now(scenario.when.at_us);
  till.send(scenario.when.command);
  std::vector<schema::Record> log = till.log();
  complete(log);
  std::string input;
  // The last records are those that the scenario is about, but they stand on the first.
  if (log.size() > kRecordsMost) log.resize(kRecordsMost);
  for (const schema::Record& record : log) append_record(stored_form(record), input);
  return input;
}

std::string golden_bytes(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string bytes;
  for (std::string line; in >> line;) {
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

std::string record_of(const std::string& event_bytes) {
  schema::Event fact;
  fact.ParseFromString(event_bytes);
  schema::Record record;
  record.set_tenant("demo");
  record.set_position(1);
  schema::RecordedEvent& event = *record.add_events();
  event.set_type(static_cast<std::uint32_t>(fact.event_case()));
  event.set_stream_kind(schema::SALE);
  event.set_stream_id("1");
  event.set_payload(event_bytes);
  std::vector<schema::Record> log{record};
  complete(log);
  std::string input;
  append_record(stored_form(log.front()), input);
  return input;
}

}  // namespace

void add_record_seeds(const std::vector<testing::Scenario>& scenarios, const std::filesystem::path& golden,
                      Seeds& seeds) {
  for (const testing::Scenario& scenario : scenarios) seeds["record"].push_back(log_of(scenario));
  for (const auto& entry : std::filesystem::directory_iterator(golden)) {
    seeds["record"].push_back(record_of(golden_bytes(entry.path())));
  }
}

}  // namespace till::fuzz
