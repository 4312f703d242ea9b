// A bounded number of sessions that only read, lent to one thread at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/result.h"
#include "projections/reporting/connection.h"

namespace till::reporting {

struct ReaderPoolOptions {
  std::size_t most = 4;                       // sessions open at once
  std::chrono::milliseconds wait_most{2000};  // for one to come back
  std::chrono::seconds answer_timeout{20};
};

// Thread safe.
class ReaderPool {
 public:
  ReaderPool(const ServerOptions& server, const ReaderPoolOptions& options) : server_(server), options_(options) {}

  // Runs `action` with a session. A session that turns out to be dead, as after a restart of the server, is replaced
  // once and the action run again; so it must begin from nothing. kUnavailable where none comes free in time.
  Status run(const std::function<Status(SqlConnection&)>& action);

 private:
  Result<std::unique_ptr<SqlConnection>> take(bool& reused);
  void give_back(std::unique_ptr<SqlConnection> connection);
  void drop_idle();

  const ServerOptions server_;
  const ReaderPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqlConnection>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace till::reporting
