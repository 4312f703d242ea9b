#include "tests/simulation/simulated_log.h"

#include <boost/crc.hpp>

#include "engine/control_record.h"
#include "engine/transaction.h"

namespace till::simulation {
namespace {

constexpr std::size_t kNumberBytes = 4;
constexpr std::uint64_t kWatermarkEvery = 16;

void append_number(std::string& out, std::size_t value) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::size_t number_at(std::string_view bytes, std::size_t offset) {
  std::size_t value = 0;
  for (std::size_t i = kNumberBytes; i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i - 1]);
  return value;
}

std::size_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string frame_of(std::span<const StoredRecord> group) {
  std::string payload;
  for (const StoredRecord& record : group) {
    append_number(payload, record.bytes.size());
    payload += record.bytes;
  }
  std::string frame;
  append_number(frame, payload.size());
  append_number(frame, checksum(payload));
  return frame + payload;
}

// The whole frame at `offset`; empty where there is none.
std::string_view frame_at(std::string_view bytes, std::size_t offset) {
  if (offset + 2 * kNumberBytes > bytes.size()) return {};
  const std::size_t length = number_at(bytes, offset);
  if (length == 0 || length > bytes.size() - offset - 2 * kNumberBytes) return {};
  const std::string_view payload = bytes.substr(offset + 2 * kNumberBytes, length);
  return checksum(payload) == number_at(bytes, offset + kNumberBytes) ? payload : std::string_view();
}

class VectorCursor : public Log::Cursor {
 public:
  VectorCursor(const std::vector<std::string>& records, Position from)
      : records_(records), last_(records.size()), at_(from.value() - 1) {}
  bool next() override { return ++at_ <= last_; }
  Position position() const override { return Position(at_); }
  std::string_view bytes() const override { return records_[at_ - 1]; }
  Status status() const override { return {}; }

 private:
  const std::vector<std::string>& records_;
  const std::uint64_t last_;
  std::uint64_t at_;
};

}  // namespace

std::unique_ptr<SimulatedLog> SimulatedLog::create(LogFiles& files, const LogId& id) {
  LogPoint genesis;
  genesis.log_id = id;
  genesis.hash = genesis_chain(id);
  schema::Control control;
  control.mutable_log_created()->set_oldest_reader_version(kRecordVersion);
  const ChainedRecord first = make_control_record(genesis, Epoch(1), Micros(1), control);
  files.frames.replace(frame_of(std::span(&first.stored, 1)));
  files.watermark = first.point;
  Result<std::unique_ptr<SimulatedLog>> log = open(files, id);
  TILL_ASSERT(log.ok());
  return std::move(*log);
}

Result<std::unique_ptr<SimulatedLog>> SimulatedLog::open(LogFiles& files, const LogId& id) {
  std::unique_ptr<SimulatedLog> log(new SimulatedLog(files));
  log->head_.log_id = id;
  log->head_.hash = genesis_chain(id);
  const std::string& bytes = files.frames.bytes();
  std::size_t offset = 0;
  for (std::string_view frame = frame_at(bytes, 0); !frame.empty(); frame = frame_at(bytes, offset)) {
    if (Status taken = log->take_frame(frame); !taken.ok()) return taken.error();
    offset += 2 * kNumberBytes + frame.size();
  }
  if (log->head_.position < files.watermark.position) {
    return Error{ErrorKind::kHistoryMismatch, "the log ends at " + std::to_string(log->head_.position.value()) +
                                                  ", was durable up to " +
                                                  std::to_string(files.watermark.position.value())};
  }
  files.frames.replace(bytes.substr(0, offset));
  return log;
}

Status SimulatedLog::take_frame(std::string_view payload) {
  for (std::size_t at = 0; at < payload.size();) {
    const std::size_t length = number_at(payload, at);
    const std::string_view record = payload.substr(at + kNumberBytes, length);
    const Result<LogPoint> checked = check_record(record, head_, nullptr);
    if (!checked.ok()) return checked.error();
    head_ = *checked;
    records_.emplace_back(record);
    at += kNumberBytes + length;
  }
  return {};
}

Status SimulatedLog::append(std::span<const StoredRecord> group, const LogPoint& new_head) {
  if (failed_) return Error{ErrorKind::kOutcomeUnknown, "a write failed before"};
  Status written = files_.frames.append(frame_of(group));
  if (written.ok()) written = files_.frames.sync();
  if (!written.ok()) {
    failed_ = true;
    return Error{ErrorKind::kOutcomeUnknown, written.error().message};
  }
  for (const StoredRecord& record : group) records_.push_back(record.bytes);
  if (new_head.position.value() / kWatermarkEvery != head_.position.value() / kWatermarkEvery) {
    files_.watermark = new_head;
  }
  head_ = new_head;
  return {};
}

Result<std::string> SimulatedLog::read(Position position) const {
  if (position > head_.position) return Error{ErrorKind::kNotFound, "beyond the head"};
  return records_[position.value() - 1];
}

std::unique_ptr<Log::Cursor> SimulatedLog::cursor(Position from) const {
  return std::make_unique<VectorCursor>(records_, from);
}

}  // namespace till::simulation
