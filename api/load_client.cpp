#include "api/load_client.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "api/load_answer_parser.h"
#include "api/socket_address.h"

namespace till {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kLoadReadBytes = 16 << 10;
constexpr int kEventsAtOnce = 256;
constexpr milliseconds kLongestWait{100};
constexpr std::uint64_t kTimerEvent = ~std::uint64_t{0};

struct Connection {
  Descriptor fd;
  std::string out;
  std::size_t out_sent = 0;
  std::string in;
  std::size_t in_size = 0;
  Clock::time_point since;  // when the request in flight was sent, or due
  bool in_flight = false;
  bool waits_to_send = false;  // the socket is full
  bool finished = false;       // next() refused, or it cannot be opened again
};

std::uint64_t microseconds_between(Clock::time_point from, Clock::time_point to) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0));
}

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, const LoadCallbacks& callbacks, Endpoint endpoint)
      : options_(options),
        callbacks_(callbacks),
        endpoint_(std::move(endpoint)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        connections_(options.connections) {}

  Result<LoadResult> run() {
    epoll_event event{EPOLLIN, {.u64 = kTimerEvent}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
    for (unsigned i = 0; i < options_.connections; ++i) {
      if (const Status opened = open(i); !opened.ok()) return opened.error();
    }
    begin_ = Clock::now();
    end_ = begin_ + options_.duration;
    last_answer_ = begin_;
    for (unsigned i = 0; i < options_.connections; ++i) idle(i);
    while (sending() && open_ > 0) turn(end_);
    const auto drained = Clock::now() + options_.drain_timeout;
    over_ = true;
    while (in_flight_ > 0 && Clock::now() < drained) turn(drained);
    return result();
  }

 private:
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed); }
  bool sending() const { return finished_ < connections_.size() && Clock::now() < end_ && !stopped(); }

  Status open(unsigned index) {
    auto fd = connect_to(endpoint_, static_cast<int>(options_.connect_timeout.count()));
    if (!fd) return fd.error();
    fcntl(fd->get(), F_SETFL, fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
    epoll_event event{EPOLLIN, {.u64 = index}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd->get(), &event);
    Connection& connection = connections_[index];
    connection.fd = std::move(fd.value());
    connection.in_size = 0;
    connection.waits_to_send = false;
    ++open_;
    return {};
  }

  // The connection has nothing to do: begin the next request, or queue for one that falls due.
  void idle(unsigned index) {
    if (over_ || connections_[index].finished) return;
    if (options_.requests_per_second == 0) {
      begin_request(index, Clock::now());
    } else {
      free_.push_back(index);
    }
  }

  void begin_request(unsigned index, Clock::time_point since) {
    Connection& connection = connections_[index];
    connection.out.clear();
    if (!callbacks_.next(index, connection.out)) return finish(connection);
    connection.out_sent = 0;
    connection.since = since;
    connection.in_flight = true;
    ++in_flight_;
    ++result_.sent;
    push(index);
  }

  void finish(Connection& connection) {
    connection.finished = true;
    ++finished_;
  }

  void push(unsigned index) {
    Connection& connection = connections_[index];
    const std::size_t left = connection.out.size() - connection.out_sent;
    const ssize_t sent =
        ::send(connection.fd.get(), connection.out.data() + connection.out_sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;  // the read side reports the end
    connection.out_sent += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    const bool waits = connection.out_sent < connection.out.size();
    if (waits == connection.waits_to_send) return;
    connection.waits_to_send = waits;
    epoll_event event{waits ? EPOLLIN | EPOLLOUT : EPOLLIN, {.u64 = index}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  }

  void turn(Clock::time_point until) {
    if (options_.requests_per_second > 0 && !over_) begin_due();
    std::array<epoll_event, kEventsAtOnce> events;
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    const auto wait = std::clamp(left, milliseconds(0), kLongestWait);
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsAtOnce, static_cast<int>(wait.count()));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == kTimerEvent) {
        std::uint64_t expirations = 0;
        if (::read(timer_.get(), &expirations, sizeof expirations) < 0) continue;
      } else {
        const auto index = static_cast<unsigned>(event.data.u64);
        if ((event.events & EPOLLOUT) != 0) push(index);
        if ((event.events & ~EPOLLOUT) != 0) pull(index);
      }
    }
  }

  Clock::time_point due(std::uint64_t request) const {
    const std::uint64_t rate = options_.requests_per_second;
    return begin_ + std::chrono::seconds(request / rate) + nanoseconds(request % rate * 1'000'000'000 / rate);
  }

  void begin_due() {
    const auto now = Clock::now();
    while (!free_.empty() && due(next_due_) <= now) {
      const unsigned index = free_.back();
      free_.pop_back();
      const std::uint64_t sent_before = result_.sent;
      begin_request(index, due(next_due_));
      next_due_ += result_.sent - sent_before;
    }
    if (free_.empty()) return;  // an answer wakes us
    const auto at = std::chrono::duration_cast<nanoseconds>(due(next_due_).time_since_epoch()).count();
    const itimerspec when{{0, 0}, {at / 1'000'000'000, at % 1'000'000'000}};
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void pull(unsigned index) {
    Connection& connection = connections_[index];
    if (connection.in.size() < connection.in_size + kLoadReadBytes)
      connection.in.resize(connection.in_size + kLoadReadBytes);
    const ssize_t got = ::recv(connection.fd.get(), connection.in.data() + connection.in_size,
                               connection.in.size() - connection.in_size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return reopen(index);
    connection.in_size += static_cast<std::size_t>(got);
    ParsedAnswer answer;
    switch (parse_answer({connection.in.data(), connection.in_size}, options_.max_answer_bytes, answer)) {
      case AnswerProgress::kNeedMore:
        return;
      case AnswerProgress::kBad:
        return reopen(index);
      case AnswerProgress::kWhole:
        break;
    }
    if (!connection.in_flight) return reopen(index);  // nobody asked, for instance 408 or 503 before a close
    take(index, answer);
  }

  void take(unsigned index, const ParsedAnswer& answer) {
    Connection& connection = connections_[index];
    last_answer_ = Clock::now();
    connection.in_flight = false;
    connection.in_size = 0;
    --in_flight_;
    ++result_.answered;
    callbacks_.answered(
        {index, answer.status, answer.head, answer.body, microseconds_between(connection.since, last_answer_)});
    if (answer.closes) return reopen(index);
    idle(index);
  }

  void reopen(unsigned index) {
    Connection& connection = connections_[index];
    connection.fd = Descriptor();  // epoll forgets a closed descriptor
    --open_;
    const bool was_in_flight = std::exchange(connection.in_flight, false);
    if (was_in_flight) {
      --in_flight_;
      ++result_.lost;
      if (callbacks_.lost) callbacks_.lost(index);
    }
    const auto queued = std::find(free_.begin(), free_.end(), index);
    if (queued != free_.end()) free_.erase(queued);
    if (over_ || connection.finished) return;
    if (!open(index).ok()) return finish(connection);
    ++result_.reconnects;
    idle(index);
  }

  LoadResult result() {
    result_.unanswered = in_flight_;
    if (options_.requests_per_second > 0) {
      const auto until = std::min(Clock::now(), end_);
      while (due(next_due_ + result_.unsent) < until) ++result_.unsent;
    }
    result_.elapsed_us = microseconds_between(begin_, last_answer_);
    return result_;
  }

  const LoadOptions& options_;
  const LoadCallbacks& callbacks_;
  Endpoint endpoint_;
  Descriptor epoll_;
  Descriptor timer_;
  std::vector<Connection> connections_;
  std::vector<unsigned> free_;  // open loop: connections that wait for a request
  std::uint64_t next_due_ = 0;
  std::size_t open_ = 0;
  std::size_t finished_ = 0;
  std::uint64_t in_flight_ = 0;
  bool over_ = false;  // no more requests are begun
  Clock::time_point begin_, end_, last_answer_;
  LoadResult result_;
};

}  // namespace

Result<LoadResult> run_load(const LoadOptions& options, const LoadCallbacks& callbacks) {
  auto endpoint = parse_endpoint(options.url);
  if (!endpoint) return endpoint.error();
  if (endpoint->tls) return Error{ErrorKind::kInvalid, "load goes over http or a UNIX socket"};
  if (options.connections == 0 || !callbacks.next || !callbacks.answered) {
    return Error{ErrorKind::kInvalid, "load needs connections and callbacks"};
  }
  return LoadRun(options, callbacks, std::move(endpoint.value())).run();
}

}  // namespace till
