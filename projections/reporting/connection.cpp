#include "projections/reporting/connection.h"

#include <optional>
#include <utility>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>
#pragma GCC diagnostic pop

#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

// Part of max_allowed_packet that a statement uses at most: the packet has more than its text.
constexpr std::size_t kPacketShare = 2;
constexpr std::size_t kPacketBytesUnknown = 1u << 20;

// NO_BACKSLASH_ESCAPES is left out: sql_text.h escapes with backslashes.
constexpr std::string_view kSqlMode =
    "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_"
    "BY";

// The client library keeps state per thread that must be released by that thread.
class DriverThread {
 public:
  DriverThread() { sql::mysql::get_driver_instance()->threadInit(); }
  ~DriverThread() { sql::mysql::get_driver_instance()->threadEnd(); }
  DriverThread(const DriverThread&) = delete;
  DriverThread& operator=(const DriverThread&) = delete;
};

void enter_driver() {
  thread_local const DriverThread thread;
}

// Codes 2000-2999 are the client's own: the connection is gone.
bool ends_session(int code) {
  return (code >= 2000 && code < 3000) || code == 1053 || code == 1077 || code == 1079 || code == 1927 || code == 0;
}

// The server looked at the rows and refuses them; they will not become better.
bool refuses_data(int code) {
  switch (code) {
    case 1048:  // column cannot be null
    case 1062:  // duplicate key
    case 1264:  // out of range
    case 1265:  // truncated
    case 1292:  // wrong date or time
    case 1366:  // wrong string or integer
    case 1406:  // too long
    case 1690:  // sum out of range
    case 4025:  // check failed
      return true;
    default:
      return false;
  }
}

ErrorKind kind_of(int code) {
  if (refuses_data(code)) return ErrorKind::kPoison;
  if (code == 1146 || code == 1051 || code == 1356) return ErrorKind::kNotFound;
  return ErrorKind::kUnavailable;
}

sql::ConnectOptionsMap connect_options(const ServerOptions& options, std::chrono::seconds answer_timeout) {
  sql::ConnectOptionsMap map;
  map["hostName"] =
      sql::SQLString(options.unix_socket.empty() ? "tcp://" + options.host + ":" + std::to_string(options.port)
                                                 : "unix://" + options.unix_socket);
  map["userName"] = sql::SQLString(options.user);
  map["password"] = sql::SQLString(options.password);
  map["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  map["OPT_CONNECT_TIMEOUT"] = static_cast<int>(options.connect_timeout.count());
  map["OPT_READ_TIMEOUT"] = static_cast<int>(answer_timeout.count());
  map["OPT_WRITE_TIMEOUT"] = static_cast<int>(answer_timeout.count());
  if (options.local_infile) map["OPT_LOCAL_INFILE"] = 1;
  return map;
}

class ResultRow : public SqlRow {
 public:
  explicit ResultRow(const sql::ResultSet& result) : result_(result) {}
  unsigned columns() const override { return result_.getMetaData()->getColumnCount(); }
  bool is_null(unsigned column) const override { return result_.isNull(column + 1); }
  std::string text(unsigned column) const override { return result_.getString(column + 1).asStdString(); }
  std::int64_t integer(unsigned column) const override {
    const std::optional<std::int64_t> value = narrow(sum(column));
    all_fit_ = all_fit_ && value.has_value();
    return value.value_or(0);
  }
  WideSum sum(unsigned column) const override {
    if (is_null(column)) return 0;
    const std::optional<WideSum> value = parse_wide_sum(text(column));
    all_fit_ = all_fit_ && value.has_value();
    return value.value_or(0);
  }
  // False after a number that does not fit where it was asked for.
  bool all_fit() const { return all_fit_; }

 private:
  const sql::ResultSet& result_;
  mutable bool all_fit_ = true;
};

}  // namespace

struct SqlConnection::Session {
  std::unique_ptr<sql::Connection> connection;
  std::unique_ptr<sql::Statement> statement;
};

void SqlConnection::init_driver() {
  sql::mysql::get_driver_instance();
}

SqlConnection::SqlConnection(std::unique_ptr<Session> session) : session_(std::move(session)) {}

SqlConnection::~SqlConnection() {
  enter_driver();
  session_->statement.reset();
  session_->connection.reset();
}

