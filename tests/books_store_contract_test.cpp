// One contract, every store of the books.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/memory_books_store.h"
#include "engine/rocks_books_store.h"
#include "schemas/record.pb.h"
#include "schemas/state.pb.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

constexpr EntityKind kStock{schema::STOCK};
constexpr EntityKind kSale{schema::SALE};

LogPoint cut_at(std::uint64_t position) {
  LogPoint cut;
  cut.log_id[0] = 9;
  cut.epoch = Epoch(1);
  cut.position = Position(position);
  cut.hash[31] = static_cast<std::uint8_t>(position);
  return cut;
}

std::string image_of(std::uint64_t version, std::string state) {
  schema::Image image;
  image.set_version(version);
  image.set_position(version);
  image.set_state(std::move(state));
  return image.SerializeAsString();
}

BooksBatch batch_at(std::uint64_t position, std::vector<std::pair<std::string, std::string>> images) {
  BooksBatch batch;
  batch.images = std::move(images);
  batch.cut = cut_at(position);
  return batch;
}

void check_contract(BooksStore& store) {
  SECTION("an empty store stands at position 0") {
    CHECK(store.cut().value().position == Position());
    REQUIRE(store.reset(3).ok());
    CHECK(store.fold_version().value() == 3);
    CHECK(store.cut().value().position == Position());
  }
  SECTION("a batch is visible at once, whole, with its cut; the newest image wins") {
    REQUIRE(store.reset(1).ok());
    const std::string apple = books_key("acme", kStock, "s1/apple");
    const std::string pear = books_key("acme", kStock, "s1/pear");
    REQUIRE(store.write(batch_at(5, {{apple, image_of(1, "a")}, {pear, image_of(1, "p")}})).ok());
    REQUIRE(store.write(batch_at(9, {{apple, image_of(2, "b")}})).ok());
    CHECK(store.cut().value() == cut_at(9));
    std::vector<std::optional<std::string>> images;
    const std::vector<std::string> keys{pear, books_key("acme", kStock, "s1/none"), apple};
    REQUIRE(store.load(keys, images).ok());
    CHECK(images[0] == image_of(1, "p"));
    CHECK_FALSE(images[1].has_value());
    CHECK(images[2] == image_of(2, "b"));
  }
  SECTION("a scan finds one kind of every tenant, tenants that are prefixes of others included") {
    REQUIRE(store.reset(1).ok());
    std::vector<std::pair<std::string, std::string>> images;
    for (const std::string tenant : {"a", "aa", "a-b", "b"}) {
      images.emplace_back(books_key(tenant, kStock, "x"), image_of(1, tenant));
      images.emplace_back(books_key(tenant, kSale, "y"), image_of(1, "sale"));
    }
    REQUIRE(store.write(batch_at(2, images)).ok());
    std::vector<std::string> found;
    REQUIRE(store
                .scan(kStock,
                      [&](std::string_view key, std::string_view) { found.emplace_back(split_books_key(key).tenant); })
                .ok());
    CHECK(found == std::vector<std::string>{"a", "a-b", "aa", "b"});
    std::size_t all = 0;
    REQUIRE(store.dump([&](std::string_view, std::string_view) { ++all; }).ok());
    CHECK(all == 8);
  }
  SECTION("a reset forgets everything") {
    REQUIRE(store.reset(1).ok());
    REQUIRE(store.write(batch_at(5, {{books_key("acme", kStock, "x"), image_of(1, "a")}})).ok());
    REQUIRE(store.reset(2).ok());
    std::size_t all = 0;
    REQUIRE(store.dump([&](std::string_view, std::string_view) { ++all; }).ok());
    CHECK(all == 0);
    CHECK(store.cut().value().position == Position());
  }
}

std::unique_ptr<BooksStore> open(const std::string& directory, RocksBooksStoreOptions options = {}) {
  options.directory = directory;
  Result<std::unique_ptr<BooksStore>> store = open_rocks_books_store(options);
  REQUIRE(store.ok());
  return std::move(*store);
}

TEST_CASE("books' store contract: memory") {
  MemoryBooksStore store;
  check_contract(store);
}

TEST_CASE("books' store contract: RocksDB") {
  const TemporaryDirectory directory;
  check_contract(*open(directory.path()));
}

TEST_CASE("what a crash leaves of the books on disk is some whole batch") {
  const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/copy";
  {
    const auto store = open(directory.path() + "/books");
    REQUIRE(store->reset(4).ok());
    for (std::uint64_t i = 1; i <= 20; ++i) {
      const std::string count = std::to_string(i);
      REQUIRE(store
                  ->write(batch_at(i, {{books_key("t", kStock, "a"), image_of(i, count)},
                                       {books_key("t", kStock, "b"), image_of(i, count)}}))
                  .ok());
      if (i == 12) REQUIRE(store->make_durable(true).ok());
    }
    std::filesystem::copy(directory.path() + "/books", copy, std::filesystem::copy_options::recursive);
  }
  const auto store = open(copy);
  const LogPoint cut = store->cut().value();
  CHECK(cut.position >= Position(12));
  CHECK(store->fold_version().value() == 4);
  std::vector<std::optional<std::string>> images;
  const std::vector<std::string> keys{books_key("t", kStock, "a"), books_key("t", kStock, "b")};
  REQUIRE(store->load(keys, images).ok());
  CHECK(images[0] == image_of(cut.position.value(), std::to_string(cut.position.value())));
  CHECK(images[0] == images[1]);
}

std::ptrdiff_t table_files(const std::string& directory) {
  const std::filesystem::directory_iterator files(directory);
  return std::count_if(begin(files), end(files), [](const auto& file) { return file.path().extension() == ".sst"; });
}

TEST_CASE("what memory does not know of a store of many files is not told") {
  constexpr int kKeys = 10'000;
  constexpr int kFilesOpenedAtOnce = 16;  // by RocksDB, where their number is bounded
  const TemporaryDirectory directory;
  RocksBooksStoreOptions options;
  options.write_buffer_bytes = 64 << 10;
  options.file_bytes = 32 << 10;
  const auto key = [](int i) { return books_key("t", kStock, "s/" + std::to_string(i)); };
  const std::string state(500, 'x');
  {
    const auto store = open(directory.path(), options);
    REQUIRE(store->reset(1).ok());
    for (int i = 0; i < kKeys; i += 100) {
      BooksBatch batch = batch_at(static_cast<std::uint64_t>(i) + 1, {});
      for (int j = i; j < i + 100; ++j) batch.images.emplace_back(key(j), image_of(1, state));
      REQUIRE(store->write(batch).ok());
      REQUIRE(store->make_durable(true).ok());
    }
    for (int i = 0; i < 3000 && table_files(directory.path()) <= 2 * kFilesOpenedAtOnce; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // merging splits them
    }
  }
  REQUIRE(table_files(directory.path()) > 2 * kFilesOpenedAtOnce);
  const auto store = open(directory.path(), options);
  int told = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::vector<std::string> keys{key(i)};
    std::vector<std::optional<std::string>> images;
    const Result<bool> complete = store->load_from_memory(keys, images);
    REQUIRE(complete.ok());
    if (!complete.value()) REQUIRE(store->load(keys, images).ok());
    REQUIRE(images.size() == 1);
    REQUIRE(images[0] == image_of(1, state));
    told += complete.value() ? 1 : 0;
  }
  CHECK(told < kKeys);
}

}  // namespace
}  // namespace till
