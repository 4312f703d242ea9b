#include "ops/desk_codec.h"

#include <algorithm>

#include "engine/json_writer.h"

namespace till {
namespace {

TemplateTexts from_texts(const schema::DeskTexts& texts) {
  return {texts.values().begin(), texts.values().end()};
}

void to_texts(const TemplateTexts& texts, schema::DeskTexts& out) {
  for (const auto& [name, text] : texts) (*out.mutable_values())[name] = text;
}

}  // namespace

void to_desk(const EventRef& event, schema::DeskEvent& out) {
  out.set_position(event.position.value());
  out.set_index(event.index);
}

EventRef from_desk(const schema::DeskEvent& event) {
  return {Position(event.position()), event.index()};
}

void to_desk(const EventLabel& label, schema::DeskLabel& out) {
  out.set_tenant(label.tenant);
  out.set_event_name(label.event_name);
  out.set_order_key(label.order_key);
}

EventLabel from_desk(const schema::DeskLabel& label) {
  return {label.tenant(), label.event_name(), label.order_key()};
}

void to_desk(const DeliveryOutcome& outcome, schema::DeskOutcome& out) {
  out.set_kind(static_cast<std::uint32_t>(outcome.kind));
  to_desk(outcome.delivery.event, *out.mutable_event());
  out.set_target(outcome.delivery.target);
  out.set_due_us(outcome.due.value());
  out.set_error(outcome.error);
}

DeliveryOutcome from_desk(const schema::DeskOutcome& outcome) {
  DeliveryOutcome made;
  const std::uint32_t most = static_cast<std::uint32_t>(DeliveryOutcome::Kind::kPostponed);
  made.kind = static_cast<DeliveryOutcome::Kind>(std::min(outcome.kind(), most));
  made.delivery = {from_desk(outcome.event()), outcome.target()};
  made.due = Micros(outcome.due_us());
  made.error = outcome.error();
  return made;
}

void to_desk(const EffectMessage& message, schema::DeskMessage& out) {
  to_desk(message.event, *out.mutable_event());
  out.set_id(message.id);
  out.set_tenant(message.tenant);
  out.set_event_name(message.event_name);
  out.set_stream_kind(message.stream_kind);
  out.set_stream_id(message.stream_id);
  out.set_stream_version(message.stream_version);
  out.set_recorded_at_us(message.recorded_at.value());
  out.set_traceparent(message.traceparent);
  out.set_payload(message.payload);
}

EffectMessage from_desk(const schema::DeskMessage& message) {
  EffectMessage made;
  made.event = from_desk(message.event());
  made.id = message.id();
  made.tenant = message.tenant();
  made.event_name = message.event_name();
  made.stream_kind = message.stream_kind();
  made.stream_id = message.stream_id();
  made.stream_version = message.stream_version();
  made.recorded_at = Micros(message.recorded_at_us());
  made.traceparent = message.traceparent();
  made.payload = message.payload();
  return made;
}

void to_desk(const ReceiptTexts& texts, schema::DeskReceipt& out) {
  out.set_found(true);
  to_texts(texts.values, *out.mutable_values());
  for (const auto& [name, items] : texts.lists) {
    schema::DeskReceipt::List& list = (*out.mutable_lists())[name];
    for (const TemplateTexts& item : items) to_texts(item, *list.add_items());
  }
}

ReceiptTexts from_desk(const schema::DeskReceipt& receipt) {
  ReceiptTexts texts;
  texts.values = from_texts(receipt.values());
  for (const auto& [name, list] : receipt.lists()) {
    for (const schema::DeskTexts& item : list.items()) texts.lists[name].push_back(from_texts(item));
  }
  return texts;
}

void to_desk(const MailReceiver& receiver, schema::DeskReceiver& out) {
  out.set_kind(static_cast<std::uint32_t>(receiver.kind));
  out.set_address(receiver.address);
  out.set_name(receiver.name);
}

MailReceiver from_desk(const schema::DeskReceiver& receiver) {
  const std::uint32_t most = static_cast<std::uint32_t>(MailReceiver::Kind::kErased);
  MailReceiver made;
  made.kind = static_cast<MailReceiver::Kind>(std::min(receiver.kind(), most));
  made.address = receiver.address();
  made.name = receiver.name();
  return made;
}

void to_desk(const Error& error, schema::DeskAnswer& out) {
  out.set_error_kind(static_cast<std::uint32_t>(error.kind) + 1);
  out.set_error(error.message);
}

Status status_of(const schema::DeskAnswer& answer) {
  if (answer.error_kind() == 0) return {};
  const std::uint32_t most = static_cast<std::uint32_t>(ErrorKind::kCancelled);
  return Error{static_cast<ErrorKind>(std::min(answer.error_kind() - 1, most)), answer.error()};
}

std::string desk_body(std::string_view member, const google::protobuf::Message& message) {
  std::string body;
  JsonWriter(body).begin_object().member(member, to_hex(message.SerializeAsString())).end_object();
  return body;
}

}  // namespace till
