#include "api/http_worker.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "api/http_connection.h"
#include "engine/named_thread.h"

namespace till {
namespace {

using std::chrono::milliseconds;

// Timeouts are late by one tick at most: an eighth of the shortest, within bounds.
milliseconds tick_interval(const HttpServerOptions& options) {
  const milliseconds shortest = std::min({options.header_timeout, options.body_timeout, options.body_total_timeout,
                                          options.write_timeout, options.idle_timeout, options.linger_timeout});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(250));
}

}  // namespace

HttpWorker::HttpWorker(std::shared_ptr<HttpShared> shared)
    : shared_(std::move(shared)), tick_interval_(tick_interval(shared_->options)) {
  read_clock();
}

void HttpWorker::start() {
  thread_ = named_thread(
      "http", [this] { io_.run(); }, ThreadShare::kPrompt);
}

void HttpWorker::adopt(int fd, int family, bool over_limit) {
  asio::post(io_, [this, fd, family, over_limit] { welcome(fd, family, over_limit); });
}

void HttpWorker::welcome(int fd, int family, bool over_limit) {
  PlainSocket socket(io_);
  AsioError error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error || inbox_closed_) {  // only this thread closes the inbox
    if (error) ::close(fd);
    shared_->open_connections.fetch_sub(1);
    if (over_limit) shared_->refusing.fetch_sub(1);
    return;
  }
  if (!ticking_) {
    read_clock();
    schedule_tick();
  }
  auto transport =
      shared_->tls ? make_tls_transport(std::move(socket), *shared_->tls) : make_plain_transport(std::move(socket));
  auto connection = std::make_shared<HttpConnection>(shared_from_this(), std::move(transport), connections_.size());
  connections_.push_back(connection);
  over_limit ? connection->start_refusing() : connection->start();
}

void HttpWorker::forget(HttpConnection& connection) {
  const std::size_t index = connection.index();
  TILL_ASSERT(index < connections_.size() && connections_[index].get() == &connection);
  const auto keep = std::move(connections_[index]);  // lives on until the caller has returned
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->set_index(index);
  }
  connections_.pop_back();
}

void HttpWorker::hand_in(std::shared_ptr<HttpConnection> connection, HttpResponse&& response) {
  bool wake = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    if (inbox_closed_) return;
    wake = inbox_.empty();
    inbox_.push_back({std::move(connection), std::move(response)});
  }
  // A burst of answers wakes the thread once.
  if (wake) asio::post(io_, [this] { empty_inbox(); });
}

void HttpWorker::empty_inbox() {
  {
    const std::lock_guard lock(inbox_mutex_);
    taken_.swap(inbox_);
  }
  for (Answer& answer : taken_) answer.connection->deliver(std::move(answer.response));
  taken_.clear();
}

void HttpWorker::read_clock() {
  now_ = std::chrono::steady_clock::now();
  const std::time_t second = std::time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  std::tm utc{};
  gmtime_r(&second, &utc);
  char text[40];
  date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

void HttpWorker::schedule_tick() {
  ticking_ = true;
  timer_.expires_after(tick_interval_);
  timer_.async_wait([this](const AsioError& error) {
    if (!error) tick();
  });
}

void HttpWorker::tick() {
  read_clock();
  // Backwards, because a connection that closes is replaced by the last one.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i >= connections_.size()) continue;
    const auto connection = connections_[i];
    connection->tick();
  }
  if (connections_.empty()) {
    ticking_ = false;
  } else {
    schedule_tick();
  }
}

void HttpWorker::begin_drain() {
  asio::post(io_, [this] {
    draining_ = true;
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (i >= connections_.size()) continue;
      const auto connection = connections_[i];
      connection->begin_drain();
    }
  });
}

void HttpWorker::close_all() {
  std::vector<Answer> dropped;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_closed_ = true;
    dropped.swap(inbox_);
  }
  timer_.cancel();
  while (!connections_.empty()) {
    const auto connection = connections_.back();
    connection->close();
  }
  work_.reset();
}

void HttpWorker::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] { close_all(); });
  thread_.join();
}

}  // namespace till
