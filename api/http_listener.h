// The listening socket of a server and its accept loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/asio.h"
#include "api/http_worker.h"
#include "api/socket_address.h"
#include "engine/result.h"

namespace till {

// Accepts on the first worker's thread and spreads the connections over all of them in turn.
class HttpListener {
 public:
  // Binds and listens as the options say; nothing is accepted before start().
  static Result<std::unique_ptr<HttpListener>> open(std::shared_ptr<HttpShared> shared,
                                                    std::vector<std::shared_ptr<HttpWorker>> workers);
  ~HttpListener();

  std::uint16_t port() const { return port_; }
  void start();  // before the workers start
  void close();  // on the first worker's thread, or when that has ended; idempotent

 private:
  HttpListener(std::shared_ptr<HttpShared> shared, std::vector<std::shared_ptr<HttpWorker>> workers, Descriptor fd);

  void wait();
  void accept_waiting();
  void admit(int fd);

  std::shared_ptr<HttpShared> shared_;
  std::vector<std::shared_ptr<HttpWorker>> workers_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> socket_;
  asio::steady_timer pause_;
  int family_ = 0;
  std::uint16_t port_ = 0;
  std::string bound_path_;
  std::size_t next_worker_ = 0;
};

}  // namespace till
