// The books are a function of the log: folded again into nothing they are the same bytes, on a real year and a made
// one.
#include <catch2/catch.hpp>

#include <filesystem>
#include <future>
#include <iostream>

#include "commands/retail_domain.h"
#include "engine/control_record.h"
#include "engine/engine.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "engine/recovery.h"
#include "engine/transaction.h"
#include "ops/foodmart_converter.h"
#include "ops/trade_generator.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

constexpr std::size_t kBatchCommands = 500;

struct Books {
  std::string bytes;
  std::uint64_t folded = 0;
};

class Shop {
 public:
  Shop() : domain_(ZoneTables{{"UTC", {}}}) { open(); }

  void add(const KeyedCommand& keyed) {
    CommandRequest request;
    request.tenant = "chain";
    request.key = keyed.idempotency_key;
    auto command = std::make_unique<schema::Command>(keyed.command);
    if (command->has_set_employee_pin()) {  // the rules see a hash in its place
      command->mutable_set_employee_pin()->set_pin_hash("hash of " + command->set_employee_pin().pin());
      command->mutable_set_employee_pin()->clear_pin();
    }
    request.body = std::move(command);
    batch_.push_back(std::move(request));
    if (batch_.size() == kBatchCommands) flush();
  }

  void flush() {
    if (batch_.empty()) return;
    std::promise<std::vector<Outcome>> promise;
    engine_->submit(std::move(batch_),
                    [&](std::vector<Outcome>&& outcomes) { promise.set_value(std::move(outcomes)); });
    batch_.clear();
    for (const Outcome& outcome : promise.get_future().get()) {
      INFO(outcome.rejection.code << " " << outcome.rejection.detail);
      REQUIRE(outcome.kind == OutcomeKind::kAccepted);
    }
  }

  Books books() {
    engine_->stop();
    Books books;
    books.folded = engine_->stats().recovered_transactions;
    REQUIRE(
        store_.dump([&](std::string_view key, std::string_view image) { books.bytes.append(key).append(image); }).ok());
    return books;
  }

  Books fold_from_empty() {
    engine_.reset();
    REQUIRE(store_.reset(domain_.fold_version() + 1).ok());
    open();
    return books();
  }

  std::uint64_t head() const { return log_.head().position.value(); }

 private:
  void open() {
    EngineOptions options;
    options.books_bytes = 8u << 20;  // far less than the year takes, so that entities come and go
    Result<std::unique_ptr<Engine>> opened = Engine::open(log_, store_, domain_, options);
    REQUIRE(opened.ok());
    engine_ = std::move(*opened);
  }

  const RetailDomain domain_;
  MemoryLog log_{LogId{1}};
  MemoryBooksStore store_;
  std::unique_ptr<Engine> engine_;
  std::vector<CommandRequest> batch_;
};

void check_folds(Shop& shop) {
  shop.flush();
  const Books live = shop.books();
  CHECK(live.bytes.size() > 100'000);
  for (int turn = 0; turn < 2; ++turn) {
    const Books folded = shop.fold_from_empty();
    CHECK(folded.folded == shop.head());
    CHECK((folded.bytes == live.bytes));
  }
}

// A record with one event, its chain good.
void append_record(const std::string& tenant, std::uint32_t kind, std::uint64_t stream_version, MemoryLog& log) {
  TransactionBuilder builder;
  schema::Record& record = builder.record();
  record.set_version(kRecordVersion);
  record.set_log_id(std::string(as_bytes(log.id())));
  record.set_epoch(1);
  record.set_position(2);
  record.set_tenant(tenant);
  record.set_tenant_seq(1);
  auto* const event = google::protobuf::Arena::CreateMessage<schema::Event>(&builder.arena());
  event->mutable_store_upserted()->set_store_id("s1");
  schema::RecordedEvent& header = builder.add_event(*event);
  header.set_type(schema::Event::kStoreUpserted);
  header.set_stream_kind(kind);
  header.set_stream_id("s1");
  header.set_stream_version(stream_version);
  StoredRecord stored;
  stored.position = Position(2);
  const LogPoint point = builder.finish(log.head().hash, stored.bytes)->point();
  REQUIRE(log.append(std::span(&stored, 1), point).ok());
}

TEST_CASE("a record that no sequencer made is refused at the start by its position", "[fold]") {
  struct Row {
    std::string tenant;
    std::uint32_t kind;
    std::uint64_t stream_version;
    std::string_view trouble;  // empty: it is taken
  };
  const Row rows[] = {{"chain", schema::STORE, 1, ""},
                      {"chain", schema::STORE, 2, "leaves a gap in its stream"},
                      {"chain", 999, 1, "stands on a stream of no known kind"},
                      {"chain", schema::STORE + (1u << 16), 1, "stands on a stream of no known kind"},
                      {"chain", schema::TENANT_CHAIN, 1, "stands on a stream of no known kind"},
                      {std::string("a\0b", 3), schema::STORE, 1, "belongs to no tenant"}};
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  for (const Row& row : rows) {
    CAPTURE(row.kind, row.stream_version);
    MemoryLog log(LogId{1});
    append_record(row.tenant, row.kind, row.stream_version, log);
    MemoryBooksStore store;
    till::Books books(domain, 1u << 20);
    const auto recovered = recover_books(log, domain, 10, store, books, {});
    REQUIRE(recovered.ok() == row.trouble.empty());
    if (recovered.ok()) continue;
    CHECK(recovered.error().kind == ErrorKind::kCorrupt);
    CHECK(recovered.error().message == "log: event 0 at position 2 " + std::string(row.trouble));
  }
}

TEST_CASE("books of a generated year, folded twice from empty, are the same bytes", "[fold]") {
  Shop shop;
  const std::uint64_t seed = 20261123;
  INFO("seed " << seed);
  generate_year(seed, 5, 2000, [&](const KeyedCommand& keyed) { shop.add(keyed); });
  check_folds(shop);
}

TEST_CASE("books of FoodMart's year, folded twice from empty, are the same bytes", "[fold][foodmart]") {
  const std::string directory = std::string(TILL_SOURCE_DIR) + "/../shared/data/foodmart";
  if (!std::filesystem::exists(directory)) {
    std::cout << "skipped: data not found at ../shared/data/foodmart\n";
    return;
  }
  Result<FoodmartData> data = read_foodmart(directory);
  REQUIRE(data.ok());
  Shop shop;
  REQUIRE(convert_foodmart(*data, [&](const KeyedCommand& keyed) { shop.add(keyed); }).ok());
  check_folds(shop);
}

}  // namespace
}  // namespace till
