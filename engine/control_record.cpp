#include "engine/control_record.h"

#include "engine/transaction.h"

namespace till {
namespace {

std::string at(Position position) {
  return " at position " + std::to_string(position.value());
}

Status parse_record(std::string_view stored, Position expected, schema::Record& record) {
  if (stored.size() < kStoredPrefix) return Error{ErrorKind::kCorrupt, "record too short" + at(expected)};
  if (stored[0] != kStoredFormat) return Error{ErrorKind::kInvalid, "unknown stored format" + at(expected)};
  const std::string_view bytes = stored.substr(kStoredPrefix);
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error{ErrorKind::kCorrupt, "record does not parse" + at(expected)};
  }
  if (record.version() > kRecordVersion) {
    return Error{ErrorKind::kInvalid, "record version " + std::to_string(record.version()) + at(expected) +
                                          " is newer than this program reads"};
  }
  return {};
}

}  // namespace

ChainedRecord make_control_record(const LogPoint& before, Epoch epoch, Micros recorded_at,
                                  const schema::Control& control) {
  TransactionBuilder builder;
  schema::Record& record = builder.record();
  record.set_version(kRecordVersion);
  record.set_log_id(std::string(as_bytes(before.log_id)));
  record.set_epoch(epoch.value());
  record.set_position(before.position.next().value());
  record.set_recorded_at_us(recorded_at.value());
  *record.mutable_control() = control;
  ChainedRecord result;
  result.stored.position = before.position.next();
  const TransactionPtr transaction = builder.finish(before.hash, result.stored.bytes);
  result.point = transaction->point();
  return result;
}

Result<LogPoint> check_record(std::string_view stored, const LogPoint& before, schema::Record* record_or_null) {
  const Position expected = before.position.next();
  schema::Record local;
  schema::Record& record = record_or_null != nullptr ? *record_or_null : local;
  if (Status parsed = parse_record(stored, expected, record); !parsed.ok()) return parsed.error();
  if (Position(record.position()) != expected) {
    return Error{ErrorKind::kCorrupt,
                 "record" + at(expected) + " says that it is " + std::to_string(record.position())};
  }
  LogPoint point;
  if (!from_bytes(record.log_id(), point.log_id) || point.log_id != before.log_id) {
    return Error{ErrorKind::kHistoryMismatch, "record of another log" + at(expected)};
  }
  point.epoch = Epoch(record.epoch());
  if (point.epoch < before.epoch) return Error{ErrorKind::kHistoryMismatch, "epoch goes back" + at(expected)};
  point.position = expected;
  point.hash = next_chain(before.hash, sha256(stored.substr(kStoredPrefix)));
  Hash claimed;
  TILL_ASSERT(from_bytes(stored.substr(1, claimed.size()), claimed));
  if (claimed != point.hash) return Error{ErrorKind::kCorrupt, "the chain is broken" + at(expected)};
  return point;
}

Result<LogPoint> claimed_point(std::string_view stored) {
  schema::Record record;
  if (Status parsed = parse_record(stored, Position(), record); !parsed.ok()) return parsed.error();
  LogPoint point;
  if (!from_bytes(record.log_id(), point.log_id)) return Error{ErrorKind::kCorrupt, "record without log id"};
  point.epoch = Epoch(record.epoch());
  point.position = Position(record.position());
  TILL_ASSERT(from_bytes(stored.substr(1, point.hash.size()), point.hash));
  return point;
}

}  // namespace till
