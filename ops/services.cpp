#include "ops/services.h"

#include <filesystem>
#include <initializer_list>
#include <sstream>
#include <string_view>

#include "api/json_node.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "ops/toml.h"

namespace till {
namespace {

constexpr unsigned kSecretMode = 0600;

std::string place_of(const toml::source_region& source) {
  return " (line " + std::to_string(source.begin.line) + ")";
}

Status take_text(const toml::table& table, std::string_view name, std::string& out) {
  const auto* node = table.get(name);
  if (node == nullptr) return {};
  const auto* text = node->as_string();
  if (text == nullptr) {
    return Error{ErrorKind::kInvalid, std::string(name) + " is not a string" + place_of(node->source())};
  }
  out = text->get();
  return {};
}

Status only_keys(const toml::table& table, std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    bool found = false;
    for (const auto name : known) found = found || key.str() == name;
    if (!found) {
      return Error{ErrorKind::kInvalid, "unknown key " + std::string(key.str()) + place_of(node.source())};
    }
  }
  return {};
}

Status read_mysql(const toml::table& table, ServiceSettings& settings) {
  auto& mysql = settings.mysql;
  auto status =
      only_keys(table, {"host", "port", "socket", "database", "user", "password", "analyst_user", "analyst_password"});
  for (const auto& [name, out] : {std::pair<std::string_view, std::string*>{"host", &mysql.host},
                                  {"socket", &mysql.socket},
                                  {"database", &mysql.database},
                                  {"user", &mysql.user},
                                  {"password", &mysql.password},
                                  {"analyst_user", &settings.analyst_user},
                                  {"analyst_password", &settings.analyst_password}}) {
    if (status) status = take_text(table, name, *out);
  }
  if (!status) return status;
  const auto port = table["port"].value<std::int64_t>().value_or(0);
  if (port < 0 || port > 65535) return Error{ErrorKind::kInvalid, "mysql.port is 0 to 65535"};
  mysql.port = static_cast<std::uint16_t>(port);
  return complete_mysql(settings);
}

Status read_tables(const toml::table& root, ServiceSettings& settings) {
  auto status = only_keys(root, {"mysql", "nats"});
  if (!status) return status;
  if (const auto* mysql = root["mysql"].as_table()) {
    status = read_mysql(*mysql, settings);
    if (!status) return status;
  }
  if (const auto* nats = root["nats"].as_table()) {
    status = only_keys(*nats, {"url", "accounts_file", "pid_file"});
    if (status) status = take_text(*nats, "url", settings.nats_url);
    if (status) status = take_text(*nats, "accounts_file", settings.nats_accounts_file);
    if (status) status = take_text(*nats, "pid_file", settings.nats_pid_file);
  }
  return status;
}

}  // namespace

Status complete_mysql(ServiceSettings& settings) {
  constexpr std::uint16_t kMysqlPort = 3306;
  DatabaseAccess& mysql = settings.mysql;
  const bool says_something = mysql.port != 0 || !mysql.host.empty() || !mysql.socket.empty() ||
                              !mysql.password.empty() || !settings.analyst_user.empty();
  if (mysql.user.empty() && says_something) return Error{ErrorKind::kInvalid, "mysql.user is missing"};
  if (settings.analyst_user.empty() && !settings.analyst_password.empty()) {
    return Error{ErrorKind::kInvalid, "mysql.analyst_user is missing"};
  }
  if (mysql.database.empty()) return Error{ErrorKind::kInvalid, "mysql.database is empty"};
  if (mysql.host.empty()) mysql.host = "127.0.0.1";
  if (mysql.port == 0 && !mysql.user.empty() && mysql.socket.empty()) mysql.port = kMysqlPort;
  return {};
}

Status write_services(const std::string& path, const ServiceSettings& settings) {
  toml::table root;
  if (!settings.mysql.user.empty()) {
    root.insert("mysql", toml::table{{"host", settings.mysql.host},
                                     {"port", std::int64_t{settings.mysql.port}},
                                     {"socket", settings.mysql.socket},
                                     {"database", settings.mysql.database},
                                     {"user", settings.mysql.user},
                                     {"password", settings.mysql.password},
                                     {"analyst_user", settings.analyst_user},
                                     {"analyst_password", settings.analyst_password}});
  }
  if (!settings.nats_url.empty()) {
    root.insert("nats", toml::table{{"url", settings.nats_url},
                                    {"accounts_file", settings.nats_accounts_file},
                                    {"pid_file", settings.nats_pid_file}});
  }
  std::ostringstream text;
  text << "# Written by `till up` at each start.\n" << root << '\n';
  return replace_file(path, text.str(), kSecretMode);
}

Result<ServiceSettings> read_services(const std::string& path) {
  auto content = read_file(path);
  if (!content) return content.error();
  ServiceSettings settings;
  try {
    const auto status = read_tables(toml::parse(*content, path), settings);
    if (!status) return Error{ErrorKind::kInvalid, path + ": " + status.error().message};
  } catch (const toml::parse_error& error) {
    return Error{ErrorKind::kInvalid, path + ": " + std::string(error.description()) + place_of(error.source())};
  }
  return settings;
}

Status write_serve_address(const std::string& data, const ServeAddress& address) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("url", address.url).member("admin_url", address.admin_url);
  writer.key("pid").number(address.pid).end_object();
  return replace_file(data + "/" + kServeFile, text, kSecretMode);
}

Result<ServeAddress> read_serve_address(const std::string& data) {
  auto content = read_file(data + "/" + kServeFile);
  if (!content) return content.error();
  auto root = JsonNode::parse(*content);
  if (!root) return root.error();
  return ServeAddress{std::string((*root)["url"].text()), std::string((*root)["admin_url"].text()),
                      (*root)["pid"].integer()};
}

void remove_serve_address(const std::string& data) {
  std::error_code ignored;
  std::filesystem::remove(data + "/" + kServeFile, ignored);
}

}  // namespace till