Status SqlConnection::fail(const std::exception& exception) {
  const auto* const sql_exception = dynamic_cast<const sql::SQLException*>(&exception);
  last_code_ = sql_exception == nullptr ? 0 : sql_exception->getErrorCode();
  if (ends_session(last_code_)) broken_ = true;
  return Error{kind_of(last_code_), "MySQL " + std::to_string(last_code_) + ": " + exception.what()};
}

Result<std::unique_ptr<SqlConnection>> SqlConnection::open(const ServerOptions& options, SessionKind kind,
                                                           std::chrono::seconds answer_timeout) {
  enter_driver();
  std::unique_ptr<SqlConnection> connection(new SqlConnection(std::make_unique<Session>()));
  try {
    sql::ConnectOptionsMap map = connect_options(options, answer_timeout);
    connection->session_->connection.reset(sql::mysql::get_driver_instance()->connect(map));
    connection->session_->statement.reset(connection->session_->connection->createStatement());
  } catch (const std::exception& exception) {
    // Whatever it was, a wrong password included, the next attempt may meet a better configured server.
    return Error{ErrorKind::kUnavailable, connection->fail(exception).error().message};
  }
  if (Status ready = connection->set_up(options, kind); !ready.ok()) {
    return Error{ErrorKind::kUnavailable, ready.error().message};
  }
  return connection;
}

Status SqlConnection::set_up(const ServerOptions& options, SessionKind kind) {
  const bool snapshot = kind == SessionKind::kReader || kind == SessionKind::kMaintenance;
  const std::string database = quoted_name(options.database);
  // Without the privilege the database has to be there already, which USE tells.
  if (!execute("USE " + database).ok()) {
    (void)execute("CREATE DATABASE IF NOT EXISTS " + database + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  }
  for (const std::string& statement :
       {"USE " + database, std::string("SET NAMES utf8mb4 COLLATE utf8mb4_bin"),
        "SET SESSION sql_mode = '" + std::string(kSqlMode) + "', time_zone = '+00:00', autocommit = 1",
        std::string("SET SESSION TRANSACTION ISOLATION LEVEL ") + (snapshot ? "REPEATABLE READ" : "READ COMMITTED")}) {
    if (Status set = execute(statement); !set.ok()) return set;
  }
  // A low wait for table locks: a long report must not queue everybody behind a rename. DDL is tried again instead.
  if (kind == SessionKind::kMaintenance) {
    if (Status set = execute("SET SESSION lock_wait_timeout = 1"); !set.ok()) return set;
  }
  if (kind == SessionKind::kBulk) (void)execute("SET SESSION unique_checks = 0, foreign_key_checks = 0");
  std::size_t packet = kPacketBytesUnknown;
  Status asked = query("SELECT @@max_allowed_packet",
                       [&](const SqlRow& row) { packet = static_cast<std::size_t>(row.integer(0)); });
  max_statement_bytes_ = packet / kPacketShare;
  return asked;
}

Status SqlConnection::execute(std::string_view sql) {
  enter_driver();
  try {
    session_->statement->execute(sql::SQLString(sql.data(), sql.size()));
    return {};
  } catch (const std::exception& exception) {
    return fail(exception);
  }
}

Status SqlConnection::query(std::string_view sql, const std::function<void(const SqlRow&)>& visit) {
  enter_driver();
  try {
    const std::unique_ptr<sql::ResultSet> result(
        session_->statement->executeQuery(sql::SQLString(sql.data(), sql.size())));
    const ResultRow row(*result);
    while (result->next()) visit(row);
    if (!row.all_fit()) return Error{ErrorKind::kInvalid, "a number in the answer of MySQL is too large"};
    return {};
  } catch (const std::exception& exception) {
    return fail(exception);
  }
}

SqlTransaction::~SqlTransaction() {
  if (open_ && !connection_.broken()) (void)connection_.execute("ROLLBACK");
}

Status SqlTransaction::begin() {
  Status begun = connection_.execute("START TRANSACTION");
  open_ = begun.ok();
  return begun;
}

Status SqlTransaction::begin_snapshot() {
  Status begun = connection_.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  open_ = begun.ok();
  return begun;
}

Status SqlTransaction::commit() {
  Status committed = connection_.execute("COMMIT");
  // Of a failed commit nobody knows the outcome; a rollback would tell nothing.
  open_ = false;
  return committed;
}

}  // namespace till::reporting
