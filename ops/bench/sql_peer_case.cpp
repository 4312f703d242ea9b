// The same sale as one SQL transaction on MariaDB, flushed at commit: what a till back end without a log would do.
// Several numbers of connections are tried; the best one counts.
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "ops/bench/bench_server.h"
#include "projections/reporting/connection.h"

namespace till {
namespace {

using reporting::SessionKind;
using reporting::SqlConnection;

constexpr std::chrono::seconds kAnswerTimeout{60};
constexpr int kAttemptsMost = 20;  // of one sale that meets a deadlock

Status run_all(SqlConnection& connection, const std::vector<std::string>& statements) {
  for (const auto& statement : statements) {
    const auto status = connection.execute(statement);
    if (!status) return status;
  }
  return {};
}

Status make_tables(SqlConnection& connection) {
  auto status = run_all(
      connection,
      {"CREATE TABLE peer_sale (id VARCHAR(64) PRIMARY KEY, idempotency_key VARCHAR(255) NOT NULL UNIQUE, "
       "store INT NOT NULL, terminal INT NOT NULL, terminal_seq BIGINT NOT NULL, occurred_at DATETIME(6) NOT NULL, "
       "total BIGINT NOT NULL, UNIQUE (terminal, terminal_seq)) ENGINE=InnoDB",
       "CREATE TABLE peer_line (sale VARCHAR(64), line INT, sku INT NOT NULL, quantity BIGINT NOT NULL, "
       "price BIGINT NOT NULL, net BIGINT NOT NULL, PRIMARY KEY (sale, line)) ENGINE=InnoDB",
       "CREATE TABLE peer_tender (sale VARCHAR(64), seq INT, type INT NOT NULL, amount BIGINT NOT NULL, "
       "PRIMARY KEY (sale, seq)) ENGINE=InnoDB",
       "CREATE TABLE peer_stock (store INT, sku INT, on_hand BIGINT NOT NULL, PRIMARY KEY (store, sku)) "
       "ENGINE=InnoDB"});
  constexpr std::size_t kRowsPerInsert = 5000;
  for (std::size_t store = 1; status && store <= kStores; ++store) {
    for (std::size_t first = 1; status && first <= kSkus; first += kRowsPerInsert) {
      std::string sql = "INSERT INTO peer_stock VALUES ";
      for (std::size_t sku = first; sku < first + kRowsPerInsert; ++sku) {
        if (sku != first) sql += ',';
        sql += "(" + std::to_string(store) + "," + std::to_string(sku) + ",1000000)";
      }
      status = connection.execute(sql);
    }
  }
  return status;
}

// One client: its own connection and terminal.
class PeerClient {
 public:
  PeerClient(std::unique_ptr<SqlConnection> connection, std::size_t terminal, const WeightedChoice& popularity)
      : connection_(std::move(connection)), terminal_(terminal), popularity_(popularity), random_(terminal) {}

  // True when the sale is durable.
  bool ring_up() {
    const std::string id = std::to_string(terminal_) + "-" + std::to_string(++sequence_);
    std::array<std::size_t, 3> skus{};
    for (auto& sku : skus) sku = popularity_.draw(random_) + 1;
    std::sort(skus.begin(), skus.end());  // rows are locked in one order, so that deadlocks stay rare
    const std::string store = std::to_string(terminal_ % kStores + 1);
    std::string lines = "INSERT INTO peer_line VALUES ";
    for (std::size_t i = 0; i < skus.size(); ++i) {
      lines += (i == 0 ? "('" : ",('") + id + "'," + std::to_string(i + 1) + "," + std::to_string(skus[i]) +
               ",100000,999,999)";
    }
    std::vector<std::string> statements = {"START TRANSACTION",
                                           "INSERT INTO peer_sale VALUES ('" + id + "','" + id + "'," + store + "," +
                                               std::to_string(terminal_) + "," + std::to_string(sequence_) +
                                               ",UTC_TIMESTAMP(6),2997)",
                                           lines, "INSERT INTO peer_tender VALUES ('" + id + "',1,2,2997)"};
    for (const auto sku : skus) {
      statements.push_back("UPDATE peer_stock SET on_hand = on_hand - 1 WHERE store = " + store +
                           " AND sku = " + std::to_string(sku));
    }
    statements.emplace_back("COMMIT");
    for (int attempt = 0; attempt < kAttemptsMost; ++attempt) {
      if (run_all(*connection_, statements)) return true;
      (void)connection_->execute("ROLLBACK");
    }
    return false;
  }

