// The analytics export: what its files say, and what becomes of it when the log or its folder is not what it was.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "api/event_json.h"
#include "projections/effects/export_follower.h"
#include "projections/effects/export_verify.h"
#include "projections/effects/gzip.h"
#include "tests/export_fixture.h"

namespace till::export_test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{30};
constexpr unsigned kSeed = 7;

ExportReport verified(ExportWorld& world) {
  Result<ExportReport> report = verify_export(world.log.feed(), world.directory.path());
  REQUIRE(report.ok());
  return std::move(*report);
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_content(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

void flip_byte(const fs::path& path, std::size_t at) {
  std::string content = content_of(path);
  REQUIRE(at < content.size());
  content[at] = static_cast<char>(content[at] ^ 1);
  write_content(path, content);
}

bool tells(const ExportReport& report, const std::string& text) {
  return std::ranges::any_of(report.told, [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

bool reports(ExportFollower& exporter, FollowerState state) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (exporter.status().follower.state != state) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

TEST_CASE("gzip: what was packed comes out, and nothing else passes for it", "[export]") {
  GzipWriter writer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1'000'000}}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 3) text[i] = static_cast<char>('a' + i % 23);
    REQUIRE(writer.begin().ok());
    REQUIRE(writer.add(std::string_view(text).substr(0, size / 2)).ok());
    REQUIRE(writer.add(std::string_view(text).substr(size / 2)).ok());
    const Result<std::string> packed = writer.finish();
    REQUIRE(packed.ok());
    std::string out;
    const auto take = [&](std::string_view piece) { out += piece; };
    REQUIRE(gunzip(*packed, take).ok());
    CHECK(out == text);
    CHECK_FALSE(gunzip(*packed + "x", take).ok());
    CHECK_FALSE(gunzip(packed->substr(0, packed->size() - 1), take).ok());
  }
  CHECK_FALSE(gunzip("", [](std::string_view) {}).ok());
  CHECK_FALSE(gunzip("no gzip", [](std::string_view) {}).ok());
}

TEST_CASE("export: each event is a row of its tenant's file of the business date", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(300);
  const auto view = world.view();
  export_some(*view, world.log.feed());
  require_exported(world, world.log.feed());

  const auto lines = manifest_lines(world.folder());
  std::int64_t next = 1;
  std::uint64_t rows = 0;
  for (const JsonNode& line : lines) {
    CHECK(line["batch_from"].integer() == next);
    next = line["batch_to"].integer() + 1;
    for (const JsonNode& file : line["files"].items()) {
      const std::string path = world.folder() + "/" + std::string(file["file"].text());
      const std::string content = content_of(path);
      CHECK(static_cast<std::size_t>(file["bytes"].integer()) == content.size());
      CHECK(file["sha256"].text() == to_hex(as_bytes(sha256(content))));
      const auto found = lines_of(path);
      CHECK(static_cast<std::size_t>(file["rows"].integer()) == found.size());
      CHECK(JsonNode::parse(found.front())->operator[]("position").integer() == file["first"].integer());
      CHECK(JsonNode::parse(found.back())->operator[]("position").integer() == file["last"].integer());
      rows += found.size();
    }
  }
  CHECK(next == static_cast<std::int64_t>(world.log.head().value()) + 1);
  CHECK(view->counts().rows == rows);
  CHECK(view->counts().batches == lines.size());
  CHECK(view->counts().files == named_files(world.folder()).size());
  const ExportReport report = verified(world);
  CHECK(report.ok());
  CHECK(report.rows == rows);
  CHECK(report.at == world.log.feed().durable());
}

TEST_CASE("export: money is what it is in the API, and bytes stay inside", "[export]") {
  ExportWorld world(kSeed);
  world.log.feed().append("acme", [](TransactionBuilder& builder) {
    builder.record().set_business_date(20261123);
    schema::Event event;
    event.mutable_sale_completed()->set_fingerprint("hidden");
    event.mutable_sale_completed()->set_total(1999);
    schema::GiftCardSale& card = *event.mutable_sale_completed()->add_gift_cards();
    card.set_gift_card_id("g1");
    card.mutable_amount()->set_amount(2500);
    card.mutable_amount()->set_currency("USD");
    FakeFeed::add_event(builder, kSaleKind, "a \"b\"\\\n", 1, event);
  });
  export_some(*world.view(), world.log.feed());
  const std::set<std::string> files = named_files(world.folder());
  REQUIRE(files.size() == 1);
  CHECK(*files.begin() == "tenant=acme/date=2026-11-23/00000000000000000001-00000000000000000001-e1.ndjson.gz");
  const auto row = JsonNode::parse(lines_of(world.folder() + "/" + *files.begin()).front());
  REQUIRE(row.ok());
  CHECK((*row)["stream_id"].text() == "a \"b\"\\\n");
  CHECK((*row)["event"].text() == "SaleCompleted");
  CHECK((*row)["data"]["total"].integer() == 1999);
  CHECK((*row)["data"]["gift_cards"].items().at(0)["amount"].json() == R"({"amount":2500,"currency":"USD"})");
  CHECK_FALSE((*row)["data"].has("fingerprint"));
}

TEST_CASE("export: what waits for its batch is exported at stop, and a new start goes on", "[export]") {
  ExportWorld world(kSeed);
  ExportOptions options;
  options.directory = world.directory.path();
  options.interval = std::chrono::hours(1);
  for (int round = 0; round < 3; ++round) {
    ExportFollower exporter(world.log.feed(), world.names, append_event_json, options);
    exporter.start();
    world.log.add(10);
    REQUIRE(exporter.wait_for(world.log.head(), kPatience));
    world.log.add(10);
    exporter.stop();
    CHECK(exporter.status().lag == 0);
    require_exported(world, world.log.feed());
  }
  CHECK(verified(world).ok());
}

TEST_CASE("export: a full batch is not put off", "[export]") {
  ExportWorld world(kSeed);
  ExportOptions options;
  options.directory = world.directory.path();
  options.interval = std::chrono::hours(1);
  options.batch_transactions = 7;
  world.log.add(70);
  ExportFollower exporter(world.log.feed(), world.names, append_event_json, options);
  exporter.start();
  // Nobody waits for a position, so nothing hurries it.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (exporter.status().lag > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(exporter.status().lag == 0);
  CHECK(exporter.status().written.batches == 10);
  exporter.stop();
}

TEST_CASE("export: a folder that is not there is waited for, and not made", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(5);
  ExportOptions options;
  options.directory = world.directory.path() + "/mounted";
  options.retry_most = std::chrono::milliseconds(100);
  ExportFollower exporter(world.log.feed(), world.names, append_event_json, options);
  exporter.start();
  REQUIRE(reports(exporter, FollowerState::kRetrying));
  CHECK_FALSE(exporter.wait_for(Position(1), std::chrono::milliseconds(300)));
  CHECK_FALSE(fs::exists(options.directory));
  fs::create_directory(options.directory);
  CHECK(exporter.wait_for(world.log.head(), kPatience));
  exporter.stop();
}

TEST_CASE("export: a second process waits", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(5);
  const auto first = world.view();
  REQUIRE(first->checkpoint().ok());
  const auto second = world.view();
  const Result<LogPoint> refused = second->checkpoint();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("export: what cannot be exported stops it behind what can", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(20);
  const Position good = world.log.head();
  const bool odd_tenant = GENERATE(false, true);
  world.log.feed().append(odd_tenant ? "../up" : "acme", [&](TransactionBuilder& builder) {
    schema::Event event;
    event.mutable_stock_issued()->set_sku("a");
    FakeFeed::add_event(builder, odd_tenant ? kStockKind : 4711u, "s", 1, event);
  });
  world.log.add(20);
  ExportOptions options;
  options.directory = world.directory.path();
  ExportFollower exporter(world.log.feed(), world.names, append_event_json, options);
  exporter.start();
  REQUIRE(reports(exporter, FollowerState::kStopped));
  const FollowerStatus status = exporter.status().follower;
  CHECK(status.at.position == good);
  CHECK(status.error.find("position " + std::to_string(good.value() + 1)) != std::string::npos);
  exporter.stop();
  CHECK(rows_of(world.folder(), named_files(world.folder())) == expected_rows(world.log.feed(), good));
}

TEST_CASE("export: the last line of the manifest may be torn or damaged", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  const fs::path manifest = fs::path(world.folder()) / "manifest.ndjson";
  const std::string whole = content_of(manifest);
  const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;

  SECTION("its end is missing") {
    fs::resize_file(manifest, last_line + (whole.size() - last_line) / 2);
  }
  SECTION("its line end is missing") {
    fs::resize_file(manifest, whole.size() - 1);
  }
  SECTION("a byte of it is another") {
    flip_byte(manifest, last_line + 20);
  }
  SECTION("something stands behind it") {
    write_content(manifest, whole + std::string(100, '\0'));
  }
  SECTION("it is gone") {
    fs::resize_file(manifest, last_line);
  }
  SECTION("there is no manifest") {
    fs::remove(manifest);
  }
  SECTION("there is nothing in it") {
    fs::resize_file(manifest, 0);
  }

  const bool shortened = fs::exists(manifest) && fs::file_size(manifest) == last_line;
  const auto view = world.view();
  REQUIRE(view->checkpoint().ok());
  export_some(*view, world.log.feed());
  CHECK(rows_of(world.folder(), named_files(world.folder())) == expected_rows(world.log.feed(), world.log.head()));
  // Whoever takes some whole lines away leaves no trace of it; all else is put in order.
  if (!shortened) {
    CHECK(files_below(world.folder()) == named_files(world.folder()));
    CHECK(verified(world).ok());
  }
}

TEST_CASE("export: damage before the last line stops it", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  const fs::path manifest = fs::path(world.folder()) / "manifest.ndjson";
  const std::string whole = content_of(manifest);
  const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
  flip_byte(manifest, last_line - 20);
  // Where the last line is sound the export goes on, and the proof tells.
  REQUIRE(world.view()->checkpoint().ok());
  CHECK(tells(verified(world), "is damaged at byte"));
  fs::resize_file(manifest, whole.size() - 5);
  const auto before = files_below(world.folder());
  const Result<LogPoint> refused = world.view()->checkpoint();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK(files_below(world.folder()) == before);
}

TEST_CASE("export: a file that was moved away is not made again, and the proof tells", "[export]") {
  ExportWorld world(kSeed);
  world.log.add(100);
  export_some(*world.view(), world.log.feed());
  const auto files = named_files(world.folder());
  const std::vector<std::string> some(files.begin(), files.end());
  REQUIRE(some.size() > 4);
  fs::remove(world.folder() + "/" + some[0]);
  flip_byte(world.folder() + "/" + some[1], 30);
  fs::resize_file(world.folder() + "/" + some[2], 5);
  const fs::path stray =
      fs::path(world.folder()) / export_file_path({"acme", "2026-11-23"}, Position(1), Position(2), Epoch(9));
  fs::create_directories(stray.parent_path());
  write_content(stray, "stray");
  const ExportReport report = verified(world);
  CHECK(report.faults == 4);
  CHECK(tells(report, some[0] + " is missing"));
  CHECK(tells(report, some[1] + " has another content"));
  CHECK(tells(report, some[2] + " has another size"));
  CHECK(tells(report, "1 files are there that the manifest does not name"));

  world.log.add(10);
  export_some(*world.view(), world.log.feed());
  CHECK_FALSE(fs::exists(world.folder() + "/" + some[0]));
  CHECK(manifest_lines(world.folder()).back()["batch_to"].integer() ==
        static_cast<std::int64_t>(world.log.head().value()));
}

}  // namespace till::export_test
