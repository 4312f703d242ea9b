// The server's configuration: DIR/till.toml. Every key has a default; an unknown key or a wrong type is refused with
// its line. The keys with their meaning are in the text that default_config() gives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "ops/services.h"

namespace till {

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
