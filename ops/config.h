// The server's configuration: DIR/till.toml. Every key has a default; an unknown key or a wrong type is refused with
// its line. The keys with their meaning are in the text that default_config() gives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "ops/mail_settings.h"
#include "ops/services.h"

namespace till {

// What is sent outside. Effects run where there is a NATS server.
struct EffectSettings {
  MailSettings mail;
  bool run_here = true;   // false: workers of their own run the effects
  double time_scale = 1;  // of the waits between attempts; below 1 in tests only
  bool allow_private_addresses = false;
  std::string gateway_url;  // of the card gateway; empty: there is none, and what is asked of it waits
  std::string gateway_token_file;
  std::string export_directory;  // existing; empty: there is no analytics export
  std::uint64_t export_interval_seconds = 60;
  // Whom the operator of this server is told by; both empty: nobody.
  std::string alerts_server;  // its name in what is told
  std::string alerts_slack_url;
  std::vector<std::string> alerts_mail_to;
  std::uint64_t alerts_errors_most_ppm = 50'000;
  std::uint64_t alerts_lag_most = 10'000;
};

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string tls_certificate_file;
  std::string tls_key_file;
  bool behind_proxy = false;
  unsigned io_threads = 1;
  std::uint64_t max_connections = 10'000;
  std::uint64_t max_body_bytes = 8u << 20;
  std::string admin_address = "127.0.0.1";
  std::uint16_t admin_port = 0;
  std::uint64_t books_memory_bytes = 256u << 20;
  std::uint64_t cache_memory_bytes = 64u << 20;
  std::uint64_t disk_reserve_bytes = 512u << 20;
  std::uint64_t drain_seconds = 10;
  std::int64_t commands_per_second = 0;  // of each tenant; 0: no limit
  std::int64_t burst_commands = 0;
  std::int64_t terminal_commands_per_second = 0;  // of each terminal whose key is bound to it; 0: no limit
  std::int64_t terminal_burst_commands = 0;
  std::string log_level = "info";
  std::uint64_t nats_max_age_days = 30;  // of messages in the stream; 0: no limit, as for bytes
  std::uint64_t nats_max_bytes = 1u << 30;
  EffectSettings effects;
  ServiceSettings services;
};

// kInvalid: names the line, the key and what is wrong. kNotFound: there is no such file.
Result<ServerConfig> load_config(const std::string& path);
// The same of a file's text; `path` names it in errors.
Result<ServerConfig> parse_config(std::string_view text, const std::string& path);

// What cannot be right whatever the file says: an address that is none or open to others without TLS, half a TLS pair.
// kInvalid. Opens no file: whether the TLS pair can be used is HttpServer::check()'s to say.
Status check_config(const ServerConfig& config);

// The text that `till init` writes: every key with its meaning and its default.
std::string default_config();

}  // namespace till
