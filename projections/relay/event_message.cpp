#include "projections/relay/event_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "engine/position_text.h"
#include "projections/relay/message_id.h"

namespace till {
namespace {

constexpr std::size_t kTraceparentMost = 128;

bool fit_for_subject(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

natsStatus set(natsMsg* message, const char* name, const std::string& value) {
  return natsMsgHeader_Set(message, name, value.c_str());
}

}  // namespace

std::string rfc3339(Micros time) {
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds(time.value())};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  std::array<char, 64> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string header_value(std::string_view text) {
  std::string value;
  value.reserve(text.size());
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '"' && c != '%') {
      value += c;
    } else {
      std::array<char, 4> encoded;
      std::snprintf(encoded.data(), encoded.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      value.append(encoded.data(), 3);
    }
  }
  return value;
}

EventMessages::EventMessages(const Domain& domain, std::string stream, std::string subject_prefix)
    : domain_(domain), stream_(std::move(stream)), subject_prefix_(std::move(subject_prefix)) {}

void EventMessages::prepare(const schema::Record& record) {
  if (prepared_ == record.position()) return;
  EventPlace place;
  TILL_ASSERT(from_bytes(record.log_id(), place.log_id));
  place.epoch = Epoch(record.epoch());
  place.position = Position(record.position());
  id_prefix_ = message_id(place);
  id_prefix_.pop_back();  // the index of its first event
  source_ = "/till/" + to_hex(record.log_id());
  time_ = rfc3339(Micros(record.recorded_at_us()));
  position_ = position_text(place.log_id, place.epoch, place.position);
  // From the client, so it may be anything: what is not a plain token is left out.
  const std::string& trace = record.traceparent();
  traceparent_ = trace.size() <= kTraceparentMost && visible_ascii(trace) ? trace : std::string();
  prepared_ = record.position();
}

Result<std::string> EventMessages::subject_of(const schema::Record& record, const schema::RecordedEvent& event) const {
  const std::string_view kind = domain_.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind())));
  const std::string_view name = domain_.event_name(event.type());
  if (!fit_for_subject(record.tenant()) || !fit_for_subject(kind) || !fit_for_subject(name)) {
    return Error{ErrorKind::kPoison, "an event of type " + std::to_string(event.type()) + " and kind " +
                                         std::to_string(event.stream_kind()) + " at position " +
                                         std::to_string(record.position()) + " has no subject"};
  }
  std::string subject = subject_prefix_;
  subject.append(".").append(record.tenant()).append(".").append(kind).append(".").append(name);
  return subject;
}

Status EventMessages::check(const Transaction& transaction) const {
  for (const schema::RecordedEvent& event : transaction.record().events()) {
    if (Result<std::string> subject = subject_of(transaction.record(), event); !subject.ok()) return subject.error();
  }
  return {};
}

Result<NatsMessage> EventMessages::make(const Transaction& transaction, int index, std::uint64_t last_sequence,
                                        const std::string& reply) {
  const schema::Record& record = transaction.record();
  const schema::RecordedEvent& event = record.events(index);
  Result<std::string> subject = subject_of(record, event);
  if (!subject.ok()) return subject.error();
  prepare(record);
  natsMsg* made = nullptr;
  natsStatus status = natsMsg_Create(&made, subject->c_str(), reply.empty() ? nullptr : reply.c_str(),
                                     event.payload().data(), static_cast<int>(event.payload().size()));
  NatsMessage message(made);
  const std::string id = id_prefix_ + std::to_string(index);
  const std::string kind(domain_.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind()))));
  const std::string name(domain_.event_name(event.type()));
  const std::pair<const char*, std::string> headers[] = {
      {"Nats-Msg-Id", id},
      {"Nats-Expected-Stream", stream_},
      {"Nats-Expected-Last-Sequence", std::to_string(last_sequence)},
      {"ce-specversion", "1.0"},
      {"ce-id", id},
      {"ce-source", source_},
      {"ce-type", "till." + name},
      {"ce-subject", header_value(kind + "/" + event.stream_id())},
      {"ce-time", time_},
      {"ce-datacontenttype", "application/x-protobuf"},
      {"ce-tilltenant", record.tenant()},
      {"ce-tillposition", position_},
      {"ce-tillversion", std::to_string(event.stream_version())},
  };
  for (const auto& [header, value] : headers) {
    if (status == NATS_OK) status = set(made, header, value);
  }
  // The sequence alone is not enough behind a message that failed: a stranger's message could have taken its place.
  if (status == NATS_OK && !previous_id_.empty()) status = set(made, "Nats-Expected-Last-Msg-Id", previous_id_);
  if (status == NATS_OK && !traceparent_.empty()) status = set(made, "traceparent", traceparent_);
  if (status == NATS_OK && !traceparent_.empty()) status = set(made, "ce-traceparent", traceparent_);
  if (status != NATS_OK) return nats_error("cannot make the message of event " + id, status);
  previous_id_ = id;
  return message;
}

}  // namespace till
