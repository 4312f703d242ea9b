#include "ops/demo_tenant.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "api/json_node.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "ops/batch_sender.h"
#include "ops/operator_client.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

constexpr std::string_view kTenant = "demo";
constexpr std::string_view kStore = "store-1";
constexpr std::string_view kTerminal = "till-1";
constexpr std::size_t kSalesOfTheDay = 600;
constexpr std::int64_t kDayUs = 86'400'000'000;

// The tenant with how far its making has come.
struct DemoFile {
  DemoTenant demo;
  std::int32_t trading_day = 0;  // yyyymmdd, chosen once so that a second attempt replays the first
  bool traded = false;
};

std::string path_of(const std::string& data) {
  return data + "/demo-keys.json";
}

Result<DemoFile> read_demo(const std::string& data) {
  auto content = read_file(path_of(data));
  if (!content) return content.error();
  auto root = JsonNode::parse(*content);
  if (!root) return root.error();
  const auto& keys = (*root)["keys"];
  const auto text = [](const JsonNode& node) { return std::string(node.text()); };
  return DemoFile{{text((*root)["tenant"]), text((*root)["store_id"]), text((*root)["terminal_id"]),
                   text(keys["terminal"]), text(keys["manager"]), text(keys["reporting"]), text(keys["admin"])},
                  static_cast<std::int32_t>((*root)["trading_day"].integer()),
                  (*root)["traded"].boolean()};
}

Status write_demo(const std::string& data, const DemoFile& file) {
  std::string text;
  JsonWriter json(text);
  const DemoTenant& demo = file.demo;
  json.begin_object().member("tenant", demo.tenant).member("store_id", demo.store_id);
  json.member("terminal_id", demo.terminal_id).object("keys").member("terminal", demo.terminal_key);
  json.member("manager", demo.manager_key).member("reporting", demo.reporting_key);
  json.member("admin", demo.admin_key).end_object();
  json.key("trading_day").number(std::int64_t{file.trading_day}).key("traded").boolean(file.traded).end_object();
  return replace_file(path_of(data), text + "\n", 0600);
}

Result<std::string> make_key(OperatorClient& client, std::string_view scope, std::string_view terminal) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("tenant", kTenant).member("scope", scope);
  if (!terminal.empty()) json.member("terminal", terminal);
  json.end_object();
  auto answer = ask_operator(client, "POST", "/operator/keys", body);
  if (!answer) return answer.error();
  return std::string((*answer)["key"].text());
}

bool tenant_exists(OperatorClient& client) {
  const auto tenants = ask_operator(client, "GET", "/operator/tenants");
  if (!tenants) return false;
  for (const auto& tenant : tenants.value()["tenants"].items()) {
    if (tenant.text() == kTenant) return true;
  }
  return false;
}

Result<DemoFile> make_tenant(const std::string& data) {
  auto client = connect_operator(data);
  if (!client) return client.error();
  if (!tenant_exists(**client)) {
    std::string body;
    JsonWriter(body).begin_object().member("tenant", kTenant).member("name", "Demo chain").end_object();
    auto made = ask_operator(**client, "POST", "/operator/tenants", body);
    if (!made) return made.error();
  }
  DemoFile file;
  file.demo.tenant = kTenant;
  file.demo.store_id = kStore;
  file.demo.terminal_id = kTerminal;
  const std::array<std::pair<std::string_view, std::string*>, 4> wanted = {{{"terminal", &file.demo.terminal_key},
                                                                            {"manager", &file.demo.manager_key},
                                                                            {"reporting", &file.demo.reporting_key},
                                                                            {"admin", &file.demo.admin_key}}};
  for (const auto& [scope, key] : wanted) {
    auto made = make_key(**client, scope, scope == "terminal" ? kTerminal : std::string_view());
    if (!made) return made.error();
    *key = std::move(*made);
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  file.trading_day = date_of(std::chrono::duration_cast<std::chrono::microseconds>(now).count() - kDayUs);
  const auto written = write_demo(data, file);
  if (!written) return written.error();
  return file;
}

Status trade(const DemoFile& file, const std::string& url) {
  BatchSenderOptions options;
  options.url = url;
  options.key = file.demo.admin_key;
  auto sender = BatchSender::open(options);
  if (!sender) return sender.error();
  std::string rejection;
  sender->on_answer([&rejection](std::string_view, unsigned status, const JsonNode& body) {
    if (status >= 400 && rejection.empty()) rejection = problem_sentence(body);
  });
  TradeGenerator generator{TradeShape{}};
  CommandStream stream(*sender);
  const auto sink = stream.sink();
  generator.make_setup(sink);
  KeyedCommand terminal;
  terminal.idempotency_key = "setup." + std::string(kTerminal);
  auto& registration = *terminal.command.mutable_register_terminal();
  registration.set_store_id(std::string(kStore));
  registration.set_terminal_id(std::string(kTerminal));
  registration.set_name("Yours to ring up on");
  sink(terminal);
  generator.make_day(file.trading_day, kSalesOfTheDay, sink);
  const auto sent = stream.finish();
  if (!sent) return sent;
  if (!rejection.empty()) return Error{ErrorKind::kInvalid, "the demo's trade was refused: " + rejection};
  return {};
}

}  // namespace

Result<DemoTenant> prepare_demo_tenant(const std::string& data, const std::string& url) {
  auto file = read_demo(data);
  if (!file && file.error().kind == ErrorKind::kNotFound) file = make_tenant(data);
  if (!file) return file.error();
  if (!file->traded) {
    const auto traded = trade(*file, url);
    if (!traded) return traded.error();
    file->traded = true;
    const auto written = write_demo(data, *file);
    if (!written) return written.error();
  }
  return file->demo;
}

}  // namespace till
