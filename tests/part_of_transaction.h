// Calls a function that other transactions share as its caller would, and books what it accepts.
#pragma once

#include <string>

#include <google/protobuf/arena.h>

#include "commands/rules.h"
#include "tests/memory_books.h"

namespace till::testing {

// `move(deciding, accepted)` gives a Refusal. The code of it; empty where it was accepted and booked.
template <class Move>
std::string book_part(MemoryTill& till, const Move& move) {
  google::protobuf::Arena arena;
  DecideContext context;
  context.tenant = "demo";
  context.recorded_at = Micros(till.now());
  context.arena = &arena;
  const ZoneTables zones = test_zones();
  Acceptance accepted;
  if (const Refusal refusal = move(Deciding{context, till.books(), zones, till.domain()}, accepted)) {
    return std::string(refusal->code);
  }
  schema::Record record;
  record.set_position(1'000'000);
  for (const auto& event : accepted.events) {
    schema::RecordedEvent& recorded = *record.add_events();
    recorded.set_type(event.type);
    recorded.set_stream_kind(event.kind.value());
    recorded.set_stream_id(event.stream_id);
    recorded.set_payload(event.message->SerializeAsString());
  }
  till.books().apply(record);
  return {};
}

}  // namespace till::testing
