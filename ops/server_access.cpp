#include "ops/server_access.h"

#include <thread>

namespace till {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8080";
constexpr std::chrono::milliseconds kReadyPoll{50};

std::chrono::steady_clock::time_point end_of(std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  return timeout == kForever ? Clock::time_point::max() : Clock::now() + timeout;
}

}  // namespace

std::string server_url(const CommonOptions& options) {
  if (!options.url.empty()) return options.url;
  const auto address = read_serve_address(options.data);
  if (address && !address.value().url.empty()) return address.value().url;
  return kDefaultUrl;
}

Result<BatchSender> open_sender(const CommonOptions& options, std::size_t batch_commands) {
  auto key = read_key(options);
  if (!key) return key.error();
  const std::string url = server_url(options);
  auto client = HttpClient::open(url);
  if (!client) return client.error();
  if (!client->request("GET", "/livez")) {
    return Error{ErrorKind::kUnavailable, "no server answers at " + url};
  }
  BatchSenderOptions sender;
  sender.url = url;
  sender.key = std::move(*key);
  sender.batch_commands = batch_commands;
  return BatchSender::open(sender);
}

Status wait_until_ready(const std::string& url, std::chrono::milliseconds timeout, const std::function<bool()>& alive,
                        const std::function<void(const std::string&)>& tell) {
  auto client = HttpClient::open(url);
  if (!client) return client.error();
  const auto end = end_of(timeout);
  std::string last = "no server answers at " + url;
  while (!alive || alive()) {
    auto reply = client->request("GET", "/readyz");
    if (reply && reply->status == 200) return {};
    if (reply) {
      const auto problem = JsonNode::parse(reply->body);
      last = "not ready: " + (problem ? problem_sentence(*problem) : reply->body);
    }
    if (tell) tell(last);
    if (std::chrono::steady_clock::now() >= end) return Error{ErrorKind::kUnavailable, last};
    std::this_thread::sleep_for(kReadyPoll);
  }
  return Error{ErrorKind::kUnavailable, "the server ended before it was ready"};
}

Result<ServeAddress> wait_for_address(const std::string& data, std::chrono::milliseconds timeout,
                                      const std::function<bool()>& alive) {
  const auto end = end_of(timeout);
  while (alive()) {
    auto address = read_serve_address(data);
    if (address) return address;
    if (std::chrono::steady_clock::now() >= end) {
      return Error{ErrorKind::kUnavailable, "the server did not start to listen in time"};
    }
    std::this_thread::sleep_for(kReadyPoll);
  }
  return Error{ErrorKind::kUnavailable, "the server ended before it listened"};
}

}  // namespace till
