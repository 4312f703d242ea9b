// The books are a function of the log: folded again into nothing they are the same bytes, on a real year and a made
// one.
#include <catch2/catch.hpp>

#include <filesystem>
#include <future>
#include <iostream>

#include "commands/retail_domain.h"
#include "engine/engine.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "ops/foodmart_converter.h"
#include "ops/trade_generator.h"

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
    request.body = std::make_unique<schema::Command>(keyed.command);
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
