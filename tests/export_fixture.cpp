#include "tests/export_fixture.h"

#include <zlib.h>

#include <array>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "api/event_json.h"
#include "projections/relay/event_message.h"
#include "projections/relay/message_id.h"

namespace till::export_test {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::int32_t, 4> kDates{20261122, 20261123, 20261124, 0};

LogId log_of(std::uint8_t number) {
  LogId id{};
  id.fill(number);
  return id;
}

std::string date_of(const schema::Record& record) {
  if (record.business_date() == 0) return rfc3339(Micros(record.recorded_at_us())).substr(0, 10);
  const std::string digits = std::to_string(record.business_date());
  return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6);
}

}  // namespace

ExportLog::ExportLog(unsigned seed, std::uint8_t log_number) : feed_(log_of(log_number)), random_(seed) {}

schema::Event ExportLog::random_event() {
  schema::Event event;
  if (random_() % 3 != 0) {
    event.mutable_stock_issued()->set_sku("sku \"" + std::to_string(random_() % 50) + "\" é\n");
    event.mutable_stock_issued()->set_quantity_e5(static_cast<std::int64_t>(random_() % 1'000'000));
    return event;
  }
  schema::SaleCompleted& sale = *event.mutable_sale_completed();
  sale.set_sale_id("sale-" + std::to_string(version_));
  sale.set_currency("USD");
  sale.set_total(static_cast<std::int64_t>(random_() % 100'000));
  sale.set_fingerprint("secret");
  schema::GiftCardSale& card = *sale.add_gift_cards();
  card.set_gift_card_id("g" + std::to_string(version_));
  card.mutable_amount()->set_amount(2500);
  card.mutable_amount()->set_currency("USD");
  return event;
}

void ExportLog::add(std::size_t transactions) {
  const std::array<std::string, 3> tenants{"acme", "zeta-2", "m"};
  for (std::size_t i = 0; i < transactions; ++i) {
    const std::size_t events = random_() % 5;
    const std::string& tenant = tenants[random_() % tenants.size()];
    feed_.append(events == 0 ? "" : tenant, [&](TransactionBuilder& builder) {
      if (events > 0) builder.record().set_business_date(kDates[random_() % kDates.size()]);
      for (std::size_t e = 0; e < events; ++e) {
        ++version_;
        const schema::Event event = random_event();
        FakeFeed::add_event(builder, event.has_sale_completed() ? kSaleKind : kStockKind,
                            "s/" + std::to_string(version_), version_, event);
      }
    });
  }
}

std::map<std::string, std::string> expected_rows(const FakeFeed& feed, Position end) {
  const NamesOnly names;
  std::map<std::string, std::string> rows;
  for (const TransactionPtr& transaction : feed.all()) {
    const LogPoint at = transaction->point();
    const schema::Record& record = transaction->record();
    if (at.position > end) break;
    for (int i = 0; i < transaction->event_count(); ++i) {
      const schema::RecordedEvent& event = record.events(i);
      const std::string id = message_id({at.log_id, at.epoch, at.position, static_cast<std::uint32_t>(i)});
      std::ostringstream row;
      row << R"({"id":")" << id << R"(","tenant":")" << record.tenant() << R"(","business_date":")" << date_of(record)
          << R"(","epoch":)" << at.epoch.value() << R"(,"position":)" << at.position.value() << R"(,"index":)" << i
          << R"(,"recorded_at":")" << rfc3339(Micros(record.recorded_at_us())) << R"(","stream_kind":")"
          << names.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind()))) << R"(","stream_id":")"
          << event.stream_id() << R"(","version":)" << event.stream_version() << R"(,"event":")"
          << names.event_name(event.type()) << R"(","data":)";
      std::string data;
      append_event_json(transaction->event(i), event.type(), data);
      rows[id] = row.str() + data + "}";
    }
  }
  return rows;
}

std::vector<std::string> lines_of(const fs::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  REQUIRE(gzdirect(file) == 0);
  std::string text;
  std::array<char, 4096> chunk;
  int got = 0;
  while ((got = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  const bool whole = got == 0 && gzclose(file) == Z_OK;
  INFO(path.string());
  REQUIRE(whole);
  REQUIRE((!text.empty() && text.back() == '\n'));
  std::istringstream rest(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(rest, line);) lines.push_back(line);
  return lines;
}

std::set<std::string> files_below(const fs::path& folder) {
  std::set<std::string> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    if (entry.is_regular_file() && name.starts_with("tenant=")) files.insert(name);
  }
  return files;
}

std::vector<JsonNode> manifest_lines(const fs::path& folder) {
  std::ifstream manifest(folder / "manifest.ndjson");
  std::stringstream text;
  text << manifest.rdbuf();
  std::vector<JsonNode> lines;
  for (std::string line; std::getline(text, line);) {
    if (text.eof()) break;  // without a line end: torn
    auto node = JsonNode::parse(line);
    if (node.ok()) lines.push_back(std::move(*node));
  }
  return lines;
}

std::set<std::string> named_files(const fs::path& folder) {
  std::set<std::string> files;
  for (const JsonNode& line : manifest_lines(folder)) {
    for (const JsonNode& file : line["files"].items()) {
      INFO(file.json());
      REQUIRE(files.insert(std::string(file["file"].text())).second);
    }
  }
  return files;
}

std::map<std::string, std::string> rows_of(const fs::path& folder, const std::set<std::string>& files) {
  std::map<std::string, std::string> rows;
  for (const std::string& file : files) {
    for (const std::string& line : lines_of(folder / file)) {
      const auto row = JsonNode::parse(line);
      INFO(file << ": " << line);
      REQUIRE(row.ok());
      REQUIRE(file.starts_with("tenant=" + std::string((*row)["tenant"].text()) +
                               "/date=" + std::string((*row)["business_date"].text()) + "/"));
      REQUIRE(rows.try_emplace(std::string((*row)["id"].text()), line).second);
    }
  }
  return rows;
}

std::unique_ptr<ExportView> ExportWorld::view_of(FakeFeed& feed, ExportDisk& on) {
  return std::make_unique<ExportView>(feed, names, append_event_json, on, directory.path());
}

Status export_all(ExportView& view, FakeFeed& feed, std::mt19937& random, std::size_t most) {
  const Result<LogPoint> begin = view.checkpoint();
  if (!begin.ok()) return begin.error();
  Position at = begin->position;
  std::vector<TransactionPtr> batch;
  while (true) {
    if (Status read = feed.read(at, 1 + random() % most, 1u << 20, batch); !read.ok()) return read;
    if (batch.empty()) return {};
    if (Status applied = view.apply(batch); !applied.ok()) return applied;
    at = batch.back()->position();
  }
}

void export_some(ExportView& view, FakeFeed& feed) {
  std::mt19937 random(7);
  const Status done = export_all(view, feed, random, 10);
  INFO((done.ok() ? std::string() : done.error().message));
  REQUIRE(done.ok());
}

void require_exported(ExportWorld& world, FakeFeed& feed) {
  REQUIRE(rows_of(world.folder(), named_files(world.folder())) == expected_rows(feed, feed.durable().position));
  REQUIRE(files_below(world.folder()) == named_files(world.folder()));
}

}  // namespace till::export_test
