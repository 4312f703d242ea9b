#include "ops/bench/bench_server.h"

#include <algorithm>
#include <filesystem>

#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "ops/server_access.h"
#include "ops/terminal_probe.h"

namespace till {
namespace {

constexpr std::chrono::seconds kStartTimeout{600};
constexpr std::string_view kTenant = "bench";

Status write_config(const std::string& data, const BenchServerOptions& needs) {
  std::string text = needs.more_config;
  if (needs.books_bytes > 0) text += "[memory]\nbooks_bytes = " + std::to_string(needs.books_bytes) + "\n";
  if (needs.with_export) {
    const std::string folder = data + "/export";
    std::error_code trouble;
    std::filesystem::create_directory(folder, trouble);
    if (trouble) return Error{ErrorKind::kUnavailable, folder + ": " + trouble.message()};
    text += "[export]\ndirectory = \"" + folder + "\"\n";
  }
  if (text.empty()) return {};
  return replace_file(data + "/till.toml", text, 0600);
}

}  // namespace

TradeShape bench_shape(unsigned connections) {
  TradeShape shape;
  shape.stores = kStores;
  shape.terminals_per_store = std::max(kTerminalsPerStore, (connections + kStores - 1) / kStores);
  shape.products = kSkus;
  shape.customers = 0;
  shape.stock_units = 0;
  return shape;
}

Result<std::unique_ptr<BenchServer>> BenchServer::start(const BenchOptions& options, const BenchServerOptions& needs) {
  std::unique_ptr<BenchServer> server(new BenchServer(options));
  const auto& common = options.shell->options;
  if (!common.url.empty()) {
    auto key = read_key(common);
    if (!key) return key.error();
    server->url_ = common.url;
    server->key_ = *key;
    server->data_ = common.data;
    auto client = connect_operator(common.data);
    if (!client) {
      return Error{client.error().kind, client.error().message + "; --data names the folder of the server at --url"};
    }
    server->operator_ = std::move(*client);
    auto address = read_serve_address(common.data);
    if (!address) return address.error();
    server->admin_url_ = address->admin_url;
    server->pid_ = static_cast<pid_t>(address->pid);
  } else {
    auto directory = BenchDirectory::make(options.directory);
    if (!directory) return directory.error();
    server->directory_.emplace(std::move(*directory));
    server->data_ = server->directory_->path();
    if (needs.with_mysql) {
      auto mysql = PrivateMysql::start(server->data_, server->data_ + "/mariadb.log");
      if (!mysql) return mysql.error();
      server->mysql_.emplace(std::move(*mysql));
    }
    if (needs.with_nats) {
      auto nats = PrivateNats::start(server->data_, server->data_ + "/nats.log");
      if (!nats) return nats.error();
      server->nats_.emplace(std::move(*nats));
    }
    const auto code =
        run_program({own_program(), "init", "--data", server->data_}, {server->data_ + "/init.log"}, kStartTimeout);
    if (!code) return code.error();
    if (code.value() != 0) return Error{ErrorKind::kUnavailable, "`till init` failed in " + server->data_};
    if (Status written = write_config(server->data_, needs); !written.ok()) return written.error();
    auto status = server->launch();
    if (!status) return status.error();
    auto key = server->add_tenant(std::string(kTenant));
    if (!key) return key.error();
    server->key_ = *key;
  }
  auto probe = measure_fdatasync_us(server->data_);
  if (!probe) return probe.error();
  server->fdatasync_us_ = *probe;
  return server;
}

BenchServer::~BenchServer() {
  operator_.reset();
  if (server_) server_->stop();
  if (nats_) nats_->stop();
  if (mysql_) mysql_->stop();
}

Status BenchServer::launch() {
  if (mysql_) mysql_->describe(services_);
  if (nats_) services_.nats_url = nats_->url();
  auto status = write_services(data_ + "/services.toml", services_);
  if (!status) return status;
  remove_serve_address(data_);
  auto child = ChildProcess::start(
      {own_program(), "serve", "--data", data_, "--port", "0", "--services", data_ + "/services.toml"},
      {data_ + "/serve.log"});
  if (!child) return child.error();
  server_.emplace(std::move(*child));
  const auto alive = [this] { return server_->running(); };
  auto address = wait_for_address(data_, kStartTimeout, alive);
  if (!address) return address.error();
  url_ = address->url;
  admin_url_ = address->admin_url;
  pid_ = server_->pid();
  status = wait_until_ready(url_, kStartTimeout, alive);
  if (!status) return status;
  auto client = connect_operator(data_);
  if (!client) return client.error();
  operator_ = std::move(*client);
  return {};
}

Result<std::string> BenchServer::add_tenant(const std::string& tenant) {
  std::string body;
  JsonWriter(body).begin_object().member("tenant", tenant).end_object();
  auto made = ask_operator(*operator_, "POST", "/operator/tenants", body);
  if (!made) return made.error();
  body.clear();
  JsonWriter(body).begin_object().member("tenant", tenant).member("scope", "admin").end_object();
  made = ask_operator(*operator_, "POST", "/operator/keys", body);
  if (!made) return made.error();
  return std::string((*made)["key"].text());
}

Result<BatchSender> BenchServer::open_sender(const std::string& key) const {
  BatchSenderOptions options;
  options.url = url_;
  options.key = key.empty() ? key_ : key;
  return BatchSender::open(options);
}

Status BenchServer::set_up(TradeGenerator& generator, const std::string& key) {
  auto sender = open_sender(key);
  if (!sender) return sender.error();
  CommandStream stream(*sender);
  generator.make_setup(stream.sink());
  const auto status = stream.finish();
  if (!status) return status;
  if (sender->counts().rejected > 0) return Error{ErrorKind::kInvalid, "the server refused the set-up"};
  return continue_terminals(*sender, generator);
}

Result<std::uint64_t> BenchServer::head() {
  auto head = ask_operator(*operator_, "GET", "/operator/log/head");
  if (!head) return head.error();
  return static_cast<std::uint64_t>((*head)["head"].integer());
}

Result<std::chrono::milliseconds> BenchServer::kill_and_restart() {
  if (!server_) return Error{ErrorKind::kInvalid, "this case needs its own server: leave --url out"};
  operator_.reset();
  server_->kill();
  const auto start = std::chrono::steady_clock::now();
  const auto status = launch();
  if (!status) return status.error();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

Status BenchServer::attach_nats() {
  if (!server_) return Error{ErrorKind::kInvalid, "this case needs its own server: leave --url out"};
  auto nats = PrivateNats::start(data_, data_ + "/nats.log");
  if (!nats) return nats.error();
  nats_.emplace(std::move(*nats));
  operator_.reset();
  server_->stop();
  return launch();
}

}  // namespace till
