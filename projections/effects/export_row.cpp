#include "projections/effects/export_row.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "projections/relay/event_message.h"
#include "projections/relay/message_id.h"

namespace till {
namespace {

constexpr std::size_t kDayCharacters = 10;  // of "2026-11-23T08:15:30.000001Z"

bool is_folder_name(std::string_view tenant) {
  return !tenant.empty() && std::ranges::all_of(tenant, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string dashed_date(std::int32_t yyyymmdd) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", yyyymmdd / 10'000, yyyymmdd / 100 % 100,
                                   yyyymmdd % 100);
  return {text.data(), static_cast<std::size_t>(length)};
}

// Stored strings are UTF-8, since Protobuf parses nothing else.
void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      std::array<char, 8> escaped;
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escaped.data();
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// A member that others follow.
void text_member(std::string_view name, std::string_view text, std::string& out) {
  out.append("\"").append(name).append("\":");
  append_json_text(text, out);
  out += ',';
}

void number_member(std::string_view name, std::uint64_t number, std::string& out) {
  out.append("\"").append(name).append("\":").append(std::to_string(number)).append(",");
}

}  // namespace

ExportRows::ExportRows(const Domain& domain, EventJson event_json)
    : domain_(domain), event_json_(std::move(event_json)) {}

std::string_view ExportRows::kind_of(const schema::RecordedEvent& event) const {
  return domain_.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind())));
}

Status ExportRows::check(const Transaction& transaction) const {
  const schema::Record& record = transaction.record();
  const std::string at = " at position " + std::to_string(record.position());
  for (const schema::RecordedEvent& event : record.events()) {
    if (!is_folder_name(record.tenant())) {
      return Error{ErrorKind::kPoison, "export: the tenant of an event" + at + " is no folder's name"};
    }
    if (domain_.event_name(event.type()).empty() || kind_of(event).empty()) {
      return Error{ErrorKind::kPoison, "export: an event of type " + std::to_string(event.type()) + " and kind " +
                                           std::to_string(event.stream_kind()) + at + " has no name"};
    }
  }
  return {};
}

ExportPartition ExportRows::partition_of(const Transaction& transaction) {
  const schema::Record& record = transaction.record();
  ExportPartition partition;
  partition.tenant = record.tenant();
  partition.date = record.business_date() > 0 ? dashed_date(record.business_date())
                                              : rfc3339(Micros(record.recorded_at_us())).substr(0, kDayCharacters);
  return partition;
}

void ExportRows::append(const Transaction& transaction, std::string& out) const {
  const schema::Record& record = transaction.record();
  const LogPoint point = transaction.point();
  const ExportPartition partition = partition_of(transaction);
  const std::string recorded_at = rfc3339(Micros(record.recorded_at_us()));
  for (int i = 0; i < transaction.event_count(); ++i) {
    const schema::RecordedEvent& event = record.events(i);
    EventPlace place;
    place.log_id = point.log_id;
    place.epoch = point.epoch;
    place.position = point.position;
    place.index = static_cast<std::uint32_t>(i);
    out += '{';
    text_member("id", message_id(place), out);
    text_member("tenant", partition.tenant, out);
    text_member("business_date", partition.date, out);
    number_member("epoch", place.epoch.value(), out);
    number_member("position", place.position.value(), out);
    number_member("index", place.index, out);
    text_member("recorded_at", recorded_at, out);
    text_member("stream_kind", kind_of(event), out);
    text_member("stream_id", event.stream_id(), out);
    number_member("version", event.stream_version(), out);
    text_member("event", domain_.event_name(event.type()), out);
    out += "\"data\":";
    event_json_(transaction.event(i), event.type(), out);
    out += "}\n";
  }
}

}  // namespace till
