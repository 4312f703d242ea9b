// The small parts behind the subcommands: files, tables, made-up trade.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "api/json_codec.h"
#include "api/json_node.h"
#include "ops/command_line.h"
#include "ops/config.h"
#include "ops/csv_reader.h"
#include "ops/json_log_lines.h"
#include "ops/services.h"
#include "ops/trade_generator.h"
#include "schemas/commands.pb.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

std::string write_file(const TemporaryDirectory& directory, const std::string& name, const std::string& content) {
  const std::string path = directory.path() + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string lines_of(const TradeShape& shape, std::int32_t date, std::size_t sales) {
  std::string lines;
  TradeGenerator generator(shape);
  generator.make_day(date, sales, [&lines](const KeyedCommand& command) {
    append_batch_item(command, lines);
    lines += '\n';
  });
  return lines;
}

TEST_CASE("csv: quotes, doubled quotes, commas and line ends inside a field", "[ops]") {
  const TemporaryDirectory directory;
  const auto path = write_file(directory, "a.csv", "id,text\r\n1,\"a \"\"b\"\", c\nd\"\n2,\n");
  auto reader = CsvReader::open(path);
  REQUIRE(reader.ok());
  const auto text = reader->column("text");
  REQUIRE(text.ok());
  REQUIRE(reader->next());
  CHECK(reader->integer(0) == 1);
  CHECK(reader->field(text.value()) == "a \"b\", c\nd");
  REQUIRE(reader->next());
  CHECK(reader->field(text.value()).empty());
  CHECK_FALSE(reader->next());
  CHECK(reader->status().ok());
  CHECK_FALSE(reader->column("other").ok());
}

TEST_CASE("csv: decimals are exact or refused", "[ops]") {
  const TemporaryDirectory directory;
  const auto path = write_file(directory, "a.csv", "n\n1.5000\n-0.07\n12\n1.23456\nx\n");
  auto reader = CsvReader::open(path);
  REQUIRE(reader.ok());
  for (const std::int64_t expected : {15000, -700, 120000}) {
    REQUIRE(reader->next());
    CHECK(reader->decimal(0, 4) == expected);
  }
  REQUIRE(reader->next());
  CHECK(reader->decimal(0, 4) == 0);
  CHECK_FALSE(reader->status().ok());
  CHECK_FALSE(reader->next());
}

TEST_CASE("csv: a row with too few fields is a fault that names it", "[ops]") {
  const TemporaryDirectory directory;
  auto reader = CsvReader::open(write_file(directory, "a.csv", "a,b\n1,2\n3\n"));
  REQUIRE(reader.ok());
  REQUIRE(reader->next());
  CHECK_FALSE(reader->next());
  REQUIRE_FALSE(reader->status().ok());
  CHECK(reader->status().error().message.find("row 2") != std::string::npos);
}

TEST_CASE("made-up trade is the same for the same seed, another for another", "[ops]") {
  TradeShape shape;
  const auto first = lines_of(shape, 20260105, 200);
  CHECK(first == lines_of(shape, 20260105, 200));
  shape.seed = 2;
  CHECK(first != lines_of(shape, 20260105, 200));
}

TEST_CASE("made-up trade: sequences are dense, tickets add up, totals are those of the tickets", "[ops]") {
  TradeGenerator generator(TradeShape{});
  std::map<std::string, std::uint64_t> sequences;
  std::map<std::string, std::int64_t> totals;
  generator.make_day(20260105, 1000, [&](const KeyedCommand& keyed) {
    if (keyed.command.has_void_sale()) {
      CHECK(totals.erase(keyed.command.void_sale().sale_id()) == 1);
      return;
    }
    const auto& sale = keyed.command.ring_up_sale();
    CHECK(sale.terminal_seq() == ++sequences[sale.terminal_id()]);
    CHECK(date_of(sale.occurred_at_us()) == 20260105);
    std::int64_t paid = -sale.change().amount();
    for (const auto& tender : sale.tenders()) paid += tender.amount().amount();
    CHECK(paid == sale.expected_total().amount());
    totals[sale.sale_id()] = sale.expected_total().amount();
  });
  std::int64_t total = 0;
  for (const auto& [id, amount] : totals) total += amount;
  const auto& sums = generator.totals();
  CHECK(sums.completed == 1000);
  CHECK(sums.completed - sums.voids == sums.all.sales);
  CHECK(sums.all.total == total);
  std::int64_t net = 0;
  for (const auto& [sku, sum] : sums.by_product) net += sum.net;
  CHECK(net == sums.all.net);
}

TEST_CASE("a generated year has the days and baskets asked for", "[ops]") {
  std::size_t sales = 0;
  const auto totals = generate_year(
      7, 5, 2000, [&sales](const KeyedCommand& keyed) { sales += keyed.command.has_ring_up_sale() ? 1 : 0; });
  CHECK(sales == 2000);
  CHECK(totals.by_store.size() == 5);
  CHECK(totals.by_day.size() == 323);
  CHECK(totals.by_day.begin()->first == 19970101);
  CHECK(totals.by_day.rbegin()->first <= 19971230);
}

TEST_CASE("dates and moments convert both ways", "[ops]") {
  CHECK(midnight_us(19700102) == 86'400'000'000);
  for (const std::int32_t date : {19970101, 20240229, 20251231}) CHECK(date_of(midnight_us(date)) == date);
}

TEST_CASE("a line of a command reads back as it was", "[ops]") {
  KeyedCommand keyed;
  keyed.idempotency_key = "k-\"1\"";
  keyed.command.mutable_upsert_store()->set_store_id("s");
  keyed.command.mutable_upsert_store()->set_name("n");
  std::string line;
  append_batch_item(keyed, line);
  const auto node = JsonNode::parse(line);
  REQUIRE(node.ok());
  CHECK(node.value()["idempotency_key"].text() == "k-\"1\"");
  CHECK(node.value()["command"].text() == "UpsertStore");
  CHECK(node.value()["body"]["store_id"].text() == "s");
}

TEST_CASE("json tree: numbers keep their digits, depth is bounded, text survives", "[ops]") {
  const std::string text = R"({"a":[1,-9223372036854775808,1.50],"b":{"c":"x\ny"},"d":true,"e":null})";
  const auto node = JsonNode::parse(text);
  REQUIRE(node.ok());
  CHECK(node.value().json() == text);
  CHECK(node.value()["a"].items()[1].integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(node.value()["a"].items()[2].text() == "1.50");
  CHECK(node.value()["b"]["missing"]["deeper"].text().empty());
  CHECK_FALSE(node.value().has("e"));
  CHECK_FALSE(JsonNode::parse(std::string(100'000, '[')).ok());
  CHECK_FALSE(JsonNode::parse("{} x").ok());
  CHECK_FALSE(JsonNode::parse(std::string_view("{}\0x", 4)).ok());
  CHECK_FALSE(JsonNode::parse(std::string_view("{}\0", 3)).ok());
}

TEST_CASE("services file: what is written is read, an unknown key is refused with its line", "[ops]") {
  const TemporaryDirectory directory;
  ServiceSettings settings;
  settings.mysql.user = "till";
  settings.mysql.password = "p\"a\\s's";
  settings.mysql.port = 3307;
  settings.nats_url = "nats://127.0.0.1:4222";
  settings.nats_accounts_file = "/srv/till/nats/subscribers.conf";
  settings.nats_pid_file = "/srv/till/nats/nats.pid";
  const std::string path = directory.path() + "/services.toml";
  REQUIRE(write_services(path, settings).ok());
  const auto read = read_services(path);
  REQUIRE(read.ok());
  CHECK(read.value().mysql.password == settings.mysql.password);
  CHECK(read.value().mysql.port == 3307);
  CHECK(read.value().nats_url == settings.nats_url);
  CHECK(read.value().nats_accounts_file == settings.nats_accounts_file);
  CHECK(read.value().nats_pid_file == settings.nats_pid_file);
  const auto mode = std::filesystem::status(path).permissions() & std::filesystem::perms::mask;
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto refused = read_services(write_file(directory, "bad.toml", "[nats]\nurl = 'x'\nulr = 'y'\n"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("ulr (line 3)") != std::string::npos);
}

TEST_CASE("configuration: the stream is bounded unless it is told otherwise", "[ops]") {
  const TemporaryDirectory directory;
  const auto defaults = load_config(write_file(directory, "default.toml", default_config()));
  REQUIRE(defaults.ok());
  CHECK(defaults.value().nats_max_age_days == 30);
  CHECK(defaults.value().nats_max_bytes == std::uint64_t{1} << 30);
  const auto set = load_config(write_file(directory, "set.toml", "[nats]\nmax_age_days = 7\nmax_bytes = 0\n"));
  REQUIRE(set.ok());
  CHECK(set.value().nats_max_age_days == 7);
  CHECK(set.value().nats_max_bytes == 0);
  CHECK_FALSE(load_config(write_file(directory, "bad.toml", "[nats]\nmax_age_days = -1\n")).ok());
}

TEST_CASE("configuration: a database is whole, or there is none", "[ops]") {
  const TemporaryDirectory directory;
  const auto load = [&](const std::string& mysql) {
    return load_config(write_file(directory, "till.toml", "[mysql]\n" + mysql));
  };
  CHECK(load("")->services.mysql.user.empty());
  const auto by_host = load("host = 'db.example'\nuser = 'till'\n");
  REQUIRE(by_host.ok());
  CHECK(by_host->services.mysql.host == "db.example");
  CHECK(by_host->services.mysql.port == 3306);
  CHECK(load("user = 'till'\nport = 3307\n")->services.mysql.port == 3307);
  CHECK(load("user = 'till'\n")->services.mysql.host == "127.0.0.1");
  CHECK(load("user = 'till'\nsocket = '/run/mysqld/mysqld.sock'\n")->services.mysql.port == 0);
  for (const char* incomplete : {"host = 'db.example'\n", "port = 3306\n", "socket = '/run/mysqld/mysqld.sock'\n",
                                 "password = 'secret'\n", "analyst_user = 'ann'\n"}) {
    CAPTURE(incomplete);
    const auto refused = load(incomplete);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kInvalid);
    CHECK(refused.error().message.find("mysql.user") != std::string::npos);
  }
  CHECK(load("user = 'till'\nanalyst_password = 'secret'\n").error().message.find("analyst_user") != std::string::npos);
}

TEST_CASE("configuration: text that is no TOML is refused with its line", "[ops]") {
  for (const std::string_view text :
       {"[%http]", "[%http\"]", "[=]", "gr\u00f6sse = 1", "[http]\nport \u00e9= 1", "\xff", "["}) {
    CAPTURE(text);
    const auto refused = parse_config(text, "till.toml");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kInvalid);
    CHECK(refused.error().message.starts_with("till.toml: line "));
  }
  CHECK(parse_config("[mysql]\nuser = \"till\"\npassword = \"gr\u00f6sse\"", "till.toml").ok());
}

TEST_CASE("log lines: what a client's bytes make Protobuf say is for who looks for it", "[ops]") {
  const auto before = spdlog::default_logger();
  REQUIRE(use_json_log_lines("info").ok());
  std::ostringstream lines;
  const auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines));
  spdlog::set_default_logger(logger);
  schema::VoidSale command;
  const std::string bad_utf8 = "\x0a\x01\xff";
  CHECK_FALSE(command.ParseFromString(bad_utf8));
  CHECK(lines.str().empty());
  logger->set_level(spdlog::level::debug);
  CHECK_FALSE(command.ParseFromString(bad_utf8));
  CHECK(lines.str().find("sale_id") != std::string::npos);
  spdlog::set_default_logger(before);
}

TEST_CASE("tables are padded by letters, not bytes", "[ops]") {
  CHECK(format_table({{"A", "B"}, {"\xC3\xA9", "x"}, {"abc", ""}}) == "A    B\n\xC3\xA9    x\nabc  ");
}

}  // namespace
}  // namespace till
