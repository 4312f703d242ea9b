// One session with a MySQL or MariaDB server; the home of the connector, whose headers nothing else includes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "projections/wide_sum.h"

namespace till::reporting {

struct ServerOptions {
  std::string unix_socket;  // set: host and port are not used
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  std::string database = "till";
  std::chrono::seconds connect_timeout{3};
  bool local_infile = false;  // LOAD DATA LOCAL; only for a server that is trusted with this machine's files
};

// What a session is for; decides isolation, checks and lock waits.
enum class SessionKind : std::uint8_t {
  kWriter,       // READ COMMITTED, strict
  kBulk,         // as kWriter, without unique checks: for tables that nobody reads yet
  kReader,       // REPEATABLE READ, so that a transaction is one snapshot
  kMaintenance,  // as kReader, gives up quickly on a table or view in use: for DDL
};

// One row of an answer; valid inside the visit only. Columns count from 0.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual unsigned columns() const = 0;
  virtual bool is_null(unsigned column) const = 0;
  virtual std::string text(unsigned column) const = 0;
  // Integers, and sums of integers, which the server returns as decimals. 0 for NULL. One that leaves 64 bits, or that
  // is none, makes the query end with kInvalid.
  virtual std::int64_t integer(unsigned column) const = 0;
  // The same in 128 bits, for sums.
  virtual WideSum sum(unsigned column) const = 0;
};

// Belongs to one thread at a time; may be handed over between statements.
// Errors: kUnavailable (connection, lock wait, deadlock, privilege: trying again may help), kPoison (the server refuses
// the data), kNotFound (no such table or view), kInvalid (a number that does not fit). Texts hold no password and no
// statement.
class SqlConnection {
 public:
  // To be called once before threads are made.
  static void init_driver();
  // Connects, makes the database if it is missing and may be made, and sets the session up. `answer_timeout` bounds the
  // wait for any one answer.
  static Result<std::unique_ptr<SqlConnection>> open(const ServerOptions& options, SessionKind kind,
                                                     std::chrono::seconds answer_timeout);
  ~SqlConnection();
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;

  Status execute(std::string_view sql);
  Status query(std::string_view sql, const std::function<void(const SqlRow&)>& visit);

  // The server's number of the last error: 1205 is a lock that was waited for in vain.
  int last_code() const { return last_code_; }
  // True after an error that ends the session; it is of no further use.
  bool broken() const { return broken_; }
  // What one statement may have at most.
  std::size_t max_statement_bytes() const { return max_statement_bytes_; }

 private:
  struct Session;
  explicit SqlConnection(std::unique_ptr<Session> session);
  Status set_up(const ServerOptions& options, SessionKind kind);
  Status fail(const std::exception& exception);

  std::unique_ptr<Session> session_;
  int last_code_ = 0;
  bool broken_ = false;
  std::size_t max_statement_bytes_ = 0;
};

// Rolls back when it goes out of scope without commit().
class SqlTransaction {
 public:
  explicit SqlTransaction(SqlConnection& connection) : connection_(connection) {}
  ~SqlTransaction();
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  Status begin();
  // A transaction that only reads, all of it from one moment.
  Status begin_snapshot();
  Status commit();
  SqlConnection& connection() { return connection_; }

 private:
  SqlConnection& connection_;
  bool open_ = false;
};

inline constexpr int kLockWaitTimeout = 1205;

}  // namespace till::reporting
