#include "api/operational_alerts.h"

#include <algorithm>
#include <utility>

#include "engine/named_thread.h"
#include "projections/effects/alert.h"

namespace till {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;
constexpr std::size_t kNoticeTextMost = 500;

// "Over: reporting has stopped (12 min)".
std::string notice_title(const OperationalNotice& notice) {
  const std::int64_t minutes = (notice.at.value() - notice.since.value()) / kMicrosPerMinute;
  switch (notice.phase) {
    case OperationalNotice::Phase::kRaised:
      return notice.title;
    case OperationalNotice::Phase::kStill:
      return "Still: " + notice.title + " (" + std::to_string(minutes) + " min)";
    case OperationalNotice::Phase::kOver:
      return "Over: " + notice.title + " (" + std::to_string(minutes) + " min)";
  }
  return notice.title;
}

std::string notice_text(const OperationalNotice& notice) {
  std::string text = notice.text.substr(0, kNoticeTextMost);
  if (!text.empty()) text += '\n';
  return text + "Since " + minute_text(notice.since) + ", " + notice.key;
}

Micros after_wait(Micros now, std::chrono::milliseconds wait) {
  return Micros(now.value() + std::chrono::microseconds(wait).count());
}

}  // namespace

OperationalAlerts::OperationalAlerts(OperationalAlertsOptions options, Sample sample, Clock clock, PostHttp post,
                                     SendMail mail)
    : options_(std::move(options)),
      sample_(std::move(sample)),
      clock_(std::move(clock)),
      post_(std::move(post)),
      mail_(std::move(mail)),
      conditions_(options_.limits) {
  if (!options_.slack_url.empty()) channels_.emplace_back();
  for (const std::string& address : options_.mail_to) {
    if (mail_) channels_.emplace_back().mail_to = address;
  }
  for (std::size_t i = 0; i < channels_.size(); ++i) channels_[i].number = i;
}

OperationalAlerts::~OperationalAlerts() {
  stop();
}

void OperationalAlerts::start() {
  thread_ = named_thread("alerts", [this] { run(); });
}

void OperationalAlerts::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OperationalAlerts::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    step();
    lock.lock();
    changed_.wait_for(lock, options_.sample_every, [this] { return stopping_; });
  }
}

void OperationalAlerts::step() {
  const Micros now = clock_();
  const std::vector<OperationalNotice> notices = conditions_.observe(sample_(), now);
  {
    const std::lock_guard lock(mutex_);
    status_.lasting = conditions_.lasting();
  }
  for (Channel& channel : channels_) {
    queue(channel, notices);
    if (!channel.queue.empty() && now >= channel.not_before && !is_stopping()) send(channel, now);
  }
}

bool OperationalAlerts::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

OperationalAlertsStatus OperationalAlerts::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void OperationalAlerts::queue(Channel& channel, const std::vector<OperationalNotice>& notices) {
  for (const OperationalNotice& notice : notices) {
    if (channel.queue.size() >= kQueuedMost) {
      channel.queue.pop_front();
      const std::lock_guard lock(mutex_);
      ++status_.dropped;
    }
    channel.queue.push_back(notice);
  }
}

// Also where the receiver refuses for good: the operator may put it right, and nothing else waits behind it.
void OperationalAlerts::send(Channel& channel, Micros now) {
  const std::size_t count = std::min(channel.queue.size(), kNoticesAMessage);
  std::string title = options_.server + ": " + notice_title(channel.queue.front());
  if (count > 1) title += " and " + std::to_string(count - 1) + " more";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += "\n\n" + notice_title(channel.queue[i]) + "\n";
    text += notice_text(channel.queue[i]);
  }
  DeliveryAttempt made = attempt(channel, title, text, now);
  const bool done = made.kind == DeliveryAttempt::Kind::kDone;
  if (done) {
    channel.queue.erase(channel.queue.begin(), channel.queue.begin() + static_cast<std::ptrdiff_t>(count));
    channel.retry_wait = {};
    channel.not_before = after_wait(now, options_.gap);
  } else {
    channel.retry_wait = std::clamp(channel.retry_wait * 2, options_.retry_first, options_.retry_most);
    channel.not_before = after_wait(now, std::max(channel.retry_wait, made.not_before.value_or(channel.retry_wait)));
  }
  const std::lock_guard lock(mutex_);
  ++(done ? status_.sent : status_.failed);
  status_.error = std::move(made.error);
}

DeliveryAttempt OperationalAlerts::attempt(const Channel& channel, const std::string& title, const std::string& text,
                                           Micros now) const {
  if (!channel.mail_to.empty()) {
    // A retry may say more than the attempt before, and is another mail.
    const std::string id = "operator." + std::to_string(now.value()) + "." + std::to_string(channel.number);
    return mail_(channel.mail_to, title, text, id);
  }
  SlackPost message;
  message.url = options_.slack_url;
  message.body = slack_body(title, text);
  message.timeout = options_.timeout;
  message.allow_private_addresses = options_.allow_private_addresses;
  return send_slack(post_, message);
}

}  // namespace till
