#include "engine/watermark.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <sstream>

#include "engine/durable_file.h"
#include "engine/named_thread.h"
#include "engine/transaction.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kInterval{1000};
constexpr std::string_view kTitle = "till-watermark-1";

std::string body_of(const LogPoint& point) {
  std::ostringstream text;
  text << kTitle << ' ' << to_hex(as_bytes(point.log_id)) << ' ' << point.epoch.value() << ' ' << point.position.value()
       << ' ' << to_hex(as_bytes(point.hash));
  return text.str();
}

}  // namespace

Result<std::optional<LogPoint>> read_watermark(const std::string& path) {
  const Result<std::string> content = read_file(path);
  if (!content.ok()) {
    if (content.error().kind == ErrorKind::kNotFound) return std::optional<LogPoint>();
    return content.error();
  }
  std::istringstream text(content.value());
  std::string title, log_id, hash, check;
  std::uint64_t epoch = 0, position = 0;
  LogPoint point;
  text >> title >> log_id >> epoch >> position >> hash >> check;
  point.epoch = Epoch(epoch);
  point.position = Position(position);
  const bool parsed = !text.fail() && title == kTitle && from_hex(log_id, point.log_id) && from_hex(hash, point.hash);
  if (!parsed || check != to_hex(as_bytes(sha256(body_of(point))))) {
    return Error{ErrorKind::kCorrupt, path + " is not a watermark"};
  }
  return std::optional<LogPoint>(point);
}

Status write_watermark(const std::string& path, const LogPoint& point) {
  const std::string body = body_of(point);
  return replace_file(path, body + ' ' + to_hex(as_bytes(sha256(body))) + '\n');
}

WatermarkWriter::WatermarkWriter(std::string path)
    : path_(std::move(path)), thread_(named_thread("watermark", [this] { run(); })) {}

WatermarkWriter::~WatermarkWriter() {
  stop();
}

void WatermarkWriter::note(const LogPoint& point) {
  const std::lock_guard lock(mutex_);
  newest_ = point;
}

void WatermarkWriter::hurry() {
  const std::lock_guard lock(mutex_);
  hurry_ = true;
  wake_.notify_one();
}

void WatermarkWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void WatermarkWriter::run() {
  std::optional<LogPoint> written;
  std::unique_lock lock(mutex_);
  bool last_round = false;
  while (!last_round) {
    wake_.wait_for(lock, kInterval, [&] { return stopping_ || hurry_; });
    last_round = stopping_;
    hurry_ = false;
    if (!newest_ || newest_ == written) continue;
    const LogPoint point = *newest_;
    lock.unlock();
    const Status status = write_watermark(path_, point);
    // A missed watermark weakens the bound, it endangers nothing.
    if (!status.ok()) spdlog::warn("watermark not written: {}", status.error().message);
    lock.lock();
    if (status.ok()) written = point;
  }
}

}  // namespace till
