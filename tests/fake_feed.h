// A Feed over transactions in memory: what followers are tested against without an engine.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/follower.h"
#include "schemas/events.pb.h"

namespace till {

class FakeFeed : public Feed {
 public:
  explicit FakeFeed(const LogId& log_id, Epoch epoch = Epoch(1))
      : log_id_(log_id), epoch_(epoch), chain_(genesis_chain(log_id)) {}

  // Appends a durable transaction: `fill` adds its events and may change any header field but log id, epoch and
  // position. recorded_at goes on by a millisecond unless `fill` sets it.
  TransactionPtr append(const std::string& tenant, const std::function<void(TransactionBuilder&)>& fill) {
    const std::lock_guard lock(mutex_);
    TransactionBuilder builder;
    schema::Record& record = builder.record();
    record.set_version(1);
    record.set_log_id(std::string(as_bytes(log_id_)));
    record.set_epoch(epoch_.value());
    record.set_position(transactions_.size() + 1);
    record.set_tenant(tenant);
    record.set_recorded_at_us(recorded_at_us_ += 1000);
    fill(builder);
    recorded_at_us_ = record.recorded_at_us();
    std::string stored;
    transactions_.push_back(builder.finish(chain_, stored));
    chain_ = transactions_.back()->chain();
    arrived_.notify_all();
    return transactions_.back();
  }

  // For use inside `fill`: an event of a stream, with its type number taken from the oneof.
  static void add_event(TransactionBuilder& builder, std::uint32_t kind, const std::string& stream_id,
                        std::uint64_t version, const schema::Event& event) {
    auto* const message = google::protobuf::Arena::CreateMessage<schema::Event>(&builder.arena());
    message->CopyFrom(event);
    schema::RecordedEvent& header = builder.add_event(*message);
    header.set_type(static_cast<std::uint32_t>(event.event_case()));
    header.set_stream_kind(kind);
    header.set_stream_id(stream_id);
    header.set_stream_version(version);
  }

  // Later transactions belong to this epoch.
  void open_epoch(Epoch epoch) {
    const std::lock_guard lock(mutex_);
    epoch_ = epoch;
  }

  // While true, read() answers kUnavailable.
  void set_unavailable(bool unavailable) {
    const std::lock_guard lock(mutex_);
    unavailable_ = unavailable;
  }

  std::vector<TransactionPtr> all() const {
    const std::lock_guard lock(mutex_);
    return transactions_;
  }

  Status read(Position after, std::size_t max_count, std::size_t max_bytes, std::vector<TransactionPtr>& out) override {
    const std::lock_guard lock(mutex_);
    out.clear();
    if (unavailable_) return Error{ErrorKind::kUnavailable, "the fake feed is switched off"};
    std::size_t bytes = 0;
    for (std::uint64_t i = after.value(); i < transactions_.size() && out.size() < max_count; ++i) {
      bytes += transactions_[i]->stored_bytes();
      if (!out.empty() && bytes > max_bytes) break;
      out.push_back(transactions_[i]);
    }
    return {};
  }

  LogPoint durable() const override {
    const std::lock_guard lock(mutex_);
    return point(transactions_.size());
  }

  bool wait(Position after, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    const std::uint64_t wakes = wakes_;
    arrived_.wait_for(lock, timeout, [&] { return transactions_.size() > after.value() || wakes_ != wakes; });
    return transactions_.size() > after.value();
  }

  void wake() override {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    arrived_.notify_all();
  }

  Result<LogPoint> point_at(Position position) override {
    const std::lock_guard lock(mutex_);
    if (position.value() > transactions_.size()) return Error{ErrorKind::kNotFound, "position beyond the fake feed"};
    return point(position.value());
  }

 private:
  LogPoint point(std::uint64_t position) const {
    if (position == 0) return LogPoint{log_id_, epoch_, Position(0), genesis_chain(log_id_)};
    return transactions_[position - 1]->point();
  }

  const LogId log_id_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Epoch epoch_;
  Hash chain_;
  std::int64_t recorded_at_us_ = 1'700'000'000'000'000;
  bool unavailable_ = false;
  std::uint64_t wakes_ = 0;
  std::vector<TransactionPtr> transactions_;
};

}  // namespace till
