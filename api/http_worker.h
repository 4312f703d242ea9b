// One I/O thread: an io_context, the connections that live on it, a coarse clock for their timeouts, and an inbox for
// answers made by other threads.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/asio.h"
#include "api/http_shared.h"

namespace till {

class HttpConnection;

// Kept alive by its connections, so that a late answer finds the inbox (closed by then). The methods say which thread.
class HttpWorker final : public std::enable_shared_from_this<HttpWorker> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit HttpWorker(std::shared_ptr<HttpShared> shared);

  // Any thread.
  void start();
  void adopt(int fd, int family, bool over_limit);  // owns the connected socket `fd` from now on
  void hand_in(std::shared_ptr<HttpConnection> connection, HttpResponse&& response);
  void begin_drain();
  void stop();  // not from the worker itself; joins
  const HttpWorkerCounts& counts() const { return counts_; }
  asio::io_context& io() { return io_; }

  // The I/O thread.
  void forget(HttpConnection& connection);
  bool draining() const { return draining_; }
  TimePoint now() const { return now_; }           // as of the last tick
  std::string_view date() const { return date_; }  // IMF-fixdate, as of the last tick
  HttpWorkerCounts& counts() { return counts_; }
  HttpShared& shared() { return *shared_; }

 private:
  struct Answer {
    std::shared_ptr<HttpConnection> connection;
    HttpResponse response;
  };

  void welcome(int fd, int family, bool over_limit);
  void empty_inbox();
  void read_clock();
  void schedule_tick();
  void tick();
  void close_all();

  std::shared_ptr<HttpShared> shared_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::steady_timer timer_{io_};
  std::chrono::milliseconds tick_interval_;
  bool ticking_ = false;
  bool draining_ = false;
  TimePoint now_;
  std::string date_;
  std::time_t date_second_ = 0;
  std::vector<std::shared_ptr<HttpConnection>> connections_;
  HttpWorkerCounts counts_;

  std::mutex inbox_mutex_;
  std::vector<Answer> inbox_;  // bounded by max_in_flight
  bool inbox_closed_ = false;
  std::vector<Answer> taken_;  // the I/O thread's half of the inbox, kept for its capacity
  std::thread thread_;
};

}  // namespace till
