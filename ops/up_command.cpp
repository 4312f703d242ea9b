#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "api/json_node.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/data_folder.h"
#include "ops/demo_tenant.h"
#include "ops/private_servers.h"
#include "ops/server_access.h"
#include "ops/stop_signal.h"

namespace till {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInitTimeout{60};
constexpr std::chrono::milliseconds kWatchEvery{200};
constexpr std::chrono::seconds kRestartPause{2};
constexpr std::chrono::seconds kTellEvery{5};
constexpr std::streamoff kTailBytes = 8192;  // of a log file: enough for its last line

// Everything that runs together for one data folder; stopped in the reverse order of starting.
class Stack {
 public:
  Stack(std::string data, std::uint16_t port, StopSignal& stop) : data_(std::move(data)), port_(port), stop_(stop) {}
  ~Stack() { shut_down(); }

  // Up to the answer 200 of /readyz. kCancelled where a signal came meanwhile.
  Status start() {
    for (const auto step : {&Stack::make_folders, &Stack::init, &Stack::start_servers, &Stack::start_till,
                            &Stack::await_ready, &Stack::make_demo}) {
      const auto status = (this->*step)();
      if (!status) return status;
      if (stop_.came()) return Error{ErrorKind::kCancelled, "stopped"};
    }
    return write_up_file();
  }

  // Until a signal (0) or the end of `serve` by itself.
  int watch() {
    while (!stop_.wait(kWatchEvery)) {
      if (!till_->running()) {
        shut_down();
        return fail(kExitFailed, "the server ended by itself with status " + std::to_string(till_->exit_code()) +
                                     "; see " + log("serve"));
      }
      keep_running(*mysql_, mysql_restart_);
      keep_running(*nats_, nats_restart_);
    }
    shut_down();
    return kExitOk;
  }

  void shut_down() {
    if (!lock_) return;  // the files are another's
    std::error_code ignored;
    fs::remove(data_ + "/up.json", ignored);
    if (till_) till_->stop();
    if (nats_) nats_->stop();
    if (mysql_) mysql_->stop();
    fs::remove(data_ + "/services.toml", ignored);
  }

  const std::string& url() const { return address_.url; }

 private:
  using Moment = std::chrono::steady_clock::time_point;

  std::string log(const char* name) const { return data_ + "/logs/" + name + ".log"; }

  Status make_folders() {
    if (auto made = make_data_folder(data_); !made) return made;
    if (auto made = make_private_folder(data_ + "/logs"); !made) return made;
    // Beside the lock that `serve` takes on the data folder itself.
    auto lock = DirectoryLock::take(data_ + "/logs");
    if (!lock) return Error{ErrorKind::kUnavailable, "another `up` runs on " + data_};
    lock_.emplace(std::move(*lock));
    return {};
  }

  Status init() {
    if (fs::exists(data_ + "/till.toml")) return {};
    const auto code = run_program({own_program(), "init", "--data", data_}, {log("init")}, kInitTimeout, keep_going_);
    if (!code) return code.error();
    if (code.value() == 0) return {};
    return Error{ErrorKind::kUnavailable, "`till init` failed: " + last_line("init")};
  }

  Status start_servers() {
    auto mysql = PrivateMysql::start(data_, log("mariadb"), keep_going_);
    if (!mysql) return mysql.error();
    mysql_.emplace(std::move(*mysql));
    auto nats = PrivateNats::start(data_, log("nats"), keep_going_);
    if (!nats) return nats.error();
    nats_.emplace(std::move(*nats));
    mysql_->describe(services_);
    nats_->describe(services_);
    // The analyst's user is made with the database; the server need not know its password.
    ServiceSettings told = services_;
    told.analyst_user.clear();
    told.analyst_password.clear();
    return write_services(data_ + "/services.toml", told);
  }

  Status start_till() {
    remove_serve_address(data_);
    told_ = server_says();
    tell_next_ = std::chrono::steady_clock::now() + kTellEvery;
    auto till = ChildProcess::start({own_program(), "serve", "--data", data_, "--port", std::to_string(port_),
                                     "--services", data_ + "/services.toml"},
                                    {log("serve")});
    if (!till) return till.error();
    till_.emplace(std::move(*till));
    return {};
  }

  // As long as the server runs: to fold a long log into new books, or into a new read cache, takes its time.
  Status await_ready() {
    const auto alive = [this] { return till_->running() && !stop_.came(); };
    auto address = wait_for_address(data_, kForever, [&] {
      if (tell_due()) tell(server_says());
      return alive();
    });
    Status status;
    if (!address) {
      status = address.error();
    } else {
      address_ = *address;
      status = wait_until_ready(address_.url, kForever, alive, [this](const std::string& why) {
        if (tell_due()) tell(why);
      });
    }
    if (status || stop_.came() || till_->running()) return status;
    return Error{ErrorKind::kUnavailable,
                 "the server did not start (status " + std::to_string(till_->exit_code()) + "): " + last_line("serve")};
  }

