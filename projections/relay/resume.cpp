#include "projections/relay/resume.h"

namespace till {
namespace {

constexpr std::size_t kReadBytes = 4u << 20;

Error mismatch(const StreamTail::Message& message, const std::string& what) {
  return {ErrorKind::kHistoryMismatch, "message " + std::to_string(message.sequence) + " of the stream " + what +
                                           "; delete or rename the stream, then the relay fills a new one"};
}

Result<TransactionPtr> read_one(Feed& feed, Position position) {
  std::vector<TransactionPtr> batch;
  if (Status read = feed.read(Position(position.value() - 1), 1, kReadBytes, batch); !read.ok()) return read.error();
  if (batch.empty()) return TransactionPtr();
  return batch.front();
}

// The place of a message whose event is in this log, word for word.
Result<EventPlace> verify(Feed& feed, const StreamTail::Message& message) {
  const std::optional<EventPlace> place = parse_message_id(message.id);
  if (!place) return mismatch(message, "was not written by a relay (message id \"" + message.id + "\")");
  const LogPoint durable = feed.durable();
  if (place->log_id != durable.log_id) {
    return mismatch(message, "belongs to log " + to_hex(as_bytes(place->log_id)) + ", this is log " +
                                 to_hex(as_bytes(durable.log_id)));
  }
  if (place->position > durable.position) {
    return mismatch(message, "is event " + message.id + ", but this log ends at position " +
                                 std::to_string(durable.position.value()));
  }
  Result<TransactionPtr> found = read_one(feed, place->position);
  if (!found.ok()) return found.error();
  const TransactionPtr& transaction = *found;
  if (!transaction || transaction->record().epoch() != place->epoch.value() ||
      place->index >= static_cast<std::uint32_t>(transaction->event_count()) ||
      transaction->record().events(static_cast<int>(place->index)).payload() != message.body) {
    return mismatch(message, "is event " + message.id + " of another history of this log");
  }
  return *place;
}

// The first position recorded at `since` or later; one beyond the durable one where there is none.
Result<Position> first_since(Feed& feed, Micros since) {
  std::uint64_t low = 1;
  std::uint64_t high = feed.durable().position.value() + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    Result<TransactionPtr> found = read_one(feed, Position(middle));
    if (!found.ok()) return found.error();
    if (!*found) return Error{ErrorKind::kUnavailable, "the log cannot be read at " + std::to_string(middle)};
    if ((*found)->record().recorded_at_us() < since.value()) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return Position(low);
}

// Whether the checkpoint tells of this very stream and log.
Result<bool> speaks_of(Feed& feed, const RelayCheckpoint& checkpoint, const StreamTail& tail) {
  const LogPoint durable = feed.durable();
  if (checkpoint.event.log_id != durable.log_id || checkpoint.stream_created_ns != tail.created_ns ||
      checkpoint.event.position > durable.position || checkpoint.sequence > tail.last_sequence) {
    return false;
  }
  Result<TransactionPtr> found = read_one(feed, checkpoint.event.position);
  if (!found.ok()) return found.error();
  const TransactionPtr& transaction = *found;
  return transaction && transaction->record().epoch() == checkpoint.event.epoch.value() &&
         checkpoint.event.index < static_cast<std::uint32_t>(transaction->event_count());
}

PublishStart behind(const EventPlace& event, const StreamTail& tail) {
  return {Position(event.position.value() - 1), event.index + 1, tail.last_sequence};
}

// A stream that has nothing to go on from.
Result<PublishStart> anew(Feed& feed, const StreamTail& tail, std::chrono::seconds max_age, Micros now) {
  if (max_age.count() == 0) return PublishStart{Position(0), 0, tail.last_sequence};
  const Micros since(now.value() - std::chrono::microseconds(max_age).count());
  Result<Position> first = first_since(feed, since);
  if (!first.ok()) return first.error();
  return PublishStart{Position(first->value() - 1), 0, tail.last_sequence};
}

}  // namespace

Result<PublishStart> find_start(Feed& feed, const StreamTail& tail, const std::optional<RelayCheckpoint>& checkpoint,
                                std::chrono::seconds max_age, Micros now) {
  std::optional<EventPlace> newest;
  if (tail.newest) {
    Result<EventPlace> place = verify(feed, *tail.newest);
    if (!place.ok()) return place.error();
    newest = *place;
    if (tail.newest->sequence == tail.last_sequence) return behind(*newest, tail);
  }
  // The last messages are gone: by age, by a purge, or deleted one by one. What they were only the checkpoint knows;
  // the events behind both witnesses are published, for none may be missing.
  if (tail.last_sequence > 0 && checkpoint && (!newest || checkpoint->sequence > tail.newest->sequence)) {
    Result<bool> speaks = speaks_of(feed, *checkpoint, tail);
    if (!speaks.ok()) return speaks.error();
    if (*speaks) return behind(checkpoint->event, tail);
  }
  if (newest) return behind(*newest, tail);
  return anew(feed, tail, max_age, now);
}

}  // namespace till
