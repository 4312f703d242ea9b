#include "api/http_connection.h"

#include <algorithm>
#include <cstring>

#include "api/http_answer.h"
#include "api/http_problem.h"

namespace till {
namespace {

constexpr std::size_t kFirstBufferBytes = 4 << 10;
constexpr std::size_t kBodyRoomBytes = 64 << 10;   // read at once of a body of known length
constexpr std::size_t kChunkRoomBytes = 16 << 10;  // and of a chunked one
constexpr std::size_t kKeptBodyBytes = 64 << 10;   // capacity a connection keeps between requests
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// The connection whose handler runs on this thread: its answer needs no detour.
thread_local const HttpConnection* at_handler = nullptr;

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpWorker> worker, std::unique_ptr<HttpTransport> transport,
                               std::size_t index)
    : worker_(std::move(worker)), transport_(std::move(transport)), index_(index), charge_(worker_->shared()) {}

void HttpConnection::start() {
  set_deadline(options().header_timeout);
  transport_->start(shared_from_this());
}

void HttpConnection::start_refusing() {
  is_refusal_ = true;
  start();
}

void HttpConnection::on_connected(bool ok) {
  if (state_ == State::kClosed) return;
  if (!ok) return close();
  reset_for_next();
  if (is_refusal_) {
    refuse(schema::OVERLOADED, "Too many connections are open");
  } else {
    run();
  }
}

// Requests that are in the buffer already are handled without another turn of the event loop.
void HttpConnection::run() {
  for (bool next = true; next;) {
    if (!parser_) parser_.emplace(options(), body_, charge_);
    const auto progress = parser_->feed(buffer_.get(), begin_, end_);
    if (progress == HttpRequestParser::Progress::kNeedMore) return read_more();
    next = progress == HttpRequestParser::Progress::kDone ? handle() : refuse(progress);
  }
}

void HttpConnection::read_more() {
  if (parser_->header_done()) {
    if (state_ != State::kReadingBody && !begin_body()) return;
  } else if (parser_->has_begun()) {
    if (state_ != State::kReadingHeader) {
      state_ = State::kReadingHeader;
      set_deadline(options().header_timeout);
    }
  } else if (worker_->draining()) {
    begin_drain();
  }
  if (state_ == State::kClosed) return;
  if (!make_room()) {
    if (parser_->header_done()) {
      refuse(schema::BAD_REQUEST, "The chunked body is malformed");
    } else {
      refuse(HttpRequestParser::Progress::kHeaderTooLarge);
    }
    return;
  }
  transport_->read_some(buffer_.get() + end_, capacity_ - end_, shared_from_this());
}

// False where the request is refused before its body.
bool HttpConnection::begin_body() {
  if (const HttpGate& gate = worker_->shared().gate) {
    if (std::optional<HttpResponse> refusal = gate(parser_->request(buffer_.get()))) {
      answer_ = std::move(*refusal);
      refuse();
      return false;
    }
  }
  state_ = State::kReadingBody;
  set_deadline(options().body_timeout);
  body_deadline_ = worker_->now() + options().body_total_timeout;
  if (!parser_->expects_continue() || begin_ != end_) return true;
  const auto sent = transport_->write_now({asio::buffer(kContinue), {}});
  if (sent == 0) {
    continue_pending_ = true;
    transport_->write_some({asio::buffer(kContinue), {}}, shared_from_this());
  } else if (sent != static_cast<std::ptrdiff_t>(kContinue.size())) {
    close();
  }
  return true;
}

// Space after end_ for the next bytes; false where the bound of a header, or of a piece of a chunked body, is reached.
bool HttpConnection::make_room() {
  std::size_t wanted = kFirstBufferBytes;
  if (parser_->header_done()) {
    const std::size_t keep = parser_->header_end();
    std::memmove(buffer_.get() + keep, buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_ - keep;
    begin_ = keep;
    const std::uint64_t remaining = parser_->remaining();
    wanted = keep + (remaining > 0 ? std::min<std::size_t>(remaining, kBodyRoomBytes) : kChunkRoomBytes);
  } else if (end_ == capacity_ && capacity_ > 0) {
    wanted = std::min(capacity_ * 2, options().max_header_bytes);
  }
  if (capacity_ < wanted) {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (end_ > 0) std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  return end_ < capacity_;
}

void HttpConnection::on_read(bool ok, std::size_t bytes) {
  if (state_ != State::kIdle && state_ != State::kReadingHeader && state_ != State::kReadingBody) return;
  if (!ok) return close();
  add(worker_->counts().bytes_in, bytes);
  end_ += bytes;
  if (state_ == State::kReadingBody) note_progress(bytes, options().body_timeout);
  run();
}

// True where the answer is written and the next request may be looked at; else that comes later, or never.
bool HttpConnection::handle() {
  HttpShared& shared = worker_->shared();
  state_ = State::kHandling;
  keep_alive_ = parser_->wants_keep_alive();
  head_only_ = parser_->is_head();
  if (shared.in_flight.fetch_add(1, std::memory_order_relaxed) >= shared.options.max_in_flight) {
    shared.in_flight.fetch_sub(1, std::memory_order_relaxed);
    add(worker_->counts().refused);
    answer_ = transport_problem(schema::OVERLOADED, "Too many requests are in flight");
    return begin_answer();
  }
  counted_in_flight_ = true;
  add(worker_->counts().requests);
  HttpRequest request = parser_->request(buffer_.get());
  request.request_number = shared.next_request_number.fetch_add(1, std::memory_order_relaxed);
  answered_ = false;
  at_handler = this;
  shared.handler(request, HttpResponder(shared_from_this()));
  at_handler = nullptr;
  return answered_ && begin_answer();
}

void HttpConnection::send(HttpResponse&& response) {
  if (at_handler == this) {
    answer_ = std::move(response);
    answered_ = true;
  } else {
    worker_->hand_in(shared_from_this(), std::move(response));
  }
}

void HttpConnection::deliver(HttpResponse&& response) {
  if (state_ != State::kHandling) return;
  answer_ = std::move(response);
  if (begin_answer()) run();
}

bool HttpConnection::refuse(HttpRequestParser::Progress progress) {
  using Progress = HttpRequestParser::Progress;
  switch (progress) {
    case Progress::kHeaderTooLarge: {
      const std::string limit = std::to_string(options().max_header_bytes);
      return refuse(schema::HEADERS_TOO_LARGE, "Request line and header fields may have " + limit + " bytes");
    }
    case Progress::kBodyTooLarge: {
      const std::string limit = std::to_string(options().max_body_bytes);
      return refuse(schema::BODY_TOO_LARGE, "A body may have " + limit + " bytes");
    }
    case Progress::kBodiesTooLarge:
      return refuse(schema::OVERLOADED, "Too many large bodies are arriving");
    case Progress::kBad:
    case Progress::kNeedMore:
    case Progress::kDone:
      break;
  }
  return refuse(schema::BAD_REQUEST, parser_->trouble());
}

// What follows on the connection cannot be trusted or is not wanted: answer, then close.
bool HttpConnection::refuse(schema::ErrorCode code, std::string_view detail) {
  answer_ = transport_problem(code, detail);
  return refuse();
}

// With the answer at hand.
bool HttpConnection::refuse() {
  add(worker_->counts().refused);
  keep_alive_ = false;
  head_only_ = parser_ && parser_->is_head();
  release_body();
  return begin_answer();
}

bool HttpConnection::begin_answer() {
  leave_handler();
  if (worker_->draining()) keep_alive_ = false;
  const bool http_1_0 = parser_ && parser_->is_http_1_0();
  format_head(head_, answer_, {worker_->date(), keep_alive_, http_1_0});
  if (head_only_ || is_bodiless(answer_.status)) answer_.body.clear();
  written_ = 0;
  state_ = State::kWriting;
  set_deadline(options().write_timeout);
  if (continue_pending_) return false;
  const auto sent = transport_->write_now(rest_of_answer());
  if (sent == HttpTransport::kFailed) {
    close();
    return false;
  }
  return advance_answer(static_cast<std::size_t>(sent));
}

// True where the whole answer is out and the connection goes on with the next request.
bool HttpConnection::advance_answer(std::size_t bytes) {
  written_ += bytes;
  add(worker_->counts().bytes_out, bytes);
  if (written_ < head_.size() + answer_.body.size()) {
    transport_->write_some(rest_of_answer(), shared_from_this());
    return false;
  }
  if (keep_alive_) {
    reset_for_next();
    return true;
  }
  release_body();
  state_ = State::kLingering;
  set_deadline(options().linger_timeout);
  transport_->linger(shared_from_this());
  return false;
}

void HttpConnection::on_written(bool ok, std::size_t bytes) {
  if (state_ == State::kClosed) return;
  if (!ok) return close();
  if (continue_pending_) {
    continue_pending_ = false;
    if (bytes != kContinue.size()) return close();
    bytes = 0;
  }
  if (state_ != State::kWriting) return;
  note_progress(bytes, options().write_timeout);
  if (advance_answer(bytes)) run();
}

Slices HttpConnection::rest_of_answer() const {
  if (written_ < head_.size()) return {asio::buffer(head_) + written_, asio::buffer(answer_.body)};
  return {asio::buffer(answer_.body) + (written_ - head_.size()), {}};
}

// Views of the answered request end here. What the client sent ahead moves to the front.
void HttpConnection::reset_for_next() {
  state_ = State::kIdle;
  set_deadline(options().idle_timeout);
  parser_.reset();
  answer_.body.clear();
  release_body();
  const std::size_t ahead = end_ - begin_;
  if (capacity_ > kFirstBufferBytes && ahead == 0) {
    buffer_.reset();
    capacity_ = 0;
  } else if (ahead > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, ahead);
  }
  begin_ = 0;
  end_ = ahead;
}

// As soon as nobody reads the body any more: what a lingering connection held would be missing to others.
void HttpConnection::release_body() {
  body_.clear();
  if (body_.capacity() > kKeptBodyBytes) body_.shrink_to_fit();
  charge_.release();
}

void HttpConnection::set_deadline(std::chrono::milliseconds timeout) {
  deadline_ = worker_->now() + timeout;
  progressed_ = 0;
}

// A peer that moves too few bytes within `timeout` is as bad as one that moves none.
void HttpConnection::note_progress(std::size_t bytes, std::chrono::milliseconds timeout) {
  progressed_ += bytes;
  if (progressed_ >= options().min_progress_bytes) set_deadline(timeout);
}

void HttpConnection::tick() {
  const TimePoint now = worker_->now();
  const bool late = now >= deadline_ || (state_ == State::kReadingBody && now >= body_deadline_);
  if (!late) return;
  switch (state_) {
    case State::kHandling:
    case State::kClosed:
      return;
    case State::kReadingHeader:
    case State::kReadingBody:
      add(worker_->counts().timeouts);
      refuse(schema::REQUEST_TIMEOUT, "The request did not arrive in time");
      return;
    case State::kConnecting:
    case State::kWriting:
      add(worker_->counts().timeouts);
      break;
    case State::kIdle:
    case State::kLingering:
      break;
  }
  close();
}

// A request whose bytes have arrived, if only at the socket, is still served.
void HttpConnection::begin_drain() {
  if (state_ == State::kIdle && begin_ == end_ && !transport_->bytes_waiting()) close();
}

void HttpConnection::on_lingered() {
  close();
}

void HttpConnection::leave_handler() {
  if (!counted_in_flight_) return;
  counted_in_flight_ = false;
  worker_->shared().in_flight.fetch_sub(1, std::memory_order_relaxed);
}

// The buffers stay: a handler may still look at its request.
void HttpConnection::close() {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  state_ = State::kClosed;
  leave_handler();
  transport_->close();
  if (is_refusal_) worker_->shared().refusing.fetch_sub(1);
  worker_->shared().open_connections.fetch_sub(1);
  worker_->forget(*this);
}

}  // namespace till
