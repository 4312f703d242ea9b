// How programs of one data folder find each other: `up` tells `serve` which servers to use, `serve` tells where it
// listens. Both files hold secrets or addresses of this run and are replaced atomically with mode 0600.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"

namespace till {

struct DatabaseAccess {
  std::string host;
  std::uint16_t port = 0;
  std::string socket;  // used instead of host and port
  std::string database = "till";
  std::string user;
  std::string password;
};

// Servers beside this one; without a mysql.user or a nats_url there is none of the kind.
struct ServiceSettings {
  DatabaseAccess mysql;      // owns the reporting model's tables
  std::string analyst_user;  // read only
  std::string analyst_password;
  std::string nats_url;
  // Of a nats-server that Till may tell to read its configuration again: the file with the accounts of subscribers that
  // its configuration includes, and the one with its process id. Both are empty where it is another's.
  std::string nats_accounts_file;
  std::string nats_pid_file;
};

// Puts in what a [mysql] section may leave out: host 127.0.0.1 and port 3306 where there is no socket. kInvalid where
// the section says something and names no user, or has half of the analyst.
Status complete_mysql(ServiceSettings& settings);

// DIR/services.toml: `serve --services FILE` reads it.
Status write_services(const std::string& path, const ServiceSettings& settings);
// kInvalid with the line of a fault or an unknown key.
Result<ServiceSettings> read_services(const std::string& path);

// Where a server of DIR listens; `serve` writes it to DIR/serve.json once its ports are bound, and removes it at its
// end.
struct ServeAddress {
  std::string url;        // of the tenants' API
  std::string admin_url;  // of the metrics
  std::int64_t pid = 0;
};
inline constexpr const char* kServeFile = "serve.json";

Status write_serve_address(const std::string& data, const ServeAddress& address);
// kNotFound where no server has written one.
Result<ServeAddress> read_serve_address(const std::string& data);
void remove_serve_address(const std::string& data);

}  // namespace till
