#include "projections/relay/event_message.h"

#include <algorithm>
#include <array>
#include <charconv>
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

std::string_view header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : std::string_view();
}

// What header_value() was given.
std::string read_header_value(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size() && hex_digit(value[i + 1]) >= 0 && hex_digit(value[i + 2]) >= 0) {
      text += static_cast<char>(hex_digit(value[i + 1]) * 16 + hex_digit(value[i + 2]));
      i += 2;
    } else {
      text += value[i];
    }
  }
  return text;
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

std::optional<Micros> read_rfc3339(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t begin, std::size_t count) {
    int value = 0;
    for (std::size_t i = begin; i < begin + count; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_time<std::chrono::microseconds> time =
      std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
      std::chrono::seconds(number(17, 2)) + std::chrono::microseconds(number(20, 6));
  return Micros(time.time_since_epoch().count());
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

Result<EffectMessage> read_event_message(natsMsg* message) {
  constexpr std::string_view kTypePrefix = "till.";
  EffectMessage event;
  event.id = header(message, "Nats-Msg-Id");
  event.tenant = header(message, "ce-tilltenant");
  const std::string_view type = header(message, "ce-type");
  const std::string_view subject = header(message, "ce-subject");
  const std::size_t slash = subject.find('/');
  const std::optional<Micros> time = read_rfc3339(header(message, "ce-time"));
  if (event.id.empty() || event.tenant.empty() || !type.starts_with(kTypePrefix) || !time ||
      slash == std::string_view::npos) {
    return Error{ErrorKind::kInvalid, "a message of the stream is not the relay's"};
  }
  event.event_name = type.substr(kTypePrefix.size());
  event.stream_kind = subject.substr(0, slash);
  event.stream_id = read_header_value(subject.substr(slash + 1));
  const std::string_view version = header(message, "ce-tillversion");
  std::from_chars(version.data(), version.data() + version.size(), event.stream_version);
  event.recorded_at = *time;
  event.traceparent = header(message, "traceparent");
  event.payload.assign(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
  return event;
}

}  // namespace till
