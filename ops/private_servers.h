// A MariaDB and a nats-server of this program's own: on 127.0.0.1, with their data under one folder, gone with this
// program. No system service is touched. One thread each.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/result.h"
#include "ops/child_process.h"
#include "ops/services.h"

namespace till {

// Another port is tried where the one that was free is taken before the server has it.
inline constexpr int kPortAttempts = 3;
// How often a starting server is asked whether it answers.
inline constexpr std::chrono::milliseconds kStartPoll{20};

// A port of 127.0.0.1 that is free now; 0 where there is none.
std::uint16_t free_port();

// `length` random letters, digits, '-' and '_', as they may stand in a URL.
std::string random_secret(std::size_t length);

// Sockets have a limit of 107 bytes of path: a name under `directory`, or in a new short folder under /tmp which
// `short_directory` names, to be removed by the caller.
std::string socket_path(const std::string& directory, const std::string& name, std::string& short_directory);

class PrivateMysql {
 public:
  // Makes the data folder at `directory`/mysql where there is none, starts the server with new random passwords, waits
  // until it answers. Run by root, it becomes another user. `log_file` gets its output. kCancelled where `keep_going`
  // ended the wait; the server is stopped then.
  static Result<PrivateMysql> start(const std::string& directory, const std::string& log_file,
                                    const KeepGoing& keep_going = nullptr);
  PrivateMysql(PrivateMysql&&) noexcept = default;
  PrivateMysql& operator=(PrivateMysql&&) noexcept = default;
  ~PrivateMysql();

  bool running() { return child_.has_value() && child_->running(); }
  // Starts it again with the same port and passwords after it has ended. Errors as those of start().
  Status restart(const KeepGoing& keep_going = nullptr);
  void stop();
  pid_t pid() const { return child_ ? child_->pid() : -1; }
  // Fills the mysql part.
  void describe(ServiceSettings& settings) const;

 private:
  PrivateMysql() = default;
  Status launch(const KeepGoing& keep_going);
  Status write_init_file();
  bool answers() const;

  std::string directory_;
  std::string scratch_;  // for temporary tables
  std::string log_file_;
  std::string socket_;
  std::string short_directory_;
  DatabaseAccess owner_;
  std::string analyst_password_;
  std::string root_password_;
  std::optional<ChildProcess> child_;
};

class PrivateNats {
 public:
  // JetStream with its store in `directory`/nats; a user with a new random password, written to a file of mode 0600.
  // Accounts of subscribers stay from one start to the next.
  static Result<PrivateNats> start(const std::string& directory, const std::string& log_file,
                                   const KeepGoing& keep_going = nullptr);
  PrivateNats(PrivateNats&&) noexcept = default;
  PrivateNats& operator=(PrivateNats&&) noexcept = default;

  bool running() { return child_.has_value() && child_->running(); }
  Status restart(const KeepGoing& keep_going = nullptr);
  void stop();
  pid_t pid() const { return child_ ? child_->pid() : -1; }
  // With user and password.
  std::string url() const;
  // Fills the nats part.
  void describe(ServiceSettings& settings) const;

 private:
  PrivateNats() = default;
  Status launch(const KeepGoing& keep_going);
  std::string config() const;
  std::string accounts_file() const;
  std::string pid_file() const { return directory_ + "/nats.pid"; }

  std::string directory_;
  std::string log_file_;
  std::string password_;
  std::uint16_t port_ = 0;
  std::optional<ChildProcess> child_;
};

}  // namespace till
