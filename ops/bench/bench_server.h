// The server under load: a private one in a folder of its own, or one that runs already (--url).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/result.h"
#include "ops/bench/bench.h"
#include "ops/child_process.h"
#include "ops/operator_client.h"
#include "ops/private_servers.h"
#include "ops/trade_generator.h"

namespace till {

class BenchServer {
 public:
  // Private without --url; then `with_mysql` and `with_nats` say what stands beside it. With --url, --key-file and
  // --data of that server are needed too.
  static Result<std::unique_ptr<BenchServer>> start(const BenchOptions& options, bool with_mysql, bool with_nats);
  ~BenchServer();

  const std::string& url() const { return url_; }
  const std::string& key() const { return key_; }
  const std::string& data() const { return data_; }
  std::uint64_t fdatasync_us() const { return fdatasync_us_; }

  // The chain under load: 53 stores, 20,000 SKUs. Terminals go on where they stand.
  Status set_up(TradeGenerator& generator);
  // Position of the last durable record.
  Result<std::uint64_t> head();
  OperatorClient& operator_client() { return *operator_; }

  // Of a private server: kills it (SIGKILL) and starts it again. Time until it was ready.
  Result<std::chrono::milliseconds> kill_and_restart();

 private:
  explicit BenchServer(const BenchOptions& options) : options_(options) {}
  Status launch();
  Status make_key();

  const BenchOptions options_;
  std::optional<BenchDirectory> directory_;
  std::string data_;
  std::string url_;
  std::string key_;
  std::uint64_t fdatasync_us_ = 0;
  std::optional<PrivateMysql> mysql_;
  std::optional<PrivateNats> nats_;
  std::optional<ChildProcess> server_;
  std::unique_ptr<OperatorClient> operator_;
};

// The shape of every load: as a chain of 53 stores. Enough terminals that each connection has some of its own.
TradeShape bench_shape(unsigned connections);

}  // namespace till
