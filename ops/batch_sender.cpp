#include "ops/batch_sender.h"

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "ops/operator_client.h"

namespace till {
namespace {

constexpr unsigned kOk = 200, kFirstError = 400;
constexpr unsigned kBadRequest = 400, kTimeout = 408, kTooLarge = 413, kTooMany = 429, kServerError = 500;

// Answers of the whole request after which the same request may succeed.
bool worth_retrying(unsigned status) {
  return status == kTimeout || status == kTooMany || status >= kServerError;
}

}  // namespace

Result<BatchSender> BatchSender::open(const BatchSenderOptions& options) {
  auto client = HttpClient::open(options.url);
  if (!client) return client.error();
  return BatchSender(std::move(*client), options);
}

Status BatchSender::add(std::string_view item) {
  if (!items_.empty() && (items_.size() >= options_.batch_commands || bytes_ + item.size() > options_.batch_bytes)) {
    const auto sent = flush();
    if (!sent) return sent;
  }
  items_.emplace_back(item);
  bytes_ += item.size();
  return {};
}

Status BatchSender::add(const KeyedCommand& command) {
  std::string item;
  append_batch_item(command, item);
  return add(item);
}

Status BatchSender::flush() {
  const auto sent = send(0, items_.size());
  items_.clear();
  bytes_ = 0;
  return sent;
}

std::string BatchSender::format(std::size_t first, std::size_t count) const {
  std::string body = R"({"commands":[)";
  body.reserve(bytes_ + count + 32);
  for (std::size_t i = first; i < first + count; ++i) {
    if (i != first) body += ',';
    body += items_[i];
  }
  return body + "]}";
}

Status BatchSender::send(std::size_t first, std::size_t count) {
  while (count > 0) {
    auto reply = client_.request("POST", "/v1/batch",
                                 {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + options_.key}},
                                 format(first, count));
    if (!reply || worth_retrying(reply->status)) {
      const std::string reason = reply ? "the server answers " + std::to_string(reply->status) : reply.error().message;
      const auto paused = pause(reason, reply ? &*reply : nullptr);
      if (!paused) return paused;
      continue;
    }
    if (reply->status == kOk) {
      std::size_t answered = 0;
      const auto taken = take_results(first, count, *reply, answered);
      if (!taken) return taken;
      first += answered;
      count -= answered;
      if (count == 0) break;
      const auto paused = pause("the server is overloaded", nullptr);
      if (!paused) return paused;
      continue;
    }
    const auto problem = JsonNode::parse(reply->body);
    const JsonNode document = problem ? problem.value() : JsonNode();
    const bool splits = reply->status == kBadRequest || reply->status == kTooLarge;
    if (!splits) return refusal(reply->status, document);
    // One bad item makes the whole request unreadable: halve until it stands alone.
    if (count == 1) {
      answer(items_[first], reply->status, document);
      return {};
    }
    const auto left = send(first, count / 2);
    return left ? send(first + count / 2, count - count / 2) : left;
  }
  return {};
}

// Stops at the first item that wants to be sent again: those behind it may depend on it.
Status BatchSender::take_results(std::size_t first, std::size_t count, const HttpReply& reply, std::size_t& answered) {
  auto document = JsonNode::parse(reply.body);
  if (!document) return document.error();
  const auto& results = (*document)["results"].items();
  if (results.size() != count) return Error{ErrorKind::kInvalid, "the server answered another number of items"};
  for (answered = 0; answered < count; ++answered) {
    const auto& result = results[answered];
    const auto status = static_cast<unsigned>(result["status"].integer());
    if (status >= kFirstError && result["body"]["retryable"].boolean()) return {};
    answer(items_[first + answered], status, result["body"]);
  }
  return {};
}

void BatchSender::answer(std::string_view item, unsigned status, const JsonNode& body) {
  last_progress_ = std::chrono::steady_clock::now();
  backoff_ = {};
  if (status < kFirstError) {
    ++counts_.accepted;
    last_position_ = body["position"].text();
  } else {
    ++counts_.rejected;
  }
  if (on_answer_) on_answer_(item, status, body);
}

Status BatchSender::pause(std::string_view reason, const HttpReply* reply) {
  if (std::chrono::steady_clock::now() - last_progress_ > options_.give_up) {
    return Error{ErrorKind::kUnavailable, "gave up after " + std::to_string(options_.give_up.count()) +
                                              " s without an answer: " + std::string(reason)};
  }
  backoff_ = backoff_.count() == 0 ? options_.retry_first : std::min(backoff_ * 2, options_.retry_most);
  auto wait = backoff_;
  if (reply != nullptr) {
    const auto text = reply->header("retry-after");
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    wait = std::clamp<std::chrono::milliseconds>(std::chrono::seconds(seconds), wait, options_.retry_most);
  }
  ++counts_.retries;
  std::this_thread::sleep_for(wait);
  return {};
}

}  // namespace till
