#include <memory>

#include <google/protobuf/util/json_util.h>

#include "api/json_codec.h"
#include "api/operator_log.h"
#include "api/wire_values.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"
#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

// With the stored names and numbers: what an operator wants to see is what is there.
std::string plain_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "null";
}

// The member of the oneof that the event is.
std::string event_json(const google::protobuf::Message& event, std::uint32_t type, EditEvent edit) {
  if (edit != nullptr) {
    const std::unique_ptr<google::protobuf::Message> copy(event.New());
    copy->CopyFrom(event);
    edit(*copy);
    return event_json(*copy, type, nullptr);
  }
  const auto* const field = event.GetDescriptor()->FindFieldByNumber(static_cast<int>(type));
  const bool known = field != nullptr && field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
  return plain_json(known ? event.GetReflection()->GetMessage(event, field) : event);
}

std::string time_text(std::int64_t micros) {
  std::string text;
  append_timestamp(micros, text);
  return text;
}

void write_header(JsonWriter& json, const schema::Record& record) {
  if (!record.tenant().empty()) {
    json.member("tenant", record.tenant()).key("tenant_seq").number(record.tenant_seq());
    json.member("command", record.command()).member("idempotency_key", record.command_id());
    json.member("actor", record.actor()).member("origin", schema::Origin_Name(record.origin()));
    json.member("fingerprint", to_hex(record.fingerprint()));
  }
  if (!record.terminal().empty()) {
    json.member("terminal", record.terminal()).key("terminal_seq").number(record.terminal_seq());
  }
  if (record.occurred_at_us() != 0) json.member("occurred_at", time_text(record.occurred_at_us()));
  if (record.business_date() != 0) {
    std::string date;
    append_date(record.business_date(), date);
    json.member("business_date", date);
  }
  if (!record.traceparent().empty()) json.member("traceparent", record.traceparent());
  if (record.has_control()) json.key("control").raw(plain_json(record.control()));
}

}  // namespace

std::string record_json(const Transaction& transaction, const Domain& domain, EditEvent edit) {
  const schema::Record& record = transaction.record();
  const LogPoint point = transaction.point();
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("number").number(point.position.value());
  json.member("position", position_text(point.log_id, point.epoch, point.position));
  json.member("recorded_at", time_text(record.recorded_at_us()));
  write_header(json, record);
  json.array("events");
  for (int i = 0; i < transaction.event_count(); ++i) {
    const schema::RecordedEvent& event = record.events(i);
    json.begin_object().member("type", domain.event_name(event.type()));
    json.member("stream_kind", domain.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind()))));
    json.member("stream_id", event.stream_id()).key("stream_version").number(event.stream_version());
    json.key("data").raw(event_json(transaction.event(i), event.type(), edit)).end_object();
  }
  json.end_array();
  schema::Answer answer;
  if (!record.answer().empty() && answer.ParseFromString(record.answer())) json.key("answer").raw(to_json(answer));
  json.member("record_hash", to_hex(as_bytes(transaction.record_hash())));
  json.member("chain", to_hex(as_bytes(transaction.chain())));
  json.key("stored_bytes").number(static_cast<std::uint64_t>(transaction.stored_bytes())).end_object();
  return text;
}

}  // namespace till