  bool tell_due() {
    const auto now = std::chrono::steady_clock::now();
    if (now < tell_next_) return false;
    tell_next_ = now + kTellEvery;
    return true;
  }

  // Progress of the start, each word once.
  void tell(const std::string& what) {
    if (what.empty() || what == told_) return;
    told_ = what;
    say("up: starting: " + what);
  }

  // The newest line of the server's log.
  std::string server_says() const {
    const auto line = JsonNode::parse(tail_of("serve"));
    return line ? std::string((*line)["message"].text()) : std::string();
  }

  Status make_demo() {
    auto demo = prepare_demo_tenant(data_, address_.url);
    if (!demo) return demo.error();
    demo_ = *demo;
    return {};
  }

  Status write_up_file() const {
    std::string text;
    JsonWriter json(text);
    json.begin_object().member("url", address_.url).member("tenant", demo_.tenant);
    json.member("store_id", demo_.store_id).member("terminal_id", demo_.terminal_id);
    json.object("keys").member("terminal", demo_.terminal_key).member("manager", demo_.manager_key);
    json.member("reporting", demo_.reporting_key).member("admin", demo_.admin_key).end_object();
    json.object("mysql").member("socket", services_.mysql.socket);
    json.key("port").number(std::uint64_t{services_.mysql.port}).member("database", services_.mysql.database);
    json.member("user", services_.analyst_user).member("password", services_.analyst_password).end_object();
    json.member("nats_url", services_.nats_url).member("admin_url", address_.admin_url);
    json.key("pid").number(std::int64_t{getpid()}).end_object();
    return replace_file(data_ + "/up.json", text + "\n", 0600);
  }

  // A database or broker that ends by itself comes back; commands go on meanwhile.
  template <class Server>
  void keep_running(Server& server, Moment& not_before) {
    const auto now = std::chrono::steady_clock::now();
    if (server.running() || now < not_before) return;
    not_before = now + kRestartPause;
    const auto status = server.restart(keep_going_);
    if (!status && !stop_.came()) say("up: " + status.error().message);
  }

  std::string last_line(const char* name) const {
    const std::string line = tail_of(name);
    return line.empty() ? "see " + log(name) : line + " (" + log(name) + ")";
  }

  std::string tail_of(const char* name) const {
    std::ifstream file(log(name), std::ios::binary | std::ios::ate);
    const std::streamoff end = file.tellg();
    if (end <= 0) return {};
    std::string text(static_cast<std::size_t>(std::min(end, kTailBytes)), '\0');
    file.seekg(end - static_cast<std::streamoff>(text.size()));
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }

  const std::string data_;
  const std::uint16_t port_;
  StopSignal& stop_;
  const KeepGoing keep_going_ = [this] { return !stop_.came(); };
  std::optional<DirectoryLock> lock_;
  ServiceSettings services_;
  ServeAddress address_;
  DemoTenant demo_;
  std::optional<PrivateMysql> mysql_;
  std::optional<PrivateNats> nats_;
  std::optional<ChildProcess> till_;
  Moment mysql_restart_{};
  Moment nats_restart_{};
  Moment tell_next_{};
  std::string told_;
};

int run_up(const Shell& shell, std::uint16_t port) {
  StopSignal stop;
  std::error_code error;
  const auto data = fs::absolute(shell.options.data, error).lexically_normal();
  if (error) return fail(kExitFailed, "not a folder: " + shell.options.data);
  std::string path = data.string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  Stack stack(path, port, stop);
  const auto status = stack.start();
  if (!status) {
    stack.shut_down();
    if (stop.came()) return kExitOk;
    say("up: " + status.error().message);
    return kExitFailed;
  }
  std::printf("ready %s\n", stack.url().c_str());
  std::fflush(stdout);
  return stack.watch();
}

}  // namespace

void add_up_command(CLI::App& app, Shell& shell) {
  auto* up = app.add_subcommand("up", "Serves with a private MariaDB and nats-server and a demo tenant, until stopped");
  const auto port = std::make_shared<std::uint16_t>(std::uint16_t{8080});
  up->add_option("--port", *port, "0: a free one")->capture_default_str();
  up->callback([&shell, port] { shell.run = [&shell, port] { return run_up(shell, *port); }; });
}

}  // namespace till
