#include "ops/config.h"

#include <functional>
#include <limits>
#include <map>
#include <string_view>

#include "api/socket_address.h"
#include "engine/durable_file.h"
#include "ops/toml.h"

namespace till {
namespace {

using Take = std::function<Status(const toml::node&)>;
using Section = std::map<std::string, Take, std::less<>>;

Error refuse(const toml::node& node, const std::string& what) {
  return Error{ErrorKind::kInvalid, "line " + std::to_string(node.source().begin.line) + ": " + what};
}

Take text(std::string& out) {
  return [&out](const toml::node& node) -> Status {
    const auto* const value = node.as_string();
    if (value == nullptr) return refuse(node, "a string is wanted");
    out = value->get();
    return {};
  };
}

Take flag(bool& out) {
  return [&out](const toml::node& node) -> Status {
    const auto* const value = node.as_boolean();
    if (value == nullptr) return refuse(node, "true or false is wanted");
    out = value->get();
    return {};
  };
}

template <class T>
Take number(T& out, std::int64_t least, std::int64_t most) {
  return [&out, least, most](const toml::node& node) -> Status {
    const auto* const value = node.as_integer();
    if (value == nullptr) return refuse(node, "an integer is wanted");
    if (value->get() < least || value->get() > most) {
      return refuse(node, "a number from " + std::to_string(least) + " to " + std::to_string(most) + " is wanted");
    }
    out = static_cast<T>(value->get());
    return {};
  };
}

Take texts(std::vector<std::string>& out) {
  return [&out](const toml::node& node) -> Status {
    const auto* const list = node.as_array();
    if (list == nullptr) return refuse(node, "a list of strings is wanted");
    for (const toml::node& item : *list) {
      const auto* const value = item.as_string();
      if (value == nullptr) return refuse(node, "a list of strings is wanted");
      out.push_back(value->get());
    }
    return {};
  };
}

Take positive_real(double& out, double most) {
  return [&out, most](const toml::node& node) -> Status {
    const std::optional<double> value = node.value<double>();
    if (!value || !(*value > 0) || *value > most) {
      return refuse(node, "a number above 0 and up to " + std::to_string(static_cast<int>(most)) + " is wanted");
    }
    out = *value;
    return {};
  };
}

constexpr std::int64_t kMostPort = std::numeric_limits<std::uint16_t>::max();
constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;
constexpr std::int64_t kMostRate = 10'000'000;
constexpr std::int64_t kMostDays = 36'500;

std::map<std::string, Section, std::less<>> sections_of(ServerConfig& config) {
  DatabaseAccess& mysql = config.services.mysql;
  return {
      {"http",
       {{"address", text(config.address)},
        {"port", number(config.port, 0, kMostPort)},
        {"tls_certificate_file", text(config.tls_certificate_file)},
        {"tls_key_file", text(config.tls_key_file)},
        {"behind_proxy", flag(config.behind_proxy)},
        {"io_threads", number(config.io_threads, 1, 64)},
        {"max_connections", number(config.max_connections, 1, 1'000'000)},
        {"max_body_bytes", number(config.max_body_bytes, 1024, kMostBytes)},
        {"drain_seconds", number(config.drain_seconds, 0, 3600)}}},
      {"admin", {{"address", text(config.admin_address)}, {"port", number(config.admin_port, 0, kMostPort)}}},
      {"memory",
       {{"books_bytes", number(config.books_memory_bytes, 1 << 20, kMostBytes)},
        {"cache_bytes", number(config.cache_memory_bytes, 1 << 20, kMostBytes)}}},
      {"disk", {{"reserve_bytes", number(config.disk_reserve_bytes, 0, kMostBytes)}}},
      {"quota",
       {{"commands_per_second", number(config.commands_per_second, 0, kMostRate)},
        {"burst_commands", number(config.burst_commands, 0, kMostRate)},
        {"terminal_commands_per_second", number(config.terminal_commands_per_second, 0, kMostRate)},
        {"terminal_burst_commands", number(config.terminal_burst_commands, 0, kMostRate)}}},
      {"logging", {{"level", text(config.log_level)}}},
      {"mysql",
       {{"host", text(mysql.host)},
        {"port", number(mysql.port, 0, kMostPort)},
        {"socket", text(mysql.socket)},
        {"database", text(mysql.database)},
        {"user", text(mysql.user)},
        {"password", text(mysql.password)},
        {"analyst_user", text(config.services.analyst_user)},
        {"analyst_password", text(config.services.analyst_password)}}},
      {"nats",
       {{"url", text(config.services.nats_url)},
        {"max_age_days", number(config.nats_max_age_days, 0, kMostDays)},
        {"max_bytes", number(config.nats_max_bytes, 0, kMostBytes)}}},
      {"effects",
       {{"run_here", flag(config.effects.run_here)},
        {"time_scale", positive_real(config.effects.time_scale, 1)},
        {"allow_private_addresses", flag(config.effects.allow_private_addresses)}}},
      {"export",
       {{"directory", text(config.effects.export_directory)},
        {"interval_seconds", number(config.effects.export_interval_seconds, 1, 86'400)}}},
      {"alerts",
       {{"server", text(config.effects.alerts_server)},
        {"slack_url", text(config.effects.alerts_slack_url)},
        {"mail_to", texts(config.effects.alerts_mail_to)},
        {"errors_most_ppm", number(config.effects.alerts_errors_most_ppm, 1, 1'000'000)},
        {"lag_most", number(config.effects.alerts_lag_most, 1, kMostBytes)}}},
      {"mail",
       {{"url", text(config.effects.mail.url)},
        {"from", text(config.effects.mail.from)},
        {"from_name", text(config.effects.mail.from_name)},
        {"starttls", text(config.effects.mail.starttls)},
        {"user", text(config.effects.mail.user)},
        {"password_file", text(config.effects.mail.password_file)},
        {"ca_file", text(config.effects.mail.ca_file)}}},
      {"gateway", {{"url", text(config.effects.gateway_url)}, {"token_file", text(config.effects.gateway_token_file)}}},
  };
}

Status take_section(const toml::table& table, std::string_view name, const Section& section) {
  for (const auto& [key, node] : table) {
    const auto take = section.find(key.str());
    if (take == section.end()) return refuse(node, "unknown key " + std::string(name) + "." + std::string(key.str()));
    if (Status taken = take->second(node); !taken.ok()) {
      return Error{ErrorKind::kInvalid,
                   taken.error().message + " for " + std::string(name) + "." + std::string(key.str())};
    }
  }
  return {};
}

// The rest of a URL is the sender's to judge.
bool is_http_url(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

// Every key with its meaning and its default.
constexpr const char* kDefaultConfig =
    R"(# Configuration of `till serve`. Every key is optional; what stands here is its default.

[http]                        # the tenants' API
# address = "127.0.0.1"       # another than loopback needs the TLS files, or behind_proxy
# port = 8080                 # 0: a free port
# tls_certificate_file = ""   # PEM
# tls_key_file = ""           # PEM
# behind_proxy = false        # a proxy in front ends TLS
# io_threads = 1
# max_connections = 10000     # beyond: 503
# max_body_bytes = 8388608    # beyond: 413
# drain_seconds = 10          # given to requests in flight at SIGTERM

[admin]                       # Prometheus metrics at /metrics, loopback only
# address = "127.0.0.1"
# port = 0

[memory]
# books_bytes = 268435456     # entities in memory; the rest lies on disk
# cache_bytes = 67108864      # blocks of the read cache

[disk]
# reserve_bytes = 536870912   # commands get 507 while less is free

[quota]
# commands_per_second = 0     # of each tenant; 0: no limit
# burst_commands = 0          # 0: as many as one second's
# terminal_commands_per_second = 0   # of each terminal whose key is bound to it
# terminal_burst_commands = 0

[logging]
# level = "info"              # trace, debug, info, warn, error

[mysql]                       # the reporting model; without a user there is none
# host = "127.0.0.1"
# port = 3306
# socket = ""                 # instead of host and port
# database = "till"
# user = ""
# password = ""
# analyst_user = ""           # created with read access where the user above may
# analyst_password = ""

[nats]                        # JetStream; without a URL nothing is published
# url = ""
# The stream is a copy: what is older, or too much, goes from it and stays in the log. 0: no limit
# max_age_days = 30
# max_bytes = 1073741824

[effects]                     # webhooks, receipts and the like; they need the NATS server
# run_here = true             # false: `till effects run` does it, in processes of its own
# time_scale = 1.0            # of the waits between attempts; below 1 for tests only
# allow_private_addresses = false   # true lets tenants reach the inside of this network

[mail]                        # receipts and alerts; without a URL nothing is mailed
# url = ""                    # smtp://host:port or smtps://host:port
# from = ""                   # address of the sender
# from_name = ""              # empty: of receipts the store's name
# starttls = "required"       # or "if_offered", "none"
# user = ""
# password_file = ""
# ca_file = ""                # PEM; empty: the system's authorities

[gateway]                     # of cards, over HTTP; without a URL there is none
# url = ""
# token_file = ""             # sent as a bearer token

[export]                      # every event as files for a warehouse; without a directory there is none
# directory = ""              # existing: it may be a disk of its own
# interval_seconds = 60       # least time between two batches

[alerts]                      # what the operator of this server is told: views that stand still, errors, dead letters
# server = ""                 # its name in what is told
# slack_url = ""              # an incoming webhook
# mail_to = []                # addresses
# errors_most_ppm = 50000     # of the requests of an endpoint group, over five minutes
# lag_most = 10000            # transactions that a view may be behind
)";

}  // namespace

Result<ServerConfig> load_config(const std::string& path) {
  const Result<std::string> content = read_file(path);
  if (!content.ok()) return content.error();
  return parse_config(content.value(), path);
}

Result<ServerConfig> parse_config(std::string_view text, const std::string& path) {
  toml::table root;
  try {
    root = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return Error{ErrorKind::kInvalid, path + ": line " + std::to_string(error.source().begin.line) + ": " +
                                          std::string(error.description())};
  }
  ServerConfig config;
  const auto sections = sections_of(config);
  for (const auto& [name, node] : root) {
    const auto section = sections.find(name.str());
    const toml::table* const table = node.as_table();
    if (section == sections.end() || table == nullptr) {
      return Error{ErrorKind::kInvalid,
                   path + ": " + refuse(node, "unknown section " + std::string(name.str())).message};
    }
    if (Status taken = take_section(*table, name.str(), section->second); !taken.ok()) {
      return Error{ErrorKind::kInvalid, path + ": " + taken.error().message};
    }
  }
  if (Status whole = complete_mysql(config.services); !whole.ok()) {
    return Error{ErrorKind::kInvalid, path + ": " + whole.error().message};
  }
  if (Status checked = check_config(config); !checked.ok()) return checked.error();
  return config;
}

Status check_config(const ServerConfig& config) {
  if (config.tls_certificate_file.empty() != config.tls_key_file.empty()) {
    return Error{ErrorKind::kInvalid, "http.tls_certificate_file and http.tls_key_file go together"};
  }
  for (const auto& [key, address] :
       {std::pair("http.address", &config.address), std::pair("admin.address", &config.admin_address)}) {
    if (!ip_address(*address, 0)) {
      return Error{ErrorKind::kInvalid,
                   std::string(key) + " is a numeric IPv4 or IPv6 address such as 127.0.0.1, not '" + *address + "'"};
    }
  }
  if (!config.effects.alerts_mail_to.empty() && config.effects.mail.url.empty()) {
    return Error{ErrorKind::kInvalid, "alerts.mail_to needs mail.url"};
  }
  const std::string& gateway = config.effects.gateway_url;
  if (!gateway.empty() && (!is_http_url(gateway) || gateway.ends_with('/'))) {
    return Error{ErrorKind::kInvalid, "gateway.url is an http or https URL without a slash at its end"};
  }
  if (!config.effects.alerts_slack_url.empty() && !is_http_url(config.effects.alerts_slack_url)) {
    return Error{ErrorKind::kInvalid, "alerts.slack_url is an http or https URL"};
  }
  const bool tls = !config.tls_certificate_file.empty();
  if (!is_loopback(config.address) && !tls && !config.behind_proxy) {
    return Error{ErrorKind::kInvalid,
                 "http.address " + config.address + " is open to others: set the TLS files, or behind_proxy = true"};
  }
  if (!is_loopback(config.admin_address)) {
    return Error{ErrorKind::kInvalid, "admin.address must be a loopback address"};
  }
  return {};
}

std::string default_config() {
  return kDefaultConfig;
}

}  // namespace till
