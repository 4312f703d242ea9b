// Records as they come from a disk: decoded, written again, put into a log as well-formed as it can be made, proved and
// folded by the retail rules. Whatever they hold, they are refused with a sentence or folded, and always to the same
// books.
#include <string>
#include <utility>
#include <vector>

#include "api/json_node.h"
#include "api/log_verifier.h"
#include "api/operator_log.h"
#include "commands/retail_domain.h"
#include "engine/books.h"
#include "engine/control_record.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "engine/recovery.h"
#include "engine/transaction.h"
#include "tests/fuzz/record_text.h"
#include "tests/fuzz/request_text.h"
#include "tests/memory_books.h"

namespace till::fuzz {
namespace {

constexpr std::size_t kRecordsMost = 16;
constexpr std::size_t kBooksBytes = 64u << 20;
constexpr std::size_t kBatchTransactions = 2;

const Domain& domain() {
  static const RetailDomain instance(testing::test_zones());
  return instance;
}

// Made once: its hints are large.
Books& books() {
  static Books* const instance = new Books(domain(), kBooksBytes);
  return *instance;
}

// The same record and events again, behind `before`.
StoredRecord write_behind(const Transaction& transaction, const LogPoint& before, LogPoint& point) {
  TransactionBuilder builder;
  schema::Record header = transaction.record();
  header.clear_events();
  builder.record() = header;
  for (int i = 0; i < transaction.event_count(); ++i) {
    auto* const event = domain().new_event(&builder.arena());
    event->CopyFrom(transaction.event(i));
    schema::RecordedEvent& written = builder.add_event(*event);
    const std::string payload = written.payload();
    written = transaction.record().events(i);
    written.set_payload(payload);
  }
  builder.record().set_version(kRecordVersion);
  builder.record().set_log_id(std::string(as_bytes(before.log_id)));
  builder.record().set_epoch(before.epoch.value());
  builder.record().set_position(before.position.next().value());
  StoredRecord stored;
  stored.position = before.position.next();
  point = builder.finish(before.hash, stored.bytes)->point();
  return stored;
}

// What this program writes, it reads, and writes to the same bytes.
void check_written(const StoredRecord& stored, const LogPoint& before, const LogPoint& point) {
  const auto checked = check_record(stored.bytes, before, nullptr);
  TILL_ASSERT(checked.ok() && checked.value() == point);
  const auto decoded = Transaction::decode(stored.bytes, domain());
  TILL_ASSERT(decoded.ok() && decoded.value()->point() == point);
  LogPoint again;
  TILL_ASSERT(write_behind(*decoded.value(), before, again).bytes == stored.bytes && again == point);
}

// The books after a start from the log, or why it was refused.
std::pair<Status, std::string> folded(const MemoryLog& log) {
  MemoryBooksStore store;
  books().clear();
  const auto recovered = recover_books(log, domain(), kBatchTransactions, store, books(), {});
  if (!recovered.ok()) {
    TILL_ASSERT(recovered.error().kind == ErrorKind::kCorrupt && !recovered.error().message.empty());
    return {recovered.error(), recovered.error().message};
  }
  std::string images;
  TILL_ASSERT(store
                  .dump([&images](std::string_view key, std::string_view image) {
                    (images += key) += '\n';
                    (images += image) += '\n';
                  })
                  .ok());
  return {Status(), images};
}

void check_log(const MemoryLog& log) {
  const auto once = folded(log);
  TILL_ASSERT(folded(log).second == once.second);
  const LogVerification verification = verify_log(log, domain());
  TILL_ASSERT(verification.result.ok() || verification.result.error().kind == ErrorKind::kCorrupt);
}

void check_stored(std::string_view stored, MemoryLog& log) {
  const auto claimed = claimed_point(stored);
  (void)check_record(stored, log.head(), nullptr);
  const auto decoded = Transaction::decode(stored, domain());
  if (!decoded.ok()) {
    TILL_ASSERT(!decoded.error().message.empty());
    return;
  }
  TILL_ASSERT(JsonNode::parse(record_json(*decoded.value(), domain())).ok());
  TILL_ASSERT(!claimed.ok() || claimed.value() == decoded.value()->point());
  const LogPoint before = log.head();
  LogPoint point;
  const StoredRecord written = write_behind(*decoded.value(), before, point);
  check_written(written, before, point);
  TILL_ASSERT(log.append(std::span(&written, 1), point).ok());
}

}  // namespace
}  // namespace till::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = till::fuzz::split_records(till::fuzz::text_of(data, size));
  till::MemoryLog log(till::LogId{});
  const till::Position created = log.head().position;
  for (const std::string_view stored : std::span(records).first(std::min(records.size(), till::fuzz::kRecordsMost))) {
    till::fuzz::check_stored(stored, log);
  }
  if (log.head().position != created) till::fuzz::check_log(log);
  return 0;
}
