// Writes FOLDER/<target>/<number> and FOLDER/<target>.dict for each target. Usage: fuzz_seeds FOLDER
#include "tests/fuzz/seeds.h"

#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "api/json_codec.h"
#include "api/routes.h"
#include "engine/json_writer.h"
#include "ops/config.h"

namespace till::fuzz {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Message;

constexpr std::size_t kSeedBytesMost = 4096;
constexpr std::size_t kBatchCommands = 3;

// One command as clients send it.
struct Sent {
  const Route* route;
  std::string line;  // "PUT /v1/stores/s1"
  std::string json;
  std::string bytes;
};

std::string path_of(const Route& route, const Message& body) {
  std::string path;
  for (const PathSegment& segment : route.segments) {
    path += '/';
    path += segment.parameter ? body.GetReflection()->GetString(body, segment.field) : segment.text;
  }
  return path;
}

// Every different command of the scenarios that has a route and is short.
std::vector<Sent> commands_of(const std::vector<testing::Scenario>& scenarios) {
  std::vector<Sent> commands;
  std::set<std::string> seen;
  const auto take = [&](const schema::Command& command) {
    const auto* const member = schema::Command::descriptor()->FindFieldByNumber(command.command_case());
    const Route* const route = member == nullptr ? nullptr : route_of_command(member->message_type()->name());
    if (route == nullptr || !seen.insert(command.SerializeAsString()).second) return;
    const Message& body = command.GetReflection()->GetMessage(command, member);
    Sent sent{route, route->method + ' ' + path_of(*route, body), to_json(body), body.SerializeAsString()};
    if (sent.json.size() <= kSeedBytesMost) commands.push_back(std::move(sent));
  };
  for (const testing::Scenario& scenario : scenarios) {
    for (const testing::TimedCommand& given : scenario.given) take(given.command);
    take(scenario.when.command);
  }
  return commands;
}

std::string item_of(const Sent& sent, std::size_t number) {
  std::string item;
  JsonWriter json(item);
  json.begin_object().member("idempotency_key", "k" + std::to_string(number)).member("command", sent.route->name);
  json.key("body").raw(sent.json).end_object();
  return item;
}

void add_command_seeds(const std::vector<Sent>& commands, Seeds& seeds) {
  schema::Batch batch;
  std::string items;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Sent& sent = commands[i];
    seeds["command_json"].push_back(sent.line + '\n' + sent.json);
    seeds["command_protobuf"].push_back(sent.line + '\n' + sent.bytes);
    seeds["apply_line"].push_back(item_of(sent, i));
    schema::BatchItem& item = *batch.add_commands();
    item.set_idempotency_key("k" + std::to_string(i));
    item.set_command(sent.route->name);
    item.set_body(sent.bytes);
    if (!items.empty()) items += ',';
    items += item_of(sent, i);
    if ((i + 1) % kBatchCommands != 0) continue;
    seeds["command_json"].push_back("POST /v1/batch\n{\"commands\":[" + items + "]}");
    seeds["command_protobuf"].push_back("POST /v1/batch\n" + batch.SerializeAsString());
    items.clear();
    batch.Clear();
  }
}

// The first byte says in which pieces the request arrives.
void add_http_seeds(const std::vector<Sent>& commands, Seeds& seeds) {
  std::vector<std::string>& requests = seeds["http_request"];
  const std::string fields = " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\n";
  std::string all = "\x08";
  for (const Route& route : all_routes()) {
    if (route.kind == RouteKind::kCommand) continue;
    const std::string request =
        route.method + ' ' + route.path + "?store_id=s1&sku=A&from=2026-01-01" + fields + "Till-At-Least: 1\r\n\r\n";
    requests.push_back('\x10' + request);
    all += request;
  }
  requests.push_back(all);
  for (const Sent& sent : commands) {
    const std::string head = sent.line + fields + "Idempotency-Key: \"k1\"\r\nContent-Type: application/json\r\n";
    requests.push_back('\x05' + head + "Content-Length: " + std::to_string(sent.json.size()) + "\r\n\r\n" + sent.json);
    std::ostringstream chunk;
    chunk << std::hex << sent.json.size();
    requests.push_back('\x03' + head + "Transfer-Encoding: chunked\r\n\r\n" + chunk.str() + "\r\n" + sent.json +
                       "\r\n0\r\n\r\n");
  }
}

// The default text says all in comments; with the settings' own, it says it.
void add_config_seeds(Seeds& seeds) {
  std::string settings;
  std::istringstream text(default_config());
  for (std::string line; std::getline(text, line);) {
    const bool setting = line.starts_with("# ") && line.find(" = ") != std::string::npos;
    settings += (setting ? line.substr(2) : line) + '\n';
  }
  seeds["config"] = {default_config(), settings, "[http]\naddress = \"::1\"\nport = 0\n[mysql]\nuser = 'a'\n"};
}

void write(const fs::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  out << content;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

void write_all(const fs::path& folder) {
  const fs::path tests = fs::path(TILL_SOURCE_DIR) / "tests";
  const auto scenarios = testing::read_scenarios(tests / "scenarios");
  const std::vector<Sent> commands = commands_of(scenarios);
  Seeds seeds;
  add_command_seeds(commands, seeds);
  add_http_seeds(commands, seeds);
  add_config_seeds(seeds);
  add_record_seeds(scenarios, tests / "golden" / "events", seeds);
  seeds["canary"] = {"MILK%2D1"};
  for (const auto& [target, inputs] : seeds) {
    fs::create_directories(folder / target);
    std::size_t number = 0;
    for (const std::string& input : inputs) {
      if (input.size() <= kSeedBytesMost) write(folder / target / std::to_string(number++), input);
    }
  }
  for (const auto& [target, words] : make_dictionaries()) write(folder / (target + ".dict"), words);
}

}  // namespace
}  // namespace till::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  try {
    till::fuzz::write_all(argv[1]);
  } catch (const std::exception& trouble) {
    std::cerr << "fuzz_seeds: " << trouble.what() << '\n';
    return 1;
  }
  return 0;
}
