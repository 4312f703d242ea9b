// till serve: owns every store of a data folder and listens until SIGINT or SIGTERM.
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <thread>

#include "api/http_metrics.h"
#include "api/http_server.h"
#include "engine/json_writer.h"
#include "ops/app.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/json_log_lines.h"
#include "ops/mail.h"
#include "ops/open_files.h"
#include "ops/service_manager.h"
#include "ops/services.h"

namespace till {
namespace {

// Time for the last answers to leave before a failed log ends the process.
constexpr std::chrono::milliseconds kFailureGrace{300};
// Shells tell the end by a signal so.
constexpr int kSignalledBase = 128;

struct ServeFlags {
  int port = -1;
  std::string services;
  bool check_config = false;
};

// SIGINT and SIGTERM arrive by waiting for them alone, in one thread at a time.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// While it lives, a stop signal ends the process at once: recovery may take long, nothing listens yet, and a kill loses
// nothing at any moment.
class EndAtStopSignal {
 public:
  explicit EndAtStopSignal(const sigset_t& signals)
      : watcher_([this, signals] {
          constexpr timespec kLook{0, 50'000'000};
          while (!over_) {
            const int received = sigtimedwait(&signals, nullptr, &kLook);
            if (received <= 0) continue;
            spdlog::info("signal {} while opening: stopped", received);
            _exit(kSignalledBase + received);
          }
        }) {}
  ~EndAtStopSignal() {
    over_ = true;
    watcher_.join();
  }
  EndAtStopSignal(const EndAtStopSignal&) = delete;
  EndAtStopSignal& operator=(const EndAtStopSignal&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::thread watcher_;
};

Result<std::unique_ptr<App>> open_app(AppOptions options, const sigset_t& signals) {
  const EndAtStopSignal watching(signals);
  return App::open(std::move(options));
}

Result<ServerConfig> read_settings(const Shell& shell, const ServeFlags& flags) {
  const DataLayout layout(shell.options.data);
  Result<ServerConfig> config = load_config(layout.config);
  if (!config.ok()) {
    if (config.error().kind != ErrorKind::kNotFound) return config.error();
    return Error{ErrorKind::kNotFound,
                 "no " + layout.config + "; make the folder with: till init --data " + shell.options.data};
  }
  if (Status mail = check_mail_settings(config->effects.mail); !mail.ok()) return mail.error();
  if (flags.port >= 0) config->port = static_cast<std::uint16_t>(flags.port);
  if (flags.services.empty()) return config;
  Result<ServiceSettings> services = read_services(flags.services);
  if (!services.ok()) return Error{ErrorKind::kInvalid, services.error().message};
  config->services = *services;
  return config;
}

// What sections need of each other, wherever they come from.
Status check_together(const ServerConfig& config) {
  if (!config.effects.gateway_url.empty() && config.services.nats_url.empty()) {
    return Error{ErrorKind::kInvalid, "gateway.url needs nats.url: effects run where there is a NATS server"};
  }
  return {};
}

// Answers GET /metrics on the admin address; everything else is not found.
HttpHandler admin_handler(App& app) {
  return [&app](const HttpRequest& request, HttpResponder responder) {
    if (request.target == "/metrics") {
      responder.send(HttpResponse{200, Metrics::kContentType, app.metrics().text(), {}});
    } else {
      responder.send(HttpResponse{404, "text/plain", "GET /metrics\n", {}});
    }
  };
}

// As many connections as are configured, or as the limit of open files leaves room for.
std::uint64_t affordable_connections(std::uint64_t configured) {
  const std::uint64_t affordable = raise_open_files();
  if (affordable >= configured) return configured;
  spdlog::warn("the limit of open files leaves room for {} connections, not {}; raise it (LimitNOFILE, ulimit -n)",
               affordable, configured);
  return affordable;
}

HttpServerOptions tenants_options(const ServerConfig& config) {
  HttpServerOptions options;
  options.address = config.address;
  options.port = config.port;
  options.tls_certificate_file = config.tls_certificate_file;
  options.tls_key_file = config.tls_key_file;
  options.io_threads = config.io_threads;
  options.max_connections = config.max_connections;
  options.max_body_bytes = config.max_body_bytes;
  return options;
}

struct Listeners {
  std::unique_ptr<HttpServer> tenants;
  std::unique_ptr<HttpServer> admin;
  std::unique_ptr<HttpServer> socket;
};

Result<Listeners> listen(App& app, const ServerConfig& config, const DataLayout& layout) {
  Listeners listeners;
  HttpServerOptions socket;
  socket.unix_path = layout.socket;
  Result<std::unique_ptr<HttpServer>> started = HttpServer::start(socket, app.operator_handler());
  if (!started.ok()) return started.error();
  listeners.socket = std::move(*started);

  started = HttpServer::start(tenants_options(config), app.public_handler(), app.public_gate());
  if (!started.ok()) return started.error();
  listeners.tenants = std::move(*started);
  // Before the admin server runs: from then on the list of sources is read by its thread.
  app.metrics().add_source(
      [&server = *listeners.tenants](MetricsText& text) { write_http_metrics(text, server.counters()); });

  HttpServerOptions admin;
  admin.address = config.admin_address;
  admin.port = config.admin_port;
  started = HttpServer::start(admin, admin_handler(app));
  if (!started.ok()) return started.error();
  listeners.admin = std::move(*started);
  return listeners;
}

std::string url_of(const std::string& scheme, const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

int say_valid(const Shell& shell) {
  const std::string path = DataLayout(shell.options.data).config;
  if (!shell.json()) {
    say(path + " is valid");
    return kExitOk;
  }
  std::string text;
  JsonWriter(text).begin_object().member("config", path).key("valid").boolean(true).end_object();
  print_document(text);
  return kExitOk;
}

// What stands outside and can be asked without sending anything.
int check_outside(const Shell& shell, const ServerConfig& config) {
  const EffectSettings& effects = config.effects;
  if (!effects.gateway_token_file.empty()) {
    if (const auto token = read_secret_line(effects.gateway_token_file); !token.ok()) return fail(token.error());
  }
  if (!effects.mail.url.empty()) {
    const Result<std::unique_ptr<SmtpMailSender>> mail = make_mail_sender(effects.mail);
    if (!mail.ok()) return fail(mail.error());
    if (Status answers = (*mail)->check(); !answers.ok()) return fail(kExitUsage, "mail: " + answers.error().message);
  }
  return say_valid(shell);
}

int serve(const Shell& shell, const ServeFlags& flags) {
  const sigset_t signals = block_stop_signals();
  Result<ServerConfig> config = read_settings(shell, flags);
  if (!config.ok())
    return fail(config.error().kind == ErrorKind::kNotFound ? kExitLogTrouble : kExitUsage, config.error().message);
  if (Status logging = use_json_log_lines(config.value().log_level); !logging.ok()) return fail(logging.error());
  if (Status usable = HttpServer::check(tenants_options(config.value())); !usable.ok()) return fail(usable.error());
  if (Status together = check_together(config.value()); !together.ok()) return fail(together.error());
  if (flags.check_config) return check_outside(shell, config.value());
  config->max_connections = affordable_connections(config->max_connections);
  const DataLayout layout(std::filesystem::absolute(shell.options.data).string());
  const std::string data = layout.directory;

  AppOptions options;
  options.data = data;
  options.config = config.value();
  options.on_failure = [](const Error& error) {
    spdlog::critical("{}; stopping, since what memory holds is not to be trusted", error.message);
    std::thread([] {
      std::this_thread::sleep_for(kFailureGrace);
      _exit(kExitFailed);
    }).detach();
  };
  Result<std::unique_ptr<App>> app = open_app(std::move(options), signals);
  if (!app.ok()) {
    const bool log_missing = app.error().kind == ErrorKind::kNotFound;
    if (app.error().kind == ErrorKind::kUnavailable) return fail(kExitFailed, app.error().message);
    return log_missing ? fail(kExitLogTrouble, app.error().message) : fail(app.error());
  }
  Result<Listeners> listeners = listen(**app, config.value(), layout);
  if (!listeners.ok()) return fail(kExitFailed, listeners.error().message);
  const std::string scheme = config.value().tls_certificate_file.empty() ? "http" : "https";
  ServeAddress address;
  address.url = url_of(scheme, config.value().address, listeners->tenants->port());
  address.admin_url = url_of("http", config.value().admin_address, listeners->admin->port());
  address.pid = ::getpid();
  if (Status written = write_serve_address(data, address); !written.ok()) return fail(written.error());
  spdlog::info("serving {} (admin {})", address.url, address.admin_url);
  notify_service_manager("READY=1");

  int received = 0;
  sigwait(&signals, &received);
  spdlog::info("signal {}: draining", received);
  notify_service_manager("STOPPING=1");
  (*app)->begin_drain();
  remove_serve_address(data);
  listeners->tenants->drain(std::chrono::seconds(config.value().drain_seconds));
  listeners->tenants->stop();
  listeners->admin->stop();
  listeners->socket->stop();
  (*app)->stop();
  spdlog::info("stopped");
  return kExitOk;
}

}  // namespace

void add_serve_command(CLI::App& app, Shell& shell) {
  CLI::App* const sub = app.add_subcommand("serve", "Runs the server of a data folder");
  auto flags = std::make_shared<ServeFlags>();
  sub->add_option("--port", flags->port, "Port of the tenants' API, 0 for a free one; default: till.toml")
      ->check(CLI::Range(0, 65535));
  sub->add_option("--services", flags->services, "File that names the MySQL and NATS servers instead of till.toml");
  sub->add_flag("--check-config", flags->check_config, "Checks the configuration and exits");
  sub->callback([&shell, flags] { shell.run = [&shell, flags] { return serve(shell, *flags); }; });
}

}  // namespace till
