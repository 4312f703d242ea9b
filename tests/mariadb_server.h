// A private MariaDB for tests: own folder, unix socket, no network. Nothing of it is left behind.
#pragma once

#include <sys/types.h>

#include <string>

#include "projections/reporting/connection.h"

namespace till {

class MariadbServer {
 public:
  // The one of this test program, started at the first call and ended with the program; each test uses a database of
  // its own. With TILL_TEST_MYSQL=host:port the server there instead (user TILL_TEST_MYSQL_USER or root, password
  // TILL_TEST_MYSQL_PASSWORD or empty), which may be MySQL and is neither stopped nor started.
  static MariadbServer& shared();

  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // How to reach `database`, with every privilege.
  reporting::ServerOptions options(const std::string& database) const;
  // A name that no other test of this or another run has; dropped by nobody but the end of a private server.
  std::string new_database();

  // False with TILL_TEST_MYSQL: the calls below must not be made.
  bool is_private() const { return external_host_.empty(); }
  // SIGTERM, or SIGKILL; both wait for the end.
  void stop();
  void kill();
  // Returns once the server answers; fails the test after 30 seconds. Does nothing while it runs.
  void start();

 private:
  MariadbServer();
  void install();
  void end(int signal);
  bool answers() const;

  std::string external_host_;
  std::uint16_t external_port_ = 0;
  std::string directory_;
  std::string user_;  // of the operating system, as which the server runs
  pid_t pid_ = 0;
  int databases_ = 0;
};

}  // namespace till
