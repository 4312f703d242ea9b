#include "ops/bench/load_data_peer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "projections/reporting/connection.h"
#include "projections/reporting/generations.h"

namespace till {
namespace {

using reporting::SessionKind;
using reporting::SqlConnection;
using reporting::SqlRow;

constexpr std::chrono::seconds kLoadDataTimeout{1'800};

// As LOAD DATA reads by default: tabs, line ends, backslashes.
void append_field(const SqlRow& row, unsigned column, std::string& out) {
  if (row.is_null(column)) {
    out += "\\N";
    return;
  }
  for (const char c : row.text(column)) {
    if (c == '\t' || c == '\n' || c == '\\' || c == '\0') out += '\\';
    out += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\0' ? '0' : c;
  }
}

Result<std::uint64_t> copy_out(SqlConnection& connection, const std::string& table, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  std::uint64_t rows = 0;
  std::string line;
  const Status read = connection.query("SELECT * FROM `" + table + "` LIMIT " + std::to_string(kLoadDataRowsMost),
                                       [&](const SqlRow& row) {
                                         line.clear();
                                         for (unsigned column = 0; column < row.columns(); ++column) {
                                           if (column > 0) line += '\t';
                                           append_field(row, column, line);
                                         }
                                         file << line << '\n';
                                         ++rows;
                                       });
  if (!read.ok()) return read.error();
  return rows;
}

// Seconds that loading all rows of the table would take, by those that were loaded.
Result<double> load_seconds(SqlConnection& connection, const std::string& table, std::uint64_t rows,
                            const std::string& directory) {
  const std::string path = directory + "/load_data.tsv";
  const Result<std::uint64_t> copied = copy_out(connection, table, path);
  if (!copied.ok()) return copied.error();
  Status status = connection.execute("CREATE TABLE peer_load LIKE `" + table + "`");
  const auto start = std::chrono::steady_clock::now();
  if (status.ok()) {
    status = connection.execute("LOAD DATA LOCAL INFILE '" + path + "' INTO TABLE peer_load CHARACTER SET utf8mb4");
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::uint64_t loaded = 0;
  if (status.ok()) {
    status = connection.query("SELECT COUNT(*) FROM peer_load",
                              [&](const SqlRow& row) { loaded = static_cast<std::uint64_t>(row.integer(0)); });
  }
  if (status.ok()) status = connection.execute("DROP TABLE peer_load");
  std::filesystem::remove(path);
  if (!status.ok()) return status.error();
  if (loaded != copied.value()) {
    return Error{ErrorKind::kInvalid, "LOAD DATA took " + std::to_string(loaded) + " of " +
                                          std::to_string(copied.value()) + " rows of " + table};
  }
  return taken.count() * static_cast<double>(rows) / static_cast<double>(std::max<std::uint64_t>(loaded, 1));
}

}  // namespace

Result<LoadDataFigures> measure_load_data(const DatabaseAccess& access, const std::string& directory) {
  reporting::ServerOptions server;
  server.unix_socket = access.socket;
  server.user = access.user;
  server.password = access.password;
  server.database = access.database;
  server.local_infile = true;
  SqlConnection::init_driver();
  const Result<std::unique_ptr<SqlConnection>> opened =
      SqlConnection::open(server, SessionKind::kBulk, kLoadDataTimeout);
  if (!opened.ok()) return opened.error();
  SqlConnection& connection = *opened.value();
  const Result<reporting::Generations> generations = reporting::read_generations(connection);
  if (!generations.ok()) return generations.error();
  const std::string prefix = reporting::generation_prefix(generations.value().serving);
  std::vector<std::string> tables;
  Status status = connection.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' "
      "AND table_name LIKE '" +
          prefix + "%'",
      [&](const SqlRow& row) { tables.push_back(row.text(0)); });
  LoadDataFigures figures;
  double seconds = 0;
  for (const std::string& table : tables) {
    std::uint64_t rows = 0;
    if (status.ok()) {
      status = connection.query("SELECT COUNT(*) FROM `" + table + "`",
                                [&](const SqlRow& row) { rows = static_cast<std::uint64_t>(row.integer(0)); });
    }
    if (!status.ok()) return status.error();
    if (rows == 0) continue;
    const Result<double> taken = load_seconds(connection, table, rows, directory);
    if (!taken.ok()) return taken.error();
    figures.rows += rows;
    seconds += taken.value();
  }
  if (!status.ok()) return status.error();
  figures.rows_per_second = static_cast<std::uint64_t>(static_cast<double>(figures.rows) / std::max(seconds, 1e-3));
  return figures;
}

}  // namespace till
