#include "ops/bench/hook_counter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "projections/relay/event_message.h"

namespace till {
namespace {

constexpr unsigned kHookTaken = 200;
constexpr std::string_view kTimestamp = "\"timestamp\":\"";

std::int64_t micros_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace

Result<std::unique_ptr<HookCounter>> HookCounter::start(std::chrono::milliseconds delay) {
  std::unique_ptr<HookCounter> counter(new HookCounter(delay));
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(
      HttpServerOptions{}, [raw = counter.get()](const HttpRequest& request, HttpResponder responder) {
        raw->take(request, std::move(responder));
      });
  if (!server.ok()) return server.error();
  counter->server_ = std::move(*server);
  return counter;
}

HookCounter::~HookCounter() {
  std::vector<std::thread> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (std::thread& thread : waiting) thread.join();
  server_->stop();
}

std::string HookCounter::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
}

void HookCounter::take(const HttpRequest& request, HttpResponder responder) {
  const std::int64_t now = micros_now();
  const std::size_t at = request.body.find(kTimestamp);
  std::int64_t recorded = now;
  if (at != std::string_view::npos) {
    const std::string_view text = std::string_view(request.body).substr(at + kTimestamp.size());
    recorded = read_rfc3339(text.substr(0, text.find('"'))).value_or(Micros(now)).value();
  }
  const std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  const std::lock_guard lock(mutex_);
  ++received_;
  latencies_us_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(now - recorded, 0, most)));
  if (delay_.count() == 0) return responder.send(HttpResponse{kHookTaken, "text/plain", {}, {}});
  waiting_.emplace_back([delay = delay_, kept = std::move(responder)]() mutable {
    std::this_thread::sleep_for(delay);
    kept.send(HttpResponse{kHookTaken, "text/plain", {}, {}});
  });
}

std::uint64_t HookCounter::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::vector<std::uint32_t> HookCounter::latencies_us() const {
  const std::lock_guard lock(mutex_);
  return latencies_us_;
}

void HookCounter::forget() {
  const std::lock_guard lock(mutex_);
  received_ = 0;
  latencies_us_.clear();
}

}  // namespace till
