// The server under load: a private one in a folder of its own, or one that runs already (--url).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/result.h"
#include "ops/batch_sender.h"
#include "ops/bench/bench.h"
#include "ops/child_process.h"
#include "ops/operator_client.h"
#include "ops/private_servers.h"
#include "ops/trade_generator.h"

namespace till {

// What a private server has, or stands beside it.
struct BenchServerOptions {
  bool with_mysql = false;
  bool with_nats = false;
  bool with_export = false;       // into a folder below its data
  std::uint64_t books_bytes = 0;  // memory of the books; 0: the usual
  std::string more_config;        // sections of till.toml
};

// Units of each product that each store begins with, where a case wants stock at all.
inline constexpr std::int64_t kStockUnits = 1'000'000;

class BenchServer {
 public:
  // Private without --url. With it, --key-file and --data of that server are needed too, and `needs` is what it has.
  static Result<std::unique_ptr<BenchServer>> start(const BenchOptions& options, const BenchServerOptions& needs);
  ~BenchServer();

  const std::string& url() const { return url_; }
  const std::string& admin_url() const { return admin_url_; }
  pid_t pid() const { return pid_; }
  const std::string& key() const { return key_; }
  const std::string& data() const { return data_; }
  std::uint64_t fdatasync_us() const { return fdatasync_us_; }

  // Of the MariaDB beside a private server, if there is one.
  const ServiceSettings& services() const { return services_; }

  // Another tenant; its admin key.
  Result<std::string> add_tenant(const std::string& tenant);
  // The chain under load, with all that `generator` says; of the tenant whose key this is, key() where it is empty.
  // Terminals go on where they stand.
  Status set_up(TradeGenerator& generator, const std::string& key = {});
  // Position of the last durable record.
  Result<std::uint64_t> head();
  // What sends batches to it, of the tenant whose key this is, key() where it is empty.
  Result<BatchSender> open_sender(const std::string& key = {}) const;
  OperatorClient& operator_client() { return *operator_; }

  // Of a private server: kills it (SIGKILL) and starts it again. Time until it was ready.
  Result<std::chrono::milliseconds> kill_and_restart();
  // Of a private server without one: starts a nats-server and starts the server again, to use it.
  Status attach_nats();

 private:
  explicit BenchServer(const BenchOptions& options) : options_(options) {}
  Status launch();

  const BenchOptions options_;
  std::optional<BenchDirectory> directory_;
  std::string data_;
  std::string url_;
  std::string admin_url_;
  pid_t pid_ = -1;
  std::string key_;
  ServiceSettings services_;
  std::uint64_t fdatasync_us_ = 0;
  std::optional<PrivateMysql> mysql_;
  std::optional<PrivateNats> nats_;
  std::optional<ChildProcess> server_;
  std::unique_ptr<OperatorClient> operator_;
};

// The shape of every load: as a chain of 53 stores. Enough terminals that each connection has some of its own.
TradeShape bench_shape(unsigned connections);

}  // namespace till
