#include "ops/bench/bench_server.h"

#include <algorithm>

#include "api/json_writer.h"
#include "ops/server_access.h"
#include "ops/terminal_probe.h"

namespace till {
namespace {

constexpr std::chrono::seconds kStartTimeout{600};
constexpr std::string_view kTenant = "bench";

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

Result<std::unique_ptr<BenchServer>> BenchServer::start(const BenchOptions& options, bool with_mysql, bool with_nats) {
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
  } else {
    auto directory = BenchDirectory::make(options.directory);
    if (!directory) return directory.error();
    server->directory_.emplace(std::move(*directory));
    server->data_ = server->directory_->path();
    if (with_mysql) {
      auto mysql = PrivateMysql::start(server->data_, server->data_ + "/mariadb.log");
      if (!mysql) return mysql.error();
      server->mysql_.emplace(std::move(*mysql));
    }
    if (with_nats) {
      auto nats = PrivateNats::start(server->data_, server->data_ + "/nats.log");
      if (!nats) return nats.error();
      server->nats_.emplace(std::move(*nats));
    }
    const auto code =
        run_program({own_program(), "init", "--data", server->data_}, {server->data_ + "/init.log"}, kStartTimeout);
    if (!code) return code.error();
    if (code.value() != 0) return Error{ErrorKind::kUnavailable, "`till init` failed in " + server->data_};
    auto status = server->launch();
    if (status) status = server->make_key();
    if (!status) return status.error();
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
  ServiceSettings services;
  if (mysql_) mysql_->describe(services);
  if (nats_) services.nats_url = nats_->url();
  auto status = write_services(data_ + "/services.toml", services);
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
  status = wait_until_ready(url_, kStartTimeout, alive);
  if (!status) return status;
  auto client = connect_operator(data_);
  if (!client) return client.error();
  operator_ = std::move(*client);
  return {};
}

Status BenchServer::make_key() {
  std::string tenant;
  JsonWriter(tenant).begin_object().member("tenant", kTenant).end_object();
  auto made = ask_operator(*operator_, "POST", "/operator/tenants", tenant);
  if (!made) return made.error();
  std::string key;
  JsonWriter(key).begin_object().member("tenant", kTenant).member("scope", "admin").end_object();
  made = ask_operator(*operator_, "POST", "/operator/keys", key);
  if (!made) return made.error();
  key_ = (*made)["key"].text();
  return {};
}

Status BenchServer::set_up(TradeGenerator& generator) {
  BatchSenderOptions options;
  options.url = url_;
  options.key = key_;
  auto sender = BatchSender::open(options);
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

}  // namespace till
