// Watches the server and tells its operator: a thread that samples it and sends what OperationalConditions has to say,
// to a chat and by mail. It needs no broker, no view and no log, so that their failure is told as well.
//
// What is not sent when the process ends is lost: the next one looks for itself, and tells again of what lasts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/operational_conditions.h"
#include "projections/effects/alert_channels.h"

namespace till {

struct OperationalAlertsOptions {
  std::string server;                   // its name, said in every message
  std::string slack_url;                // empty: no chat
  std::vector<std::string> mail_to;     // addresses
  bool allow_private_addresses = true;  // of the chat, which the operator has named
  std::chrono::milliseconds sample_every{5'000};
  std::chrono::milliseconds gap{
      30'000};  // at least, from one message of a receiver to the next; notices wait and go as one
  std::chrono::milliseconds retry_first{5'000};  // doubled with each failure
  std::chrono::milliseconds retry_most{300'000};
  std::chrono::milliseconds timeout{10'000};  // of the chat's answer
  OperationalLimits limits;
};

struct OperationalAlertsStatus {
  std::uint64_t lasting = 0;  // conditions that are told and not over
  std::uint64_t sent = 0;     // messages
  std::uint64_t failed = 0;   // attempts
  std::uint64_t dropped = 0;  // notices that found the queue of a receiver full: the oldest give way
  std::string error;          // of the last attempt, empty where it went well; names no receiver
};

// start() and stop() belong to one thread, status() is thread safe. What is given is called by one thread.
class OperationalAlerts {
 public:
  using Sample = std::function<OperationalSample()>;
  using Clock = std::function<Micros()>;

  // Of one receiver.
  static constexpr std::size_t kQueuedMost = 64;
  static constexpr std::size_t kNoticesAMessage = 20;

  // Without `mail` nothing is mailed.
  OperationalAlerts(OperationalAlertsOptions options, Sample sample, Clock clock, PostHttp post, SendMail mail);
  ~OperationalAlerts();
  OperationalAlerts(const OperationalAlerts&) = delete;
  OperationalAlerts& operator=(const OperationalAlerts&) = delete;

  void start();
  // Waits for the message that is being sent, at most its timeout. Idempotent.
  void stop();
  // Looks once and sends what is due: what the thread does again and again. Not while it runs.
  void step();
  OperationalAlertsStatus status() const;

 private:
  struct Channel {
    std::size_t number = 0;
    std::string mail_to;  // empty: the chat
    std::deque<OperationalNotice> queue;
    Micros not_before;
    std::chrono::milliseconds retry_wait{0};  // 0: the last attempt went well
  };

  void run();
  bool is_stopping() const;
  void queue(Channel& channel, const std::vector<OperationalNotice>& notices);
  void send(Channel& channel, Micros now);
  DeliveryAttempt attempt(const Channel& channel, const std::string& title, const std::string& text, Micros now) const;

  const OperationalAlertsOptions options_;
  const Sample sample_;
  const Clock clock_;
  const PostHttp post_;
  const SendMail mail_;
  // Of the thread.
  OperationalConditions conditions_;
  std::vector<Channel> channels_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  OperationalAlertsStatus status_;
  std::thread thread_;
};

}  // namespace till
