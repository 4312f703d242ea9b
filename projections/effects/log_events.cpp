#include "projections/effects/log_events.h"

#include <string>

namespace till {

EffectMessage effect_message(const Transaction& transaction, int index, const Domain& domain) {
  const schema::Record& record = transaction.record();
  const schema::RecordedEvent& event = record.events(index);
  EventPlace place;
  TILL_ASSERT(from_bytes(record.log_id(), place.log_id));
  place.epoch = Epoch(record.epoch());
  place.position = transaction.position();
  place.index = static_cast<std::uint32_t>(index);
  EffectMessage message;
  message.event = {place.position, place.index};
  message.id = message_id(place);
  message.tenant = record.tenant();
  message.event_name = domain.event_name(event.type());
  message.stream_kind = domain.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind())));
  message.stream_id = event.stream_id();
  message.stream_version = event.stream_version();
  message.recorded_at = Micros(record.recorded_at_us());
  message.traceparent = record.traceparent();
  message.payload = event.payload();
  return message;
}

bool has_event(EffectLog& log, const EventPlace& place) {
  const Result<EffectMessage> message = log.find({place.position, place.index});
  return message.ok() && message->id == message_id(place);
}

Result<EffectMessage> LogEvents::find(const EventRef& event) {
  std::vector<TransactionPtr> found;
  const Position before(event.position.value() - 1);
  if (Status read = feed_.read(before, 1, kReadBytes, found); !read.ok()) return read.error();
  if (found.empty() || found.front()->position() != event.position ||
      event.index >= static_cast<std::uint32_t>(found.front()->event_count())) {
    return Error{ErrorKind::kNotFound, "effects: the log has no event " + std::to_string(event.index) +
                                           " at position " + std::to_string(event.position.value())};
  }
  return effect_message(*found.front(), static_cast<int>(event.index), domain_);
}

Status LogEvents::read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) {
  out.clear();
  reached = after;
  std::vector<TransactionPtr> found;
  if (Status read = feed_.read(after, kReadTransactions, kReadBytes, found); !read.ok()) return read;
  for (const TransactionPtr& transaction : found) {
    if (transaction->position() > last) break;
    for (int i = 0; i < transaction->event_count(); ++i) out.push_back(effect_message(*transaction, i, domain_));
    reached = transaction->position();
  }
  return {};
}

}  // namespace till
