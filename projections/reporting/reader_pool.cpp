#include "projections/reporting/reader_pool.h"

#include <utility>

namespace till::reporting {

Result<std::unique_ptr<SqlConnection>> ReaderPool::take(bool& reused) {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, options_.wait_most, [&] { return lent_ < options_.most; })) {
      return Error{ErrorKind::kUnavailable, "every reporting session is in use"};
    }
    ++lent_;
    if (!idle_.empty()) {
      std::unique_ptr<SqlConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      reused = true;
      return connection;
    }
  }
  reused = false;
  auto opened = SqlConnection::open(server_, SessionKind::kReader, options_.answer_timeout);
  if (!opened.ok()) give_back(nullptr);
  return opened;
}

void ReaderPool::give_back(std::unique_ptr<SqlConnection> connection) {
  const std::lock_guard lock(mutex_);
  --lent_;
  if (connection != nullptr && !connection->broken()) idle_.push_back(std::move(connection));
  returned_.notify_one();
}

void ReaderPool::drop_idle() {
  std::vector<std::unique_ptr<SqlConnection>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

Status ReaderPool::run(const std::function<Status(SqlConnection&)>& action) {
  while (true) {
    bool reused = false;
    auto taken = take(reused);
    if (!taken.ok()) return taken.error();
    Status done = action(**taken);
    const bool died = (*taken)->broken();
    give_back(std::move(taken.value()));
    if (done.ok() || !died || !reused) return done;
    // The others idle since then are as dead; the next attempt opens a new one.
    drop_idle();
  }
}

}  // namespace till::reporting