 private:
  std::unique_ptr<SqlConnection> connection_;
  const std::size_t terminal_;
  const WeightedChoice& popularity_;
  SeededRandom random_;
  std::uint64_t sequence_ = 0;
};

Result<BenchResult> peer_run(const reporting::ServerOptions& server, unsigned connections, std::size_t first_terminal,
                             std::chrono::seconds duration) {
  const auto popularity = WeightedChoice::zipf(kSkus);
  std::vector<PeerClient> clients;
  for (unsigned i = 0; i < connections; ++i) {
    auto connection = SqlConnection::open(server, SessionKind::kWriter, kAnswerTimeout);
    if (!connection) return connection.error();
    clients.emplace_back(std::move(*connection), first_terminal + i, popularity);
  }
  std::vector<std::vector<std::uint32_t>> latencies(connections);
  std::atomic<std::uint64_t> failed{0};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      for (auto now = start; now < start + duration;) {
        if (!clients[i].ring_up()) ++failed;
        const auto then = std::exchange(now, std::chrono::steady_clock::now());
        latencies[i].push_back(
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - then).count()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto elapsed = std::chrono::steady_clock::now() - start;
  std::vector<std::uint32_t> all;
  for (auto& part : latencies) all.insert(all.end(), part.begin(), part.end());
  BenchResult result;
  result.failed = failed;
  const auto elapsed_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count());
  result.rate = (all.size() - result.failed) * 1'000'000 / std::max<std::uint64_t>(elapsed_us, 1);
  result.numbers = {{"connections", connections}};
  fill_percentiles(all, result);
  return result;
}

}  // namespace

Result<BenchResult> bench_sql_peer(const BenchOptions& options) {
  auto directory = BenchDirectory::make(options.directory);
  if (!directory) return directory.error();
  auto mysql = PrivateMysql::start(directory->path(), directory->path() + "/mariadb.log");
  if (!mysql) return mysql.error();
  ServiceSettings services;
  mysql->describe(services);
  reporting::ServerOptions server;
  server.unix_socket = services.mysql.socket;
  server.user = services.mysql.user;
  server.password = services.mysql.password;
  server.database = services.mysql.database;
  SqlConnection::init_driver();
  auto connection = SqlConnection::open(server, SessionKind::kWriter, kAnswerTimeout);
  if (!connection) return connection.error();
  const auto made = make_tables(**connection);
  if (!made) return made.error();
  std::vector<unsigned> counts = {8, 16, 32, 64};
  if (options.connections != 0) counts = {options.connections};
  BenchResult best;
  std::size_t terminal = 1;
  for (const unsigned count : counts) {
    draw_progress("connections", count, 0);
    auto run = peer_run(server, count, terminal, options.run_time());
    if (!run) return run.error();
    terminal += count;
    if (run->rate > best.rate) best = std::move(*run);
  }
  clear_progress();
  auto probe = measure_fdatasync_us(directory->path());
  if (!probe) return probe.error();
  best.numbers.emplace_back("fdatasync_us", static_cast<std::int64_t>(*probe));
  best.peer = {{"rate", static_cast<std::int64_t>(best.rate)}, {"p99_us", static_cast<std::int64_t>(best.p99_us)}};
  return best;
}

}  // namespace till
