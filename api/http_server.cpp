#include "api/http_server.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "api/http_listener.h"
#include "api/http_shared.h"
#include "api/http_worker.h"
#include "api/socket_address.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kDrainPoll{2};

// Leaves `tls` empty where the options name no files.
Status load_tls(const HttpServerOptions& options, std::optional<asio::ssl::context>& tls) {
  if (options.tls_certificate_file.empty() && options.tls_key_file.empty()) return {};
  using Context = asio::ssl::context;
  AsioError error;
  tls.emplace(Context::tls_server);
  tls->set_options(
      Context::default_workarounds | Context::no_sslv2 | Context::no_sslv3 | Context::no_tlsv1 | Context::no_tlsv1_1,
      error);
  if (!error) tls->use_certificate_chain_file(options.tls_certificate_file, error);
  if (error) {
    return Error{ErrorKind::kInvalid,
                 "cannot use TLS certificate " + options.tls_certificate_file + ": " + error.message()};
  }
  tls->use_private_key_file(options.tls_key_file, Context::pem, error);
  if (error) return Error{ErrorKind::kInvalid, "cannot use TLS key " + options.tls_key_file + ": " + error.message()};
  return {};
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<HttpShared> shared = std::make_shared<HttpShared>();
  std::vector<std::shared_ptr<HttpWorker>> workers;
  std::unique_ptr<HttpListener> listener;
  std::mutex stopping;  // stop() and stop_accepting() may come from several threads
  bool accepting = true;
  bool stopped = false;

  void close_listener() {
    if (!std::exchange(accepting, false)) return;
    std::promise<void> closed;
    asio::post(workers.front()->io(), [this, &closed] {
      listener->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop();
}

Status HttpServer::check(const HttpServerOptions& options) {
  if (options.unix_path.empty()) {
    if (const auto address = ip_address(options.address, options.port); !address.ok()) return address.error();
  }
  std::optional<asio::ssl::context> unused;
  return load_tls(options, unused);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler, HttpGate gate) {
  auto impl = std::make_unique<Impl>();
  impl->shared->options = std::move(options);
  impl->shared->handler = std::move(handler);
  impl->shared->gate = std::move(gate);
  if (const Status loaded = load_tls(impl->shared->options, impl->shared->tls); !loaded.ok()) return loaded.error();
  const unsigned threads = std::max(1u, impl->shared->options.io_threads);
  for (unsigned i = 0; i < threads; ++i) impl->workers.push_back(std::make_shared<HttpWorker>(impl->shared));
  auto listener = HttpListener::open(impl->shared, impl->workers);
  if (!listener) return listener.error();
  impl->listener = std::move(listener.value());
  impl->listener->start();
  for (const auto& worker : impl->workers) worker->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const {
  return impl_->listener->port();
}

void HttpServer::stop_accepting() {
  const std::lock_guard lock(impl_->stopping);
  if (!impl_->stopped) impl_->close_listener();
}

bool HttpServer::drain(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  stop_accepting();
  for (const auto& worker : impl_->workers) worker->begin_drain();
  while (impl_->shared->open_connections.load() > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kDrainPoll);
  }
  return true;
}

void HttpServer::stop() {
  const std::lock_guard lock(impl_->stopping);
  if (std::exchange(impl_->stopped, true)) return;
  impl_->close_listener();
  for (const auto& worker : impl_->workers) worker->stop();
  impl_->shared->gate = nullptr;
  impl_->shared->handler = nullptr;  // a late responder must not keep alive what the handler holds
}

HttpServerCounters HttpServer::counters() const {
  HttpServerCounters sum;
  sum.open_connections = impl_->shared->open_connections.load();
  sum.in_flight = impl_->shared->in_flight.load();
  for (const auto& worker : impl_->workers) {
    const HttpWorkerCounts& counts = std::as_const(*worker).counts();
    sum.requests += counts.requests.load(std::memory_order_relaxed);
    sum.refused += counts.refused.load(std::memory_order_relaxed);
    sum.timeouts += counts.timeouts.load(std::memory_order_relaxed);
    sum.bytes_in += counts.bytes_in.load(std::memory_order_relaxed);
    sum.bytes_out += counts.bytes_out.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace till
