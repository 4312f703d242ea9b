// One client connection: reads a request, hands it to the handler, writes the answer, and again.
#pragma once

#include <memory>
#include <string>

#include "api/http_request_parser.h"
#include "api/http_transport.h"
#include "api/http_worker.h"
#include "schemas/errors.pb.h"

namespace till {

// Lives on its worker's thread; only send() may be called from elsewhere. It is the Sink of its own responders: one
// request is at the handler at a time, so there is one at most.
class HttpConnection final : public HttpResponder::Sink,
                             public TransportOwner,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpWorker> worker, std::unique_ptr<HttpTransport> transport, std::size_t index);

  void start();
  void start_refusing();  // too many connections: 503 and close
  void send(HttpResponse&& response) override;
  void deliver(HttpResponse&& response);  // an answer that another thread made
  void tick();                            // looks whether a timeout is over
  void begin_drain();
  void close();

  std::size_t index() const { return index_; }  // place in the worker's list
  void set_index(std::size_t index) { index_ = index; }

  void on_connected(bool ok) override;
  void on_read(bool ok, std::size_t bytes) override;
  void on_written(bool ok, std::size_t bytes) override;
  void on_lingered() override;

 private:
  enum class State { kConnecting, kIdle, kReadingHeader, kReadingBody, kHandling, kWriting, kLingering, kClosed };
  using TimePoint = HttpWorker::TimePoint;

  void run();
  void read_more();
  bool make_room();
  bool begin_body();
  bool handle();
  bool refuse(schema::ErrorCode code, std::string_view detail);
  bool refuse();
  bool refuse(HttpRequestParser::Progress progress);
  bool begin_answer();
  bool advance_answer(std::size_t bytes);
  Slices rest_of_answer() const;
  void reset_for_next();
  void release_body();
  void leave_handler();
  void set_deadline(std::chrono::milliseconds timeout);
  void note_progress(std::size_t bytes, std::chrono::milliseconds timeout);
  const HttpServerOptions& options() const { return worker_->shared().options; }

  const std::shared_ptr<HttpWorker> worker_;
  const std::unique_ptr<HttpTransport> transport_;
  std::size_t index_;
  State state_ = State::kConnecting;
  TimePoint deadline_;          // of the state; kHandling has none
  TimePoint body_deadline_;     // of the whole body
  std::size_t progressed_ = 0;  // bytes moved since deadline_ was set
  bool is_refusal_ = false;     // counted as refusing
  bool counted_in_flight_ = false;
  bool continue_pending_ = false;  // a 100 Continue is being written; an answer waits for it

  // The header of a request stays at the front of the buffer; [begin_, end_) is what no parser has seen.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string body_;
  BodyCharge charge_;
  std::optional<HttpRequestParser> parser_;

  HttpResponse answer_;
  bool answered_ = false;  // by the handler before it returned
  std::string head_;
  bool keep_alive_ = true;
  bool head_only_ = false;  // the body stays out
  std::size_t written_ = 0;
};

}  // namespace till
