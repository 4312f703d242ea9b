#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <thread>

#include "engine/durable_file.h"
#include "ops/data_folder.h"
#include "ops/private_servers.h"
#include "projections/relay/subscriber.h"

namespace till {
namespace {

constexpr std::chrono::seconds kNatsStartTimeout{30};
constexpr std::size_t kNatsPasswordLength = 24;
constexpr const char* kNatsUser = "till";
constexpr const char* kAccountsName = "subscribers.conf";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool accepts(std::uint16_t port) {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  const auto address = loopback(port);
  const bool connected = connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(handle);
  return connected;
}

// A path as a value of nats-server's configuration.
std::string nats_text(const std::string& path) {
  std::string text = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

std::uint16_t free_port() {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return 0;
  auto address = loopback(0);
  socklen_t size = sizeof address;
  std::uint16_t port = 0;
  if (bind(handle, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
      getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  close(handle);
  return port;
}

std::string random_secret(std::size_t length) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  static_assert(kLetters.size() == 64);
  std::string secret(length, '\0');
  TILL_ASSERT(getrandom(secret.data(), length, 0) == static_cast<ssize_t>(length));
  for (char& c : secret) c = kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  return secret;
}

Result<PrivateNats> PrivateNats::start(const std::string& directory, const std::string& log_file,
                                       const KeepGoing& keep_going) {
  PrivateNats server;
  server.directory_ = directory + "/nats";
  server.log_file_ = log_file;
  server.password_ = random_secret(kNatsPasswordLength);
  Status status = make_private_folder(server.directory_);
  if (!status) return status.error();
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    server.port_ = free_port();
    status = server.launch(keep_going);
    if (status) return server;
    if (status.error().kind == ErrorKind::kCancelled) break;
  }
  return status.error();
}

std::string PrivateNats::accounts_file() const {
  return directory_ + "/" + kAccountsName;
}

std::string PrivateNats::url() const {
  return std::string("nats://") + kNatsUser + ":" + password_ + "@127.0.0.1:" + std::to_string(port_);
}

void PrivateNats::describe(ServiceSettings& settings) const {
  settings.nats_url = url();
  settings.nats_accounts_file = accounts_file();
  settings.nats_pid_file = pid_file();
}

// Other users of this machine reach the port: only who can read the file, or `up.json`, knows the password. All of it
// stands in the file, since the server forgets what its command line says when it reads the file again.
std::string PrivateNats::config() const {
  std::string text = "listen: \"127.0.0.1:" + std::to_string(port_) + "\"\n";
  text += "log_file: " + nats_text(log_file_) + "\npid_file: " + nats_text(pid_file()) + "\n";
  text += "jetstream { store_dir: " + nats_text(directory_) + " }\n";
  text += "accounts {\n  " + std::string(kStreamAccount) + " {\n  jetstream: enabled\n";
  text += std::string("  users: [ { user: \"") + kNatsUser + "\", password: \"" + password_ + "\" } ]\n";
  text += "  exports: " + subscriber_exports(RelayOptions()) + "\n  }\n";
  // The path is relative to the file's own folder, always.
  return text + "  include " + nats_text(kAccountsName) + "\n}\n";
}

Status PrivateNats::launch(const KeepGoing& keep_going) {
  const std::string path = directory_ + "/nats.conf";
  Status written = replace_file(path, config(), 0600);
  // Filled by the server that knows the subscribers.
  if (written && !std::filesystem::exists(accounts_file())) written = replace_file(accounts_file(), "", 0600);
  if (!written) return written;
  auto child = ChildProcess::start({"nats-server", "--config", path}, {log_file_});
  if (!child) return child.error();
  child_.emplace(std::move(*child));
  const auto end = std::chrono::steady_clock::now() + kNatsStartTimeout;
  while (child_->running() && std::chrono::steady_clock::now() < end) {
    if (accepts(port_)) return {};
    if (keep_going && !keep_going()) {
      child_->stop();
      return Error{ErrorKind::kCancelled, "stopped while nats-server started"};
    }
    std::this_thread::sleep_for(kStartPoll);
  }
  child_->stop();
  return Error{ErrorKind::kUnavailable, "nats-server did not start; see " + log_file_};
}

Status PrivateNats::restart(const KeepGoing& keep_going) {
  return launch(keep_going);
}

void PrivateNats::stop() {
  if (child_) child_->stop();
}

}  // namespace till
