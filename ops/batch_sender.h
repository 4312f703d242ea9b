// Sends commands in order through POST /v1/batch, one batch in flight, so that the order of each terminal holds. Each
// item has its idempotency key: whatever is interrupted is simply sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_client.h"
#include "api/json_node.h"
#include "engine/result.h"
#include "ops/keyed_command.h"

namespace till {

struct BatchSenderOptions {
  std::string url;
  std::string key;
  std::size_t batch_commands = 500;
  std::size_t batch_bytes = 1u << 20;
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_most{5'000};
  std::chrono::seconds give_up{120};  // after so long without one answered item
};

struct BatchCounts {
  std::uint64_t accepted = 0;  // replays of an earlier run included
  std::uint64_t rejected = 0;
  std::uint64_t retries = 0;
  std::uint64_t total() const { return accepted + rejected; }
};

// One thread.
class BatchSender {
 public:
  // The final answer of each item, in order.
  using OnAnswer = std::function<void(std::string_view item, unsigned status, const JsonNode& body)>;

  static Result<BatchSender> open(const BatchSenderOptions& options);
  void on_answer(OnAnswer on_answer) { on_answer_ = std::move(on_answer); }

  // `item` is one JSON object as in a line of `till apply`. Sends when a batch is full. Errors: kUnavailable where the
  // server was not reached for too long, refusal() where it refuses the key or the route.
  Status add(std::string_view item);
  Status add(const KeyedCommand& command);
  Status flush();

  const BatchCounts& counts() const { return counts_; }
  // Of the last accepted item, for Till-At-Least; empty before the first.
  const std::string& last_position() const { return last_position_; }

 private:
  BatchSender(HttpClient client, const BatchSenderOptions& options) : client_(std::move(client)), options_(options) {}
  Status send(std::size_t first, std::size_t count);
  Status take_results(std::size_t first, std::size_t count, const HttpReply& reply, std::size_t& answered);
  void answer(std::string_view item, unsigned status, const JsonNode& body);
  Status pause(std::string_view reason, const HttpReply* reply);
  std::string format(std::size_t first, std::size_t count) const;

  HttpClient client_;
  BatchSenderOptions options_;
  OnAnswer on_answer_;
  std::vector<std::string> items_;
  std::size_t bytes_ = 0;
  BatchCounts counts_;
  std::string last_position_;
  std::chrono::milliseconds backoff_{0};
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

// Makers of commands give them to a sink that cannot fail; the first error stays here and the rest is dropped.
class CommandStream {
 public:
  explicit CommandStream(BatchSender& sender) : sender_(sender) {}
  CommandSink sink() {
    return [this](const KeyedCommand& command) {
      if (status_) status_ = sender_.add(command);
    };
  }
  Status finish() { return status_ ? sender_.flush() : status_; }
  bool failed() const { return !status_; }

 private:
  BatchSender& sender_;
  Status status_;
};

}  // namespace till
