#include "tests/mariadb_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

namespace till {
namespace {

constexpr std::chrono::seconds kStartMost{30};
constexpr std::chrono::milliseconds kStartStep{20};
constexpr std::chrono::seconds kAnswerMost{5};

// Starts a program with its output in `output`; it dies with the test program, however that ends.
pid_t spawn(const std::vector<std::string>& words, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

// Root may not run the server as itself without saying so; where the package's user exists it is used.
std::string server_user() {
  if (::getuid() != 0) return ::getpwuid(::getuid())->pw_name;
  return ::getpwnam("mysql") != nullptr ? "mysql" : "root";
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

}  // namespace

MariadbServer& MariadbServer::shared() {
  static MariadbServer server;
  return server;
}

MariadbServer::MariadbServer() {
  const std::string given = from_environment("TILL_TEST_MYSQL", "");
  if (!given.empty()) {
    const std::size_t colon = given.rfind(':');
    REQUIRE(colon != std::string::npos);
    external_host_ = given.substr(0, colon);
    external_port_ = static_cast<std::uint16_t>(std::stoi(given.substr(colon + 1)));
    return;
  }
  user_ = server_user();
  install();
  start();
}

MariadbServer::~MariadbServer() {
  end(SIGKILL);
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

void MariadbServer::install() {
  std::string name = "/tmp/till-mariadb-XXXXXX";  // short: a socket's path has at most 107 bytes
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  if (const passwd* const owner = ::getpwnam(user_.c_str()); ::getuid() == 0 && owner != nullptr) {
    REQUIRE(::chown(directory_.c_str(), owner->pw_uid, owner->pw_gid) == 0);
  }
  const pid_t installer =
      spawn({"mariadb-install-db", "--no-defaults", "--force", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--datadir=" + directory_ + "/data", "--tmpdir=" + directory_, "--user=" + user_},
            directory_ + "/install.out");
  int status = -1;
  REQUIRE(::waitpid(installer, &status, 0) == installer);
  REQUIRE(status == 0);
}

void MariadbServer::start() {
  if (pid_ != 0) return;
  // A folder of its own for temporary tables: a server that starts deletes those of others.
  // Quick rather than safe against power cuts, which no test makes: a killed process loses nothing of what it wrote.
  pid_ = spawn({"mariadbd", "--no-defaults", "--datadir=" + directory_ + "/data", "--tmpdir=" + directory_,
                "--socket=" + directory_ + "/s", "--skip-networking", "--user=" + user_,
                "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=128M",
                "--innodb-log-file-size=64M", "--skip-log-bin", "--performance-schema=0"},
               directory_ + "/server.out");
  REQUIRE(pid_ > 0);
  const auto deadline = std::chrono::steady_clock::now() + kStartMost;
  while (!answers()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("mariadbd does not start");
    std::this_thread::sleep_for(kStartStep);
  }
}

bool MariadbServer::answers() const {
  return reporting::SqlConnection::open(options("till_probe"), reporting::SessionKind::kReader, kAnswerMost).ok();
}

reporting::ServerOptions MariadbServer::options(const std::string& database) const {
  reporting::ServerOptions options;
  options.database = database;
  options.user = "root";
  if (is_private()) {
    options.unix_socket = directory_ + "/s";
    return options;
  }
  options.host = external_host_;
  options.port = external_port_;
  options.user = from_environment("TILL_TEST_MYSQL_USER", "root");
  options.password = from_environment("TILL_TEST_MYSQL_PASSWORD", "");
  return options;
}

std::string MariadbServer::new_database() {
  return "till_test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
}

void MariadbServer::end(int signal) {
  if (pid_ == 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void MariadbServer::stop() {
  REQUIRE(is_private());
  end(SIGTERM);
}

void MariadbServer::kill() {
  REQUIRE(is_private());
  end(SIGKILL);
}

}  // namespace till
