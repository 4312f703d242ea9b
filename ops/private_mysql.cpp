#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/durable_file.h"
#include "ops/private_servers.h"

namespace till {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInstallTimeout{120};
constexpr std::chrono::seconds kMysqlStartTimeout{90};
constexpr std::size_t kPasswordLength = 24;
constexpr int kGreetingWaitMs = 2000;

struct ServerUser {
  uid_t uid;
  gid_t gid;
};

// Run by root, MariaDB gives up root: `mysql` where the system has that user, else `nobody`.
ServerUser server_user() {
  for (const char* name : {"mysql", "nobody"}) {
    if (const auto* entry = getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
  }
  return {65534, 65534};
}

bool everyone_may_enter(const fs::path& directory) {
  for (fs::path path = directory; !path.empty(); path = path.parent_path()) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || (status.st_mode & S_IXOTH) == 0) return false;
    if (path == path.parent_path()) break;
  }
  return true;
}

bool holds_capability(unsigned number) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapPrm:")) return ((std::stoull(line.substr(7), nullptr, 16) >> number) & 1) != 0;
  }
  return false;
}

// What stands before `mariadbd` on the command line when root runs this. In a folder that only root may enter, the
// server keeps, of all that root may, the right to pass through folders.
std::vector<std::string> user_prefix(const fs::path& data) {
  constexpr unsigned kDacOverride = 1, kDacReadSearch = 2;  // capabilities(7)
  if (geteuid() != 0) return {};
  const auto user = server_user();
  std::vector<std::string> prefix = {"setpriv", "--reuid=" + std::to_string(user.uid),
                                     "--regid=" + std::to_string(user.gid), "--clear-groups", "--pdeathsig=TERM"};
  if (!everyone_may_enter(data.parent_path())) {
    const char* right = holds_capability(kDacReadSearch) ? "dac_read_search" : "dac_override";
    if (!holds_capability(kDacReadSearch) && !holds_capability(kDacOverride)) return {};
    prefix.push_back(std::string("--inh-caps=-all,+") + right);
    prefix.push_back(std::string("--ambient-caps=-all,+") + right);
  }
  prefix.push_back("--");
  return prefix;
}

Status give_to_server_user(const fs::path& directory) {
  if (geteuid() != 0) return {};
  const auto user = server_user();
  std::error_code error;
  bool good = lchown(directory.c_str(), user.uid, user.gid) == 0;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    good = lchown(it->path().c_str(), user.uid, user.gid) == 0 && good;
  }
  if (good && !error) return {};
  return Error{ErrorKind::kUnavailable, "cannot give " + directory.string() + " to MariaDB's user"};
}

// A server that starts deletes every temporary table that it finds in its folder for them, those of other servers too:
// it needs one of its own.
Status make_scratch(const fs::path& scratch) {
  std::error_code error;
  fs::create_directories(scratch, error);
  if (error) return Error{ErrorKind::kUnavailable, "cannot make " + scratch.string() + ": " + error.message()};
  return give_to_server_user(scratch);
}

// Built beside its place and renamed, so that a start cut short leaves no half of a database.
Status install_database(const fs::path& data, const fs::path& scratch, const std::string& log_file,
                        const KeepGoing& keep_going) {
  std::error_code error;
  if (fs::exists(data / "mysql", error)) return {};
  const fs::path fresh = data.string() + ".new";
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) return Error{ErrorKind::kUnavailable, "cannot make " + fresh.string() + ": " + error.message()};
  // Forced: on a machine whose own name cannot be looked up too.
  std::vector<std::string> command = {"mariadb-install-db",
                                      "--no-defaults",
                                      "--force",
                                      "--auth-root-authentication-method=normal",
                                      "--skip-test-db",
                                      "--datadir=" + fresh.string(),
                                      "--tmpdir=" + scratch.string()};
  if (geteuid() == 0) command.push_back("--user=root");
  const auto code = run_program(command, {log_file}, kInstallTimeout, keep_going);
  if (!code) return code.error();
  if (code.value() != 0) return Error{ErrorKind::kUnavailable, "mariadb-install-db failed; see " + log_file};
  const auto given = give_to_server_user(fresh);
  if (!given) return given;
  fs::remove_all(data, error);
  fs::rename(fresh, data, error);
  if (error) return Error{ErrorKind::kUnavailable, "cannot make " + data.string() + ": " + error.message()};
  return {};
}

std::string grant_user(const std::string& user, const std::string& password, const std::string& rights) {
  std::string sql;
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const std::string name = "'" + user + "'@'" + host + "'";
    sql += "CREATE OR REPLACE USER " + name + " IDENTIFIED BY '" + password + "';\n";
    sql += "GRANT " + rights + " TO " + name + ";\n";
  }
  return sql;
}

}  // namespace

std::string socket_path(const std::string& directory, const std::string& name, std::string& short_directory) {
  constexpr std::size_t kSocketPathMost = 100;
  const std::string path = directory + "/" + name;
  if (path.size() <= kSocketPathMost) return path;
  std::string folder = "/tmp/till-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return path;
  short_directory = folder;
  return folder + "/" + name;
}

Result<PrivateMysql> PrivateMysql::start(const std::string& directory, const std::string& log_file,
                                         const KeepGoing& keep_going) {
  PrivateMysql server;
  server.directory_ = directory + "/mysql";
  server.scratch_ = directory + "/mysql.tmp";
  server.log_file_ = log_file;
  const auto scratch = make_scratch(server.scratch_);
  if (!scratch) return scratch.error();
  const auto installed = install_database(server.directory_, server.scratch_, log_file, keep_going);
  if (!installed) return installed.error();
  server.socket_ = socket_path(server.directory_, "mysql.sock", server.short_directory_);
  if (!server.short_directory_.empty()) {
    const auto given = give_to_server_user(server.short_directory_);
    if (!given) return given.error();
  }
  server.owner_.user = "till";
  server.owner_.password = random_secret(kPasswordLength);
  server.owner_.socket = server.socket_;
  server.analyst_password_ = random_secret(kPasswordLength);
  server.root_password_ = random_secret(kPasswordLength);
  Status status;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    server.owner_.port = free_port();
    status = server.launch(keep_going);
    if (status) return server;
    if (status.error().kind == ErrorKind::kCancelled) break;
  }
  return status.error();
}

Status PrivateMysql::write_init_file() {
  std::string sql = "CREATE DATABASE IF NOT EXISTS till CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n";
  sql += grant_user("till", owner_.password, "ALL PRIVILEGES ON `till`.*");
  sql += grant_user("analyst", analyst_password_, "SELECT, SHOW VIEW ON `till`.*");
  sql += "ALTER USER 'root'@'localhost' IDENTIFIED BY '" + root_password_ + "';\n";
  const std::string path = directory_ + "/init.sql";
  const auto written = replace_file(path, sql, 0600);
  if (!written || geteuid() != 0) return written;
  const auto user = server_user();
  if (chown(path.c_str(), user.uid, user.gid) != 0) {
    return Error{ErrorKind::kUnavailable, "cannot give " + path + " to MariaDB's user"};
  }
  return {};
}

Status PrivateMysql::launch(const KeepGoing& keep_going) {
  const auto written = write_init_file();
  if (!written) return written;
  std::vector<std::string> command = user_prefix(directory_);
  const bool stay_root = geteuid() == 0 && command.empty();
  for (const std::string& argument :
       {std::string("mariadbd"), std::string("--no-defaults"), "--datadir=" + directory_, "--tmpdir=" + scratch_,
        "--socket=" + socket_, "--port=" + std::to_string(owner_.port), std::string("--bind-address=127.0.0.1"),
        "--init-file=" + directory_ + "/init.sql", "--pid-file=" + directory_ + "/mariadbd.pid",
        std::string("--skip-name-resolve"), std::string("--character-set-server=utf8mb4"),
        std::string("--local-infile=1"), std::string("--performance-schema=OFF"),
        std::string("--innodb-buffer-pool-size=256M"), std::string("--max-connections=200")}) {
    command.push_back(argument);
  }
  if (stay_root) command.push_back("--user=root");
  auto child = ChildProcess::start(command, {log_file_});
  if (!child) return child.error();
  child_.emplace(std::move(*child));
  const auto end = std::chrono::steady_clock::now() + kMysqlStartTimeout;
  while (child_->running() && std::chrono::steady_clock::now() < end) {
    if (answers()) {
      unlink((directory_ + "/init.sql").c_str());
      return {};
    }
    if (keep_going && !keep_going()) {
      child_->stop();
      return Error{ErrorKind::kCancelled, "stopped while MariaDB started"};
    }
    std::this_thread::sleep_for(kStartPoll);
  }
  child_->stop();
  return Error{ErrorKind::kUnavailable, "MariaDB did not start; see " + log_file_};
}

// The server greets each connection by itself once it is up; the init file has run by then.
bool PrivateMysql::answers() const {
  const int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_.c_str(), sizeof address.sun_path - 1);
  bool greeted = false;
  if (connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pollfd waiting{handle, POLLIN, 0};
    char byte = 0;
    greeted = poll(&waiting, 1, kGreetingWaitMs) == 1 && read(handle, &byte, 1) == 1;
  }
  close(handle);
  return greeted;
}

Status PrivateMysql::restart(const KeepGoing& keep_going) {
  return launch(keep_going);
}

void PrivateMysql::stop() {
  if (child_) child_->stop();
  if (!short_directory_.empty()) {
    std::error_code ignored;
    fs::remove_all(short_directory_, ignored);
    short_directory_.clear();
  }
}

PrivateMysql::~PrivateMysql() {
  stop();
}

void PrivateMysql::describe(ServiceSettings& settings) const {
  settings.mysql = owner_;
  settings.analyst_user = "analyst";
  settings.analyst_password = analyst_password_;
}

}  // namespace till
